//! How each part of the state packs into bits.

#![expect(clippy::inline_always, reason = "see the packing of what all protocols share")]

use super::state::{Flaws, NoExecute, Pc, Status, Used};
use super::types::{Contacts, Electing, Fifo, Message, PacketsSync, Zxids};
use super::vote::{Ballot, Notification, Vote};
use crate::packing::{Pack, Reader, Writer, pack_records, pack_sequences};

pack_records! {
    PacketsSync { not_committed, committed }
    Contacts { sids, connected }
    Electing { peer_last_zxid, in_quorum }
    NoExecute<N> { crash, start, partition_start, partition_recover }
    Vote { leader, zxid, epoch }
    Ballot { vote, round, state }
    Notification { source, ballot }
}

pack_sequences! {
    [] Zxids;
    [M: Copy] Fifo<M>;
    [M: Clone] Vec<M>;
}

impl<const N: usize> Pack<N> for Status {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(*self as u8, 1);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = if bits.take(1) == 1 { Self::Offline } else { Self::Online };
        Some(())
    }
}

/// Almost always there is none.
impl<const N: usize> Pack<N> for Flaws {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(self.0 != 0, 1);
        if self.0 != 0 {
            bits.put(self.0, u16::BITS);
        }
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        self.0 = 0;
        if bits.take(1) == 1 {
            self.0 = u16::from_le_bytes([bits.take(8), bits.take(8)]);
            return (self.0 != 0).then_some(());
        }
        Some(())
    }
}

/// There are fewer than 64 classes.
impl<const N: usize> Pack<N> for Pc {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(self.class, 6).add(&self.i).add(&self.j).add(&self.zxid).add(&self.followers);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        self.class = bits.take(6);
        Pack::<N>::unpack(&mut self.i, bits)?;
        Pack::<N>::unpack(&mut self.j, bits)?;
        Pack::<N>::unpack(&mut self.zxid, bits)?;
        Pack::<N>::unpack(&mut self.followers, bits)
    }
}

impl<const N: usize, T: Pack<N> + PartialEq> Pack<N> for Used<T> {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        let is_used = **self != T::default();
        bits.put(is_used, 1);
        if is_used {
            T::pack(self, bits);
        }
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        if bits.take(1) == 0 {
            **self = T::default();
            return Some(());
        }
        T::unpack(self, bits)?;
        (**self != T::default()).then_some(())
    }
}

/// Its kind, then what it carries.
impl<const N: usize> Pack<N> for Message {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        match self {
            Self::FollowerInfo { epoch } => bits.put(0_u8, 4).add(epoch),
            Self::LeaderInfo { epoch } => bits.put(1_u8, 4).add(epoch),
            Self::AckEpoch { zxid, epoch } => bits.put(2_u8, 4).add(zxid).add(epoch),
            Self::Diff { zxid } => bits.put(3_u8, 4).add(zxid),
            Self::Trunc { zxid } => bits.put(4_u8, 4).add(zxid),
            Self::Proposal { zxid, data } => bits.put(5_u8, 4).add(zxid).add(data),
            Self::Commit { zxid } => bits.put(6_u8, 4).add(zxid),
            Self::NewLeader { epoch } => bits.put(7_u8, 4).add(epoch),
            Self::AckLd { epoch } => bits.put(8_u8, 4).add(epoch),
            Self::UpToDate { epoch } => bits.put(9_u8, 4).add(epoch),
            Self::Ack { zxid } => bits.put(10_u8, 4).add(zxid),
        };
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = match bits.take(4) {
            0 => Self::FollowerInfo { epoch: bits.next()? },
            1 => Self::LeaderInfo { epoch: bits.next()? },
            2 => Self::AckEpoch { zxid: bits.next()?, epoch: bits.next()? },
            3 => Self::Diff { zxid: bits.next()? },
            4 => Self::Trunc { zxid: bits.next()? },
            5 => Self::Proposal { zxid: bits.next()?, data: bits.next()? },
            6 => Self::Commit { zxid: bits.next()? },
            7 => Self::NewLeader { epoch: bits.next()? },
            8 => Self::AckLd { epoch: bits.next()? },
            9 => Self::UpToDate { epoch: bits.next()? },
            10 => Self::Ack { zxid: bits.next()? },
            _ => return None,
        };
        Some(())
    }
}
