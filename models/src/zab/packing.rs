//! How each part of the state packs into bits.

#![expect(clippy::inline_always, reason = "see the packing of what all protocols share")]

use super::state::{
    AckEpochInfo, AckLdInfo, CEpochInfo, Committed, Pc, Phase, Role, State, Violated,
};
use super::types::{Channel, History, Message, Proposal, Proposals, Txn, Zxid};
use crate::packing::{Pack, Reader, Writer, pack_records, pack_sequences};

pack_records! {
    State<N> {
        state, zab_state, accepted_epoch, current_epoch, history, last_committed, learners,
        cepoch_recv, acke_recv, ackld_recv, send_counter, connect_info, leader_oracle, msgs,
        epoch_leader, proposal_msgs_log, violated_invariants, n_timeout, n_transaction, max_epoch,
        n_restart, n_client_request, pc,
    }
    Zxid { epoch, counter }
    Txn { zxid, value, ack_sid, epoch }
    CEpochInfo { connected, epoch }
    AckEpochInfo { connected, peer_last_epoch, peer_history }
    AckLdInfo { connected }
    Proposal { source, epoch, zxid, data }
    Violated {
        state_inconsistent, proposal_inconsistent, commit_inconsistent, ack_inconsistent,
        message_illegal,
    }
}

pack_sequences! {
    [] History;
    [] Channel;
}

impl<const N: usize> Pack<N> for Role {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(*self as u8, 2);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        let roles = [Self::Looking, Self::Following, Self::Leading];
        *self = *roles.get(usize::from(bits.take(2)))?;
        Some(())
    }
}

impl<const N: usize> Pack<N> for Phase {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(*self as u8, 2);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        let phases = [Self::Election, Self::Discovery, Self::Synchronization, Self::Broadcast];
        *self = *phases.get(usize::from(bits.take(2)))?;
        Some(())
    }
}

/// The index counts from -1.
impl<const N: usize> Pack<N> for Committed {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.add(&self.index.wrapping_add(1).cast_unsigned()).add(&self.zxid);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        self.index = bits.next::<u8>()?.cast_signed().wrapping_sub(1);
        Pack::<N>::unpack(&mut self.zxid, bits)
    }
}

/// There are fewer than 32 classes.
impl<const N: usize> Pack<N> for Pc {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(self.class, 5).add(&self.i).add(&self.j);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        self.class = bits.take(5);
        self.i.unpack(bits)?;
        self.j.unpack(bits)
    }
}

/// A set: its elements in the order of what they are after the renaming.
impl<const N: usize> Pack<N> for Proposals {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        let renaming = bits.renaming();
        bits.add_each(self.ordered_by(|source| renaming.of(source)).iter());
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = Self::default();
        bits.next_each(|proposal| self.insert(proposal))
    }
}

/// Its kind, then what it carries.
impl<const N: usize> Pack<N> for Message {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        match self {
            Self::CEpoch { epoch } => bits.put(0_u8, 4).add(epoch),
            Self::NewEpoch { epoch } => bits.put(1_u8, 4).add(epoch),
            Self::AckEpoch { epoch, history } => bits.put(2_u8, 4).add(epoch).add(history),
            Self::NewLeader { epoch, history } => bits.put(3_u8, 4).add(epoch).add(history),
            Self::AckLd { zxid } => bits.put(4_u8, 4).add(zxid),
            Self::CommitLd { zxid } => bits.put(5_u8, 4).add(zxid),
            Self::Propose { zxid, data } => bits.put(6_u8, 4).add(zxid).add(data),
            Self::Ack { zxid } => bits.put(7_u8, 4).add(zxid),
            Self::Commit { zxid } => bits.put(8_u8, 4).add(zxid),
        };
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = match bits.take(4) {
            0 => Self::CEpoch { epoch: bits.next()? },
            1 => Self::NewEpoch { epoch: bits.next()? },
            2 => Self::AckEpoch { epoch: bits.next()?, history: bits.next()? },
            3 => Self::NewLeader { epoch: bits.next()?, history: bits.next()? },
            4 => Self::AckLd { zxid: bits.next()? },
            5 => Self::CommitLd { zxid: bits.next()? },
            6 => Self::Propose { zxid: bits.next()?, data: bits.next()? },
            7 => Self::Ack { zxid: bits.next()? },
            8 => Self::Commit { zxid: bits.next()? },
            _ => return None,
        };
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::packing::{Renaming, pack, unpack};
    use crate::zab::{Bounds, ElectionGrain, Mutant, State, Zab};
    use crate::{PerServer, Server};
    use seatrial_explore::Protocol;
    use stateright::Model;
    use std::collections::BTreeSet;

