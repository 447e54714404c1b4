//! The state as traces show it, and as a refinement check sees it.

use super::actions::Class;
use super::state::{NoExecute, State, VARIABLES};
use super::types::{Committed, Contacts, Electing, Zxids};
use crate::{PerServer, Server, ServerSet};
use serde_json::{Map, Value, json};
use std::fmt::{Debug, Display};

/// The values of the variables, in the order of their names.
pub(super) fn variables<const N: usize>(s: &State<N>) -> Vec<Value> {
    let mut values = of_servers(s);
    values.extend(of_leaders(s));
    values.extend(of_checks(s));
    values.extend(of_election(s));
    values.push(per_server(s.memory_log.peek(), shown));
    values.push(per_server(s.discovery_msgs.peek(), |row| {
        per_server(row, |message| json!(message.map(|message| message.to_string())))
    }));
    values
}

fn of_servers<const N: usize>(s: &State<N>) -> Vec<Value> {
    vec![
        per_server(s.state.peek(), named),
        per_server(s.zab_state.peek(), named),
        per_server(s.accepted_epoch.peek(), |epoch| json!(epoch)),
        per_server(s.current_epoch.peek(), |epoch| json!(epoch)),
        per_server(s.history.peek(), shown),
        per_server(s.initial_history.peek(), shown),
        per_server(s.last_committed.peek(), |last| committed(*last)),
        per_server(s.last_processed.peek(), |last| committed(*last)),
        per_server(s.queued_requests.peek(), shown),
        per_server(s.committed_requests.peek(), zxids),
    ]
}

fn of_leaders<const N: usize>(s: &State<N>) -> Vec<Value> {
    vec![
        per_server(s.learners.peek(), shown),
        per_server(s.connecting.peek(), |row| contacts(*row)),
        per_server(s.electing.peek(), |row| {
            per_server(row, |info| info.map_or(Value::Null, electing))
        }),
        per_server(s.ackld_recv.peek(), |row| contacts(*row)),
        per_server(s.forwarding.peek(), shown),
        per_server(s.temp_max_epoch.peek(), |epoch| json!(epoch)),
        per_server(s.leader_addr.peek(), |leader| server(*leader)),
        per_server(s.packets_sync.peek(), |packets| {
            json!({
                "notCommitted": packets.not_committed.to_string(),
                "committed": zxids(&packets.committed),
            })
        }),
        server(*s.leader_oracle.peek()),
        per_server(s.rcv_buffer.peek(), |row| {
            per_server(row, |channel| channel.iter().map(shown).collect())
        }),
        per_server(s.status.peek(), named),
        per_server(s.partition.peek(), shown),
    ]
}

fn of_checks<const N: usize>(s: &State<N>) -> Vec<Value> {
    let epoch_leader = (1..).zip(s.epoch_leader.peek()).filter(|(_, leaders)| !leaders.is_empty());
    let epoch_leader =
        epoch_leader.map(|(epoch, leaders): (u8, _)| (epoch.to_string(), shown(leaders)));
    let proposals = s.proposal_msgs_log.peek().iter();
    let proposals =
        proposals.map(|p| json!(format!("{} epoch {} {}={}", p.source, p.epoch, p.zxid, p.data)));
    let pc = s.pc.peek();
    let class = pc.class.checked_sub(1).and_then(|class| Class::ALL.get(usize::from(class)));
    let name = class.map_or("Init", |class| class.declaration().name).to_owned();
    let arguments =
        [pc.i.map(|i| i.to_string()), pc.j.map(|j| j.to_string()), pc.zxid.map(|z| z.to_string())];
    let followers = (!pc.followers.is_empty()).then(|| pc.followers.to_string());
    let pc: Vec<String> =
        std::iter::once(name).chain(arguments.into_iter().flatten()).chain(followers).collect();
    vec![
        Value::Object(epoch_leader.collect()),
        proposals.collect(),
        shown(s.committed_log.peek()),
        super::invariants::flaw_names(*s.flaws.peek()),
        json!(s.n_timeout.peek()),
        json!(s.n_transaction.peek()),
        json!(s.n_partition.peek()),
        json!(s.max_epoch.peek()),
        json!(s.n_crash.peek()),
        json!(s.n_client_request.peek()),
        json!(s.n_consequent_failure.peek()),
        no_execute(s.no_execute.peek()),
        json!(pc.join(" ")),
        json!(s.do_init.peek()),
    ]
}

fn of_election<const N: usize>(s: &State<N>) -> Vec<Value> {
    let ballots = |row: &PerServer<super::vote::Ballot, N>| {
        per_server(row, |ballot| {
            json!(format!("{} round {} {:?}", ballot.vote, ballot.round, ballot.state))
        })
    };
    vec![
        per_server(s.current_vote.peek(), shown),
        per_server(s.logical_clock.peek(), |clock| json!(clock)),
        per_server(s.receive_votes.peek(), ballots),
        per_server(s.out_of_election.peek(), ballots),
        per_server(s.recv_queue.peek(), |queue| {
            queue.iter().map(|n| n.map_or(json!("NONE"), |n| shown(&n))).collect()
        }),
        shown(s.wait_notmsg.peek()),
        per_server(s.leading_vote_set.peek(), shown),
        per_server(s.election_msgs.peek(), |row| {
            per_server(row, |messages| messages.iter().map(shown).collect())
        }),
    ]
}

/// Projects out the record of the last action, which nothing reads.
pub(super) fn forget<const N: usize>(s: &mut State<N>, variable: usize) -> bool {
    let is_pc = VARIABLES.get(variable) == Some(&"pc");
    if is_pc {
        *s.pc.peek_mut() = super::state::Pc::default();
    }
    is_pc
}

fn per_server<T, const N: usize>(values: &PerServer<T, N>, value: impl Fn(&T) -> Value) -> Value {
    let named = Server::all(N).map(|server| (server.to_string(), value(&values[server])));
    named.collect::<Map<_, _>>().into()
}

fn shown(value: &impl Display) -> Value {
    json!(value.to_string())
}

fn named(value: &impl Debug) -> Value {
    json!(format!("{value:?}").to_lowercase())
}

fn server(server: Option<Server>) -> Value {
    json!(server.map(|server| server.to_string()))
}

fn committed(committed: Committed) -> Value {
    json!(format!("{}@{}", committed.zxid, committed.index))
}

fn zxids(zxids: &Zxids) -> Value {
    zxids.iter().map(shown).collect()
}

fn contacts(contacts: Contacts) -> Value {
    json!({ "sids": contacts.sids.to_string(), "connected": contacts.connected.to_string() })
}

fn electing(info: Electing) -> Value {
    let zxid = info.peer_last_zxid.map(|zxid| zxid.to_string());
    json!({ "peerLastZxid": zxid, "inQuorum": info.in_quorum })
}

fn no_execute<const N: usize>(events: &NoExecute<N>) -> Value {
    let sets = |sets: &PerServer<ServerSet, N>| per_server(sets, shown);
    json!({
        "NodeCrash": events.crash.to_string(),
        "NodeStart": events.start.to_string(),
        "PartitionStart": sets(&events.partition_start),
        "PartitionRecover": sets(&events.partition_recover),
    })
}
