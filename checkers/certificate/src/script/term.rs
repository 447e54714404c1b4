//! Linear sums and formulas, as SMT-LIB writes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A linear sum of integer constants of the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    terms: BTreeMap<String, i128>,
    constant: i128,
}

impl Sum {
    pub(super) fn constant(constant: i128) -> Self {
        Self { terms: BTreeMap::new(), constant }
    }

    pub(super) fn one(name: impl Into<String>) -> Self {
        let mut sum = Self::default();
        sum.add(name, 1);
        sum
    }

    pub(super) fn add(&mut self, name: impl Into<String>, factor: i128) {
        if factor != 0 {
            *self.terms.entry(name.into()).or_insert(0) += factor;
        }
    }

    /// The sum, plus so many times another.
    #[must_use]
    pub(super) fn plus(mut self, factor: i128, other: &Self) -> Self {
        for (name, count) in &other.terms {
            self.add(name.clone(), factor * count);
        }
        self.terms.retain(|_, count| *count != 0);
        self.constant += factor * other.constant;
        self
    }

    /// Whether no constant of the script is in it.
    pub(super) fn is_constant(&self) -> bool {
        self.terms.is_empty()
    }

    /// That it is at most so much.
    pub(super) fn at_most(&self, most: i128) -> Formula {
        let most = most - self.constant;
        if self.is_constant() {
            return Formula::from(0 <= most);
        }
        Formula(format!("(<= {} {})", self.text(), number(most)))
    }

    /// That it is at least so much.
    pub(super) fn at_least(&self, least: i128) -> Formula {
        let least = least - self.constant;
        if self.is_constant() {
            return Formula::from(0 >= least);
        }
        Formula(format!("(>= {} {})", self.text(), number(least)))
    }

    /// That it is exactly so much.
    pub(super) fn equals(&self, value: i128) -> Formula {
        let value = value - self.constant;
        if self.is_constant() {
            return Formula::from(value == 0);
        }
        Formula(format!("(= {} {})", self.text(), number(value)))
    }

    fn text(&self) -> String {
        let term = |(name, &factor): (&String, &i128)| match factor {
            1 => name.clone(),
            factor => format!("(* {} {name})", number(factor)),
        };
        let terms: Vec<String> = self.terms.iter().map(term).collect();
        match terms.as_slice() {
            [one] => one.clone(),
            terms => format!("(+ {})", terms.join(" ")),
        }
    }
}

fn number(value: i128) -> String {
    if value < 0 { format!("(- {})", value.unsigned_abs()) } else { value.to_string() }
}

/// A formula; `true` and `false` are taken out where it is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Formula(String);

impl From<bool> for Formula {
    fn from(value: bool) -> Self {
        Self(value.to_string())
    }
}

impl Formula {
    fn is(&self, value: bool) -> bool {
        self.0 == if value { "true" } else { "false" }
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined("and", true, parts)
    }

    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined("or", false, parts)
    }

    fn joined(word: &str, neutral: bool, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut text = String::new();
        let (mut count, mut last) = (0, None);
        for part in parts {
            if part.is(!neutral) {
                return part;
            }
            if !part.is(neutral) {
                count += 1;
                // Writing to a string cannot fail.
                let _ = write!(text, " {}", part.0);
                last = Some(part);
            }
        }
        match last {
            None => Self::from(neutral),
            Some(last) if count == 1 => last,
            Some(_) => Self(format!("({word}{text})")),
        }
    }

    /// That this implies another.
    pub(super) fn implies(self, then: Self) -> Self {
        if self.is(true) || then.is(true) {
            return then;
        }
        if self.is(false) {
            return Self::from(true);
        }
        if then.is(false) {
            return Self(format!("(not {})", self.0));
        }
        Self(format!("(=> {} {})", self.0, then.0))
    }

    /// Whether it says nothing.
    pub(super) fn is_trivial(&self) -> bool {
        self.is(true)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}
