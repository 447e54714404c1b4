//! The state as traces show it, and as a refinement check sees it.

use super::actions::Class;
use super::state::{Committed, State};
use super::types::{Epoch, History};
use crate::{PerServer, Server};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The values of the variables, in the order of their names.
pub(super) fn variables<const N: usize>(s: &State<N>) -> Vec<Value> {
    let sets =
        |values: &PerServer<crate::ServerSet, N>| per_server(values, |set| json!(set.to_string()));
    let pc = s.pc.peek();
    let action =
        pc.class.checked_sub(1).and_then(|class| Class::ALL.get(usize::from(class)).copied());
    let name = action.map_or("Init", |class| class.declaration().name);
    let arguments = [pc.i, pc.j].into_iter().flatten().map(|server| server.to_string());
    let pc: Vec<String> = std::iter::once(name.to_owned()).chain(arguments).collect();
    let epoch_leader = (1..).zip(s.epoch_leader.peek()).filter(|(_, leaders)| !leaders.is_empty());
    let epoch_leader: Map<String, Value> = epoch_leader
        .map(|(epoch, leaders)| (epoch.to_string(), json!(leaders.to_string())))
        .collect();
    vec![
        per_server(s.state.peek(), debug),
        per_server(s.zab_state.peek(), debug),
        per_server(s.accepted_epoch.peek(), plain),
        per_server(s.current_epoch.peek(), plain),
        per_server(s.history.peek(), |history| json!(history.to_string())),
        per_server(s.last_committed.peek(), |committed| {
            json!(format!("{}@{}", committed.zxid, committed.index))
        }),
        sets(s.learners.peek()),
        per_server(s.cepoch_recv.peek(), |received| per_server(received, plain)),
        per_server(s.acke_recv.peek(), |received| {
            per_server(received, |info| match info {
                None => Value::Null,
                Some(info) => json!({
                    "connected": info.connected,
                    "peerLastEpoch": info.peer_last_epoch,
                    "peerHistory": info.peer_history.to_string(),
                }),
            })
        }),
        per_server(s.ackld_recv.peek(), |received| per_server(received, plain)),
        per_server(s.send_counter.peek(), plain),
        per_server(s.connect_info.peek(), |leader| server(*leader)),
        server(*s.leader_oracle.peek()),
        per_server(s.msgs.peek(), |row| {
            per_server(row, |channel| {
                channel.iter().map(|message| json!(message.to_string())).collect()
            })
        }),
        Value::Object(epoch_leader),
        s.proposal_msgs_log
            .peek()
            .iter()
            .map(|p| json!(format!("{} epoch {} {}={}", p.source, p.epoch, p.zxid, p.data)))
            .collect(),
        plain(s.violated_invariants.peek()),
        plain(s.n_timeout.peek()),
        plain(s.n_transaction.peek()),
        plain(s.max_epoch.peek()),
        plain(s.n_restart.peek()),
        plain(s.n_client_request.peek()),
        json!(pc.join(" ")),
    ]
}

/// What the broadcast module and its clients see: epochs, histories without acknowledgments, and
/// what is committed.
pub(crate) fn of_clients<const N: usize>(
    current_epoch: &PerServer<Epoch, N>,
    history: &PerServer<History, N>,
    last_committed: &PerServer<Committed, N>,
) -> Value {
    let log = |server: Server| -> Vec<String> {
        history[server].iter().map(|txn| format!("{}={}", txn.zxid, txn.value)).collect()
    };
    let server =
        |server: Server| json!([current_epoch[server], log(server), last_committed[server].index]);
    Server::all(N).map(server).collect()
}

/// Projects out the record of the last action, which nothing reads.
pub(super) fn forget<const N: usize>(s: &mut State<N>, variable: usize) -> bool {
    match super::VARIABLES.get(variable) {
        Some(&"pc") => *s.pc.peek_mut() = super::state::Pc::default(),
        _ => return false,
    }
    true
}

fn per_server<T, const N: usize>(values: &PerServer<T, N>, value: impl Fn(&T) -> Value) -> Value {
    Server::all(N)
        .map(|server| (server.to_string(), value(&values[server])))
        .collect::<Map<_, _>>()
        .into()
}

fn plain<T: Serialize>(value: &T) -> Value {
    json!(value)
}

fn debug<T: std::fmt::Debug>(value: &T) -> Value {
    json!(format!("{value:?}").to_lowercase())
}

fn server(server: Option<Server>) -> Value {
    json!(server.map(|server| server.to_string()))
}
