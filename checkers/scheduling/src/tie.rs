//! How ties are broken: a stream of random numbers that anybody can draw again.
//!
//! kube-scheduler picks at random among the nodes with the highest score. So that a simulated run
//! can be repeated, here and in other programs, the numbers are those of Python's
//! `random.Random(seed)`: the Mersenne Twister MT19937, initialised by an array.

use rand_mt::Mt;

/// The numbers that Python's `random.Random` gives for a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    twister: Mt,
}

impl Stream {
    /// The stream of a seed. The key of the twister is the seed's 32-bit words, the least
    /// significant first, without leading zeros; that of seed 0 is one zero.
    #[must_use]
    pub fn new(seed: u128) -> Self {
        let words: Vec<u32> = [0, 32, 64, 96]
            .into_iter()
            .filter(|&shift| shift == 0 || seed >> shift != 0)
            .map(|shift| u32::try_from((seed >> shift) & u128::from(u32::MAX)).unwrap_or(u32::MAX))
            .collect();
        Self { twister: Mt::new_with_key(words) }
    }

    /// The next output of the twister.
    pub fn word(&mut self) -> u32 {
        self.twister.next_u32()
    }

    /// `getrandbits`: the `count` topmost bits of the next output; `count` is 1 to 32.
    pub fn bits(&mut self, count: u32) -> u32 {
        self.word() >> 32_u32.saturating_sub(count).min(31)
    }

    /// A number below `end`, each equally likely: as many bits as `end` itself has, until they are
    /// below it. Draws even if there is one possibility only; 0 without a draw if there is none.
    pub fn below(&mut self, end: u32) -> u32 {
        if end == 0 {
            return 0;
        }
        let width = u32::BITS - end.leading_zeros();
        loop {
            let number = self.bits(width);
            if number < end {
                return number;
            }
        }
    }

    /// `randint`: a number from `least` to `most`, both included (`least`, if `most` is less).
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        least.saturating_add(self.below(most.saturating_sub(least).saturating_add(1)))
    }

    /// `choice`: one of the items, unless there are none.
    pub fn choose<'items, Item>(&mut self, items: &'items [Item]) -> Option<&'items Item> {
        let count = u32::try_from(items.len()).ok()?;
        items.get(usize::try_from(self.below(count)).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn the_first_outputs_are_those_of_the_reference() {
        let cases: [(u128, [u32; 3]); 9] = [
            (0, [3_626_764_237, 1_654_615_998, 3_255_389_356]),
            (0xcd94_93ad_609a_0e62_1964_5f00_4389_eba8, [965_097_579, 478_158_475, 4_155_156_560]),
            (
                0xda03_9eaf_e86f_61cc_6c9c_0416_36b5_f888,
                [3_792_750_603, 3_297_143_958, 1_219_739_903],
            ),
            (
                0x3648_e226_3a5f_bb7a_e871_43e0_f95e_de9f,
                [2_785_717_059, 1_983_570_938, 3_214_891_259],
            ),
            (
                0x434b_74a4_21af_1652_3611_725d_4d92_17da,
                [3_780_121_567, 2_100_575_977, 3_639_115_238],
            ),
            (0xff9f_8e45_3836_8f7e_a34c_6e3b_0601_32f7, [2_330_655_918, 29_435_847, 3_492_138_050]),
            (
                0xd9b1_df9c_6209_d1a5_9d8c_8fe9_7126_7c7d,
                [3_717_037_974, 4_057_789_001, 3_141_204_670],
            ),
            (
                0x131f_ae2a_c3fd_dc1d_7b56_88db_5564_5a77,
                [2_104_072_189, 2_910_264_902, 3_097_684_695],
            ),
            (
                0xcafa_af96_8236_b731_b9f3_0168_14db_9a87,
                [524_029_690, 3_571_337_147, 3_441_864_210],
            ),
        ];
        for (seed, outputs) in cases {
            let mut stream = Stream::new(seed);
            assert_eq!(outputs, [stream.word(), stream.word(), stream.word()], "seed {seed:x}");
        }
    }

    #[test]
    fn words_that_are_zero_count_only_between_others() {
        assert_eq!(Stream::new(1), Stream::new(1));
        assert_ne!(Stream::new(1), Stream::new(1 << 32));
        assert_ne!(Stream::new(1 << 32), Stream::new(1 << 64));
    }

    #[test]
    fn one_possibility_draws_until_a_zero_comes() {
        let mut stream = Stream::new(0);
        assert_eq!(0, stream.below(1));
        // The topmost bits of the first outputs are 1 and 0.
        assert_eq!(3_255_389_356, stream.word());
    }

    #[test]
    fn nothing_to_choose_from_draws_nothing() {
        let mut stream = Stream::new(0);
        assert_eq!(0, stream.below(0));
        assert_eq!(None, stream.choose::<u8>(&[]));
        assert_eq!(3_626_764_237, stream.word());
    }

    #[test]
    fn all_bits_and_the_whole_range() {
        assert_eq!(3_626_764_237, Stream::new(0).bits(32));
        assert_eq!(1, Stream::new(0).bits(1));
        assert_eq!(3_626_764_237, Stream::new(0).below(u32::MAX));
        assert_eq!(7, Stream::new(0).between(7, 7));
    }
}
