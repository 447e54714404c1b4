//! What a PodDisruptionBudget allows, as the disruption controller counts it
//! (`getExpectedPodCount` and `updatePdbStatus` of Kubernetes' `pkg/controller/disruption`).

use std::fmt;

use seatrial_manifests::Object;
use seatrial_parse::{Entry, Node, Value};

/// What a budget demands of the pods it selects.
pub(super) struct Budget<'a> {
    /// The entry that says so.
    pub(super) entry: &'a Entry,
    /// How many.
    pub(super) amount: Amount,
    bound: Bound,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    MinAvailable,
    MaxUnavailable,
}

/// A number of pods, or a part of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// So many.
    Number(i64),
    /// So many of a hundred.
    Percent(i64),
}

impl Amount {
    /// A number of 0 or more, or a percentage such as `50%`.
    fn read(node: &Node) -> Option<Self> {
        let amount = match &node.value {
            Value::String(text) => {
                let digits = text.strip_suffix('%')?;
                let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                Self::Percent(all.then(|| digits.parse::<u16>().ok()).flatten()?.into())
            }
            _ => Self::Number(node.as_i64().filter(|number| (0..1 << 31).contains(number))?),
        };
        Some(amount)
    }

    /// How many of `total` it is; parts are rounded up.
    pub(super) fn of(self, total: i64) -> i64 {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => (percent * total + 99) / 100,
        }
    }
}

impl<'a> Budget<'a> {
    /// The budget of a `PodDisruptionBudget`; `None` where it states none, or not a readable one.
    pub(super) fn of(object: &'a Object) -> Option<Self> {
        let spec = object.node.get("spec")?;
        let stated = |field| spec.entry(field).filter(|entry| !entry.value.is_null());
        let (entry, bound) = match stated("maxUnavailable") {
            Some(entry) => (entry, Bound::MaxUnavailable),
            None => (stated("minAvailable")?, Bound::MinAvailable),
        };
        Some(Self { entry, amount: Amount::read(&entry.value)?, bound })
    }

    /// Whether it says that no pod may go, however many there are.
    pub(super) fn forbids_outright(&self) -> bool {
        match (self.bound, self.amount) {
            (Bound::MaxUnavailable, Amount::Number(0) | Amount::Percent(0)) => true,
            (Bound::MinAvailable, Amount::Percent(percent)) => percent >= 100,
            _ => false,
        }
    }

    /// Whether it is reckoned from the replicas that controllers want, rather than from the pods
    /// there are.
    pub(super) fn counts_controllers(&self) -> bool {
        self.bound == Bound::MaxUnavailable || matches!(self.amount, Amount::Percent(_))
    }

    /// Whether one of so many pods may be evicted when all are healthy; `unmanaged` of them have
    /// no controller. It never allows fewer evictions of more pods.
    pub(super) fn allows(&self, pods: i64, unmanaged: i64) -> bool {
        let wanted = if self.counts_controllers() { pods - unmanaged } else { pods };
        let healthy = match self.bound {
            Bound::MinAvailable => self.amount.of(wanted),
            Bound::MaxUnavailable => (wanted - self.amount.of(wanted)).max(0),
        };
        wanted > 0 && pods - healthy > 0
    }
}

impl fmt::Display for Budget<'_> {
    /// Writes it as in YAML: `minAvailable: 50%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount: &dyn fmt::Display = match &self.amount {
            Amount::Number(number) => number,
            Amount::Percent(percent) => &format!("{percent}%"),
        };
        write!(f, "{}: {amount}", self.entry.key.text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::SourceFile;
    use seatrial_manifests::read;

    use super::*;

    fn budget<T>(spec: &str, then: impl FnOnce(Option<Budget<'_>>) -> T) -> T {
        let text =
            format!("{{apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {{{spec}}}}}");
        let objects = read(Arc::new(SourceFile::new("a.yaml", text))).objects;
        then(Budget::of(&objects[0]))
    }

    #[test]
    fn evictions_are_counted_as_the_controller_does() {
        for (spec, pods, unmanaged, allowed) in [
            ("minAvailable: 1", 2, 0, true),
            ("minAvailable: 2", 2, 0, false),
            ("minAvailable: 1", 2, 2, true),
            ("minAvailable: 1", 1, 1, false),
            ("minAvailable: 0", 1, 0, true),
            // Rounded up: half of 3 is 2, and half of 1 is 1.
            ("minAvailable: 50%", 3, 0, true),
            ("minAvailable: 50%", 1, 0, false),
            ("minAvailable: 90%", 9, 0, false),
            ("minAvailable: 90%", 10, 0, true),
            ("minAvailable: 50%", 2, 2, false),
            ("maxUnavailable: 1", 1, 0, true),
            ("maxUnavailable: 1", 1, 1, false),
            ("maxUnavailable: 0", 5, 0, false),
            // Rounded up, too: a hundredth of 1 is 1.
            ("maxUnavailable: 1%", 1, 0, true),
            ("maxUnavailable: 0%", 100, 0, false),
            ("maxUnavailable: 1", 0, 0, false),
        ] {
            let found = budget(spec, |budget| budget.unwrap().allows(pods, unmanaged));
            assert_eq!(found, allowed, "{spec} of {pods}, {unmanaged} unmanaged");
        }
    }

    #[test]
    fn more_pods_never_allow_fewer_evictions() {
        for field in ["minAvailable", "maxUnavailable"] {
            for amount in (0..12).map(|n| n.to_string()).chain((0..=110).map(|n| format!("{n}%"))) {
                budget(&format!("{field}: {amount}"), |budget| {
                    let budget = budget.unwrap();
                    let allowed: Vec<_> = (0..120).map(|pods| budget.allows(pods, 0)).collect();
                    assert!(allowed.is_sorted(), "{field}: {amount}");
                });
            }
        }
    }

    #[test]
    fn what_is_no_budget_is_not_read() {
        for spec in
            ["", "minAvailable: x", "minAvailable: -1", "minAvailable: '%'", "maxUnavailable: 5.5%"]
        {
            assert!(budget(spec, |budget| budget.is_none()), "{spec}");
        }
        let shown =
            budget("minAvailable: 50%, maxUnavailable: null", |budget| budget.unwrap().to_string());
        assert_eq!(shown, "minAvailable: 50%");
    }
}