    fn packed<const N: usize>(state: &State<N>, renaming: Renaming<N>) -> Vec<u8> {
        let mut bytes = vec![];
        pack(state, renaming, &mut bytes);
        bytes
    }

    /// The first states of a breadth-first search.
    fn states<const N: usize>(zab: &Zab<N>, count: usize) -> Vec<State<N>> {
        let (mut found, mut seen) = (zab.init_states(), BTreeSet::new());
        let mut next = 0;
        while next < found.len() && found.len() < count {
            let state = found[next].clone();
            found.extend(zab.next_states(&state).into_iter().filter(|s| seen.insert(s.clone())));
            next += 1;
        }
        found
    }

    fn zab<const N: usize>(mutant: Option<Mutant>) -> Zab<N> {
        let bounds = Bounds { timeouts: 2, txns: 2, epochs: 3, restarts: 1 };
        Zab::new(bounds, ElectionGrain::Baseline, mutant)
    }

    fn different_states_have_different_packed_forms<const N: usize>(mutant: Option<Mutant>) {
        let states: BTreeSet<State<N>> = states(&zab(mutant), 20_000).into_iter().collect();
        let forms: BTreeSet<Vec<u8>> =
            states.iter().map(|state| packed(state, Renaming::identity())).collect();
        assert_eq!(forms.len(), states.len());
        for (state, form) in states.iter().map(|s| (s, packed(s, Renaming::identity()))) {
            assert_eq!(unpack::<N, State<N>>(&form).as_ref(), Some(state));
            let (_, short) = form.split_last().unwrap();
            assert_eq!(unpack::<N, State<N>>(short), None);
            assert_eq!(unpack::<N, State<N>>(&[&form[..], &[0]].concat()), None);
        }
    }

    #[test]
    fn reachable_states_unpack_from_their_packed_form_and_from_nothing_else() {
        different_states_have_different_packed_forms::<2>(None);
        different_states_have_different_packed_forms::<3>(None);
        different_states_have_different_packed_forms::<4>(None);
        different_states_have_different_packed_forms::<3>(Some(Mutant::HalfQuorum));
        different_states_have_different_packed_forms::<2>(Some(Mutant::ProposalCorrupted));
    }

    /// The six orders of three servers.
    fn renamings() -> impl Iterator<Item = Renaming<3>> {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        orders.into_iter().map(|order: [u8; 3]| {
            Renaming::to_order(PerServer::from_fn(|s| Server(order[usize::from(s.0)])))
        })
    }

    /// Against the definition: one representative for all states that are renamings of each
    /// other, and it is one of them.
    #[test]
    fn an_orbit_has_one_representative_which_is_in_it() {
        let zab = zab::<3>(None);
        for state in states(&zab, 5_000) {
            let orbit: Vec<Vec<u8>> = renamings().map(|to| packed(&state, to)).collect();
            let representatives: BTreeSet<Vec<u8>> = orbit
                .iter()
                .map(|bytes| {
                    let mut representative = vec![];
                    let state = unpack::<3, State<3>>(bytes).unwrap();
                    zab.encode_representative(&state, &mut representative);
                    representative
                })
                .collect();
            assert_eq!(representatives.len(), 1, "{state:?}");
            assert!(representatives.iter().all(|bytes| orbit.contains(bytes)), "{state:?}");
        }
    }
}
