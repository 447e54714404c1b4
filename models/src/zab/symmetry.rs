//! All servers are alike: the specification is symmetric under every renaming of them.

use super::state::{Committed, Pc, Phase, Role, State};
use crate::{PerServer, Server};
use seatrial_explore::Var;

/// The representative of a state under renaming: servers are sorted by what can be said of each
/// without naming one; where that leaves a tie, the smallest of the states that any order of the
/// tied servers gives.
pub(super) fn representative<const N: usize>(s: State<N>) -> State<N> {
    let signatures = PerServer::<u64, N>::from_fn(|server| signature(&s, server));
    let mut order = PerServer::<Server, N>::from_fn(|server| server);
    order.sort_by_key(|server| signatures[server]);
    let tied =
        Server::all(N).skip(1).any(|at| signatures[order[at]] == signatures[order[before(at)]]);
    if !tied {
        return if order == PerServer::from_fn(|server| server) { s } else { renamed(&s, &order) };
    }
    let mut best = None;
    each_order(&mut order, Server(0), &signatures, &mut |order| {
        let renamed = renamed(&s, order);
        if best.as_ref().is_none_or(|best| renamed < *best) {
            best = Some(renamed);
        }
    });
    best.unwrap_or(s)
}

const fn before(server: Server) -> Server {
    Server(server.0.saturating_sub(1))
}

/// Calls `visit` with every order in which only servers of equal signature change places.
fn each_order<const N: usize>(
    order: &mut PerServer<Server, N>,
    from: Server,
    signatures: &PerServer<u64, N>,
    visit: &mut impl FnMut(&PerServer<Server, N>),
) {
    if usize::from(from.0) == N {
        return visit(order);
    }
    for at in Server::all(N).skip(usize::from(from.0)) {
        if signatures[order[at]] == signatures[order[from]] {
            order.swap(from, at);
            each_order(order, Server(from.0 + 1), signatures, visit);
            order.swap(from, at);
        }
    }
}

/// What can be said of a server without naming another.
fn signature<const N: usize>(s: &State<N>, i: Server) -> u64 {
    let mut signature = 0_u64;
    let mut add = |value: u64| {
        signature = (signature ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
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

/// The state after a renaming of its servers, given as the old name of each new one.
fn renamed<const N: usize>(s: &State<N>, order: &PerServer<Server, N>) -> State<N> {
    let mut names = PerServer::<Server, N>::default();
    for name in Server::all(N) {
        names[order[name]] = name;
    }
    let names = &names;
    let moved = |server: Option<Server>| server.map(|server| names[server]);
    let pc = *s.pc.peek();
    State {
        state: Var::new(s.state.peek().reordered(order, Role::clone)),
        zab_state: Var::new(s.zab_state.peek().reordered(order, Phase::clone)),
        accepted_epoch: Var::new(s.accepted_epoch.peek().reordered(order, u8::clone)),
        current_epoch: Var::new(s.current_epoch.peek().reordered(order, u8::clone)),
        history: Var::new(s.history.peek().reordered(order, |history| history.renamed(names))),
        last_committed: Var::new(s.last_committed.peek().reordered(order, Committed::clone)),
        learners: Var::new(s.learners.peek().reordered(order, |learners| learners.renamed(names))),
        cepoch_recv: Var::new(
            s.cepoch_recv.peek().reordered(order, |row| row.reordered(order, Option::clone)),
        ),
        acke_recv: Var::new(s.acke_recv.peek().reordered(order, |row| {
            row.reordered(order, |info| info.as_ref().map(|info| info.renamed(names)))
        })),
        ackld_recv: Var::new(
            s.ackld_recv.peek().reordered(order, |row| row.reordered(order, Option::clone)),
        ),
        send_counter: Var::new(s.send_counter.peek().reordered(order, u8::clone)),
        connect_info: Var::new(s.connect_info.peek().reordered(order, |leader| moved(*leader))),
        leader_oracle: Var::new(moved(*s.leader_oracle.peek())),
        msgs: Var::new(
            s.msgs
                .peek()
                .reordered(order, |row| row.reordered(order, |channel| channel.renamed(names))),
        ),
        epoch_leader: Var::new(s.epoch_leader.peek().map(|leaders| leaders.renamed(names))),
        proposal_msgs_log: Var::new(s.proposal_msgs_log.peek().renamed(names)),
        violated_invariants: s.violated_invariants,
        n_timeout: s.n_timeout,
        n_transaction: s.n_transaction,
        max_epoch: s.max_epoch,
        n_restart: s.n_restart,
        n_client_request: s.n_client_request,
        pc: Var::new(Pc { class: pc.class, i: moved(pc.i), j: moved(pc.j) }),
    }
}
