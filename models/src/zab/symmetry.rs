//! All servers are alike: the specification is symmetric under every renaming of them.

use super::state::State;
use crate::packing::{Renaming, pack};
use crate::{PerServer, Server};

/// Packs the representative of a state under renaming: servers are sorted by what can be said of
/// each without naming one; where that leaves a tie, the least of the strings that any order of
/// the tied servers gives.
pub(super) fn pack_representative<const N: usize>(s: &State<N>, bytes: &mut Vec<u8>) {
    let signatures = PerServer::<u64, N>::from_fn(|server| signature(s, server));
    let mut order = PerServer::<Server, N>::from_fn(|server| server);
    order.sort_by_key(|server| signatures[server]);
    let start = bytes.len();
    each_order(&mut order, Server(0), &signatures, &mut |order| {
        let end = bytes.len();
        pack(s, Renaming::to_order(*order), bytes);
        let (best, candidate) = bytes.split_at(end);
        if end > start && candidate < best.get(start..).unwrap_or_default() {
            bytes.drain(start..end);
        } else if end > start {
            bytes.truncate(end);
        }
    });
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
