//! All servers are alike: the specification is symmetric under every renaming of them.

use super::state::{Pc, State};
use crate::{PerServer, Server};
use seatrial_explore::Var;

/// The representative of a state under renaming: servers are sorted by what can be said of each
/// without naming one; where that leaves a tie, the smallest of the states that any order of the
/// tied servers gives.
pub(super) fn representative<const N: usize>(s: &State<N>) -> State<N> {
    let mut order: [Server; N] =
        std::array::from_fn(|index| Server(u8::try_from(index).unwrap_or(u8::MAX)));
    let signatures = PerServer::<u64, N>::from_fn(|server| signature(s, server));
    order.sort_by_key(|&server| signatures[server]);
    let mut best = None;
    each_order(&mut order, 0, &|server| signatures[server], &mut |order| {
        let renamed = renamed(s, &names(order));
        if best.as_ref().is_none_or(|best| renamed < *best) {
            best = Some(renamed);
        }
    });
    best.unwrap_or_else(|| s.clone())
}

/// The renaming after which the servers stand in this order.
fn names<const N: usize>(order: &[Server; N]) -> PerServer<Server, N> {
    let mut names = PerServer::default();
    for (name, &server) in Server::all(N).zip(order) {
        names[server] = name;
    }
    names
}

/// Calls `visit` with every order in which only servers of equal signature change places.
fn each_order<const N: usize>(
    order: &mut [Server; N],
    from: usize,
    signature: &impl Fn(Server) -> u64,
    visit: &mut impl FnMut(&[Server; N]),
) {
    let Some(&first) = order.get(from) else { return visit(order) };
    for at in from..N {
        if order.get(at).is_some_and(|&server| signature(server) == signature(first)) {
            order.swap(from, at);
            each_order(order, from + 1, signature, visit);
            order.swap(from, at);
        }
    }
}

/// What can be said of a server without naming another.
fn signature<const N: usize>(s: &State<N>, i: Server) -> u64 {
    let mut signature = 0_u64;
    let mut add = |value: u64| {
        signature = (signature ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
    };
    let pc = s.pc.peek();
    add(u64::from(s.state.peek()[i] as u8)
        | u64::from(s.zab_state.peek()[i] as u8) << 4
        | u64::from(s.accepted_epoch.peek()[i]) << 8
        | u64::from(s.current_epoch.peek()[i]) << 16
        | u64::from(s.send_counter.peek()[i]) << 24
        | u64::from(s.last_committed.peek()[i].index.unsigned_abs()) << 32
        | (s.history.peek()[i].len() as u64) << 40
        | (s.learners.peek()[i].len() as u64) << 48
        | u64::from(pc.i == Some(i)) << 56
        | u64::from(pc.j == Some(i)) << 57
        | u64::from(*s.leader_oracle.peek() == Some(i)) << 58
        | u64::from(s.connect_info.peek()[i].is_some()) << 59);
    let last = s.history.peek()[i].last_zxid();
    let mut received = 0;
    let mut buffered = 0;
    for j in Server::all(N).filter(|&j| j != i) {
        received += u64::from(s.cepoch_recv.peek()[i][j].is_some())
            + (u64::from(s.acke_recv.peek()[i][j].is_some()) << 4)
            + (u64::from(s.ackld_recv.peek()[i][j].is_some()) << 8)
            + (u64::from(s.cepoch_recv.peek()[j][i].is_some()) << 12)
            + (u64::from(s.acke_recv.peek()[j][i].is_some()) << 16)
            + (u64::from(s.ackld_recv.peek()[j][i].is_some()) << 20)
            + (u64::from(s.learners.peek()[j].contains(i)) << 24);
        buffered += s.msgs.peek()[i][j].len() as u64 + ((s.msgs.peek()[j][i].len() as u64) << 8);
    }
    add(received | buffered << 32 | u64::from(last.epoch) << 52 | u64::from(last.counter) << 58);
    signature
}

/// The state after a renaming of its servers.
pub(super) fn renamed<const N: usize>(s: &State<N>, names: &PerServer<Server, N>) -> State<N> {
    let moved = |server: Option<Server>| server.map(|server| names[server]);
    let mut next = s.clone();
    *next.state.peek_mut() = moved_values(s.state.peek(), names);
    *next.zab_state.peek_mut() = moved_values(s.zab_state.peek(), names);
    *next.accepted_epoch.peek_mut() = moved_values(s.accepted_epoch.peek(), names);
    *next.current_epoch.peek_mut() = moved_values(s.current_epoch.peek(), names);
    *next.last_committed.peek_mut() = moved_values(s.last_committed.peek(), names);
    *next.send_counter.peek_mut() = moved_values(s.send_counter.peek(), names);
    for i in Server::all(N) {
        let to = names[i];
        next.history.peek_mut()[to].clone_from(&s.history.peek()[i]);
        next.history.peek_mut()[to].rename(names);
        next.learners.peek_mut()[to] = s.learners.peek()[i].renamed(names);
        next.connect_info.peek_mut()[to] = moved(s.connect_info.peek()[i]);
        next.cepoch_recv.peek_mut()[to] = moved_values(&s.cepoch_recv.peek()[i], names);
        next.ackld_recv.peek_mut()[to] = moved_values(&s.ackld_recv.peek()[i], names);
        for j in Server::all(N) {
            let received = &mut next.acke_recv.peek_mut()[to][names[j]];
            received.clone_from(&s.acke_recv.peek()[i][j]);
            if let Some(info) = received {
                info.peer_history.rename(names);
            }
            let channel = &mut next.msgs.peek_mut()[to][names[j]];
            channel.clone_from(&s.msgs.peek()[i][j]);
            channel.rename(names);
        }
    }
    next.leader_oracle = Var::new(moved(*s.leader_oracle.peek()));
    for leaders in next.epoch_leader.peek_mut() {
        *leaders = leaders.renamed(names);
    }
    next.proposal_msgs_log.peek_mut().rename(names);
    let pc = *s.pc.peek();
    next.pc = Var::new(Pc { class: pc.class, i: moved(pc.i), j: moved(pc.j) });
    next
}

/// The function that gives each server's image the server's value.
fn moved_values<T: Copy + Default, const N: usize>(
    values: &PerServer<T, N>,
    names: &PerServer<Server, N>,
) -> PerServer<T, N> {
    let mut moved = PerServer::default();
    for server in Server::all(N) {
        moved[names[server]] = values[server];
    }
    moved
}
