//! How far a count can be trusted: bounds, surprise, unseen values, tests and their correction.
//!
//! Every function is total: counts of nothing give the answer that claims least.

/// The quantile of the normal distribution for a one-sided confidence of 95 %.
pub const Z_95: f64 = 1.644_853_626_951_472_7;

/// The lower end of the Wilson score interval for `k` of `n`: the least share that is still
/// plausible at the quantile `z`. Zero if `n` is.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
/// Journal of the American Statistical Association 22 (1927).
pub fn wilson_lower(k: u32, n: u32, z: f64) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let n = f64::from(n);
    let share = f64::from(k) / n;
    let centre = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - spread) / (1.0 + z * z / n)).max(0.0)
}

/// The `level` quantile of the Beta distribution with a uniform prior after `k` of `n`: with
/// probability `1 - level`, the share is at least this. `level` is clamped to 0..1.
///
/// The distribution function of `Beta(k + 1, n - k + 1)` at `p` is the probability that of `n + 1`
/// trials at `p` more than `k` succeed, which is bisected.
pub fn beta_lower(k: u32, n: u32, level: f64) -> f64 {
    let level = level.clamp(0.0, 1.0);
    let k = k.min(n);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if binomial_tail(k + 1, n.saturating_add(1), middle) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The probability that of `n` independent trials at probability `p` at least `k` succeed.
pub fn binomial_tail(k: u32, n: u32, p: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let factorials = LogFactorials::up_to(n);
    let term = |i: u32| {
        let (successes, failures) = (f64::from(i), f64::from(n - i));
        (factorials.choose(n, i) + successes * p.ln() + failures * (-p).ln_1p()).exp()
    };
    (k..=n).map(term).sum::<f64>().min(1.0)
}

/// The entropy of a distribution of counts in bits: zero if one value has them all.
pub fn entropy(counts: &[u32]) -> f64 {
    let total: f64 = counts.iter().copied().map(f64::from).sum();
    let bits = |count: &u32| {
        let share = f64::from(*count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum::<f64>().max(0.0)
}

/// The share of what comes next that was not seen before, by Good and Turing: values seen once,
/// of all that was seen. One if nothing was.
pub fn unseen_mass(counts: &[u32]) -> f64 {
    let total: f64 = counts.iter().copied().map(f64::from).sum();
    if total == 0.0 {
        return 1.0;
    }
    let once: f64 = counts.iter().filter(|count| **count == 1).map(|_| 1.0).sum();
    once / total
}

/// Four counts of two properties of the same objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Table {
    /// Objects with both.
    pub both: u32,
    /// Objects with the first alone.
    pub first: u32,
    /// Objects with the second alone.
    pub second: u32,
    /// Objects with neither.
    pub neither: u32,
}

impl Table {
    /// How many objects there are.
    pub const fn total(self) -> u32 {
        self.both
            .saturating_add(self.first)
            .saturating_add(self.second)
            .saturating_add(self.neither)
    }

    /// How many times more often the second holds among objects with the first than among all;
    /// one if that cannot be told.
    pub fn lift(self) -> f64 {
        let with_first = f64::from(self.both) + f64::from(self.first);
        let with_second = f64::from(self.both) + f64::from(self.second);
        if with_first == 0.0 || with_second == 0.0 {
            return 1.0;
        }
        f64::from(self.both) * f64::from(self.total()) / (with_first * with_second)
    }

    /// How much more often both hold than if they were independent, as a share of all objects.
    pub fn leverage(self) -> f64 {
        let total = f64::from(self.total());
        if total == 0.0 {
            return 0.0;
        }
        let with_first = f64::from(self.both) + f64::from(self.first);
        let with_second = f64::from(self.both) + f64::from(self.second);
        f64::from(self.both) / total - with_first * with_second / (total * total)
    }

    /// The probability that as many objects or more have both, were the two independent and their
    /// own counts as they are: Fisher's exact test, one-sided.
    pub fn fisher(self) -> f64 {
        let total = self.total();
        let with_first = self.both + self.first;
        let with_second = self.both + self.second;
        let factorials = LogFactorials::up_to(total);
        let of = factorials.choose(total, with_second);
        let term = |both: u32| {
            let rest = factorials.choose(total - with_first, with_second - both);
            (factorials.choose(with_first, both) + rest - of).exp()
        };
        let most = with_first.min(with_second);
        let possible = |both: &u32| with_second - both <= total - with_first;
        (self.both..=most).filter(possible).map(term).sum::<f64>().min(1.0)
    }
}

/// Which of the tests with these probabilities may be believed so that at most a share `rate` of
/// those believed is expected to be false, by Benjamini and Hochberg; in the order given.
///
/// Source: Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal
/// Statistical Society B 57 (1995). `rate` lies between 0 and 1.
pub fn benjamini_hochberg(probabilities: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tests = f64::from(u32::try_from(sorted.len()).unwrap_or(u32::MAX));
    let limits = (1_u32..).map(|rank| f64::from(rank) / tests * rate);
    let passing = sorted.iter().zip(limits).filter(|(p, limit)| **p <= *limit);
    let Some((&last, _)) = passing.last() else { return vec![false; probabilities.len()] };
    probabilities.iter().map(|p| *p <= last).collect()
}

/// Logarithms of factorials, for products of many of them.
struct LogFactorials(Vec<f64>);

impl LogFactorials {
    fn up_to(n: u32) -> Self {
        let mut sum = 0.0;
        let logs = (1..=n).map(|i| {
            sum += f64::from(i).ln();
            sum
        });
        Self(std::iter::once(0.0).chain(logs).collect())
    }

    fn of(&self, n: u32) -> f64 {
        self.0.get(n as usize).copied().unwrap_or(f64::INFINITY)
    }

    /// The logarithm of `n` over `k`; of nothing where `k` exceeds `n`.
    fn choose(&self, n: u32, k: u32) -> f64 {
        n.checked_sub(k).map_or(f64::NEG_INFINITY, |rest| self.of(n) - self.of(k) - self.of(rest))
    }
}

#[cfg(test)]
mod tests;
