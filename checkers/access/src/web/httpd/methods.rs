//! Sets of methods: some, or all but some.

use std::collections::BTreeSet;

/// Methods, of which GET is HEAD, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods {
    names: BTreeSet<String>,
    /// Whether it is all methods but these.
    except: bool,
}

impl Methods {
    /// All methods.
    pub const fn all() -> Self {
        Self { names: BTreeSet::new(), except: true }
    }

    /// No method.
    pub const fn none() -> Self {
        Self { names: BTreeSet::new(), except: false }
    }

    /// These methods.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self { names: names.into_iter().map(canonical).collect(), except: false }
    }

    /// The others.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { names: self.names.clone(), except: !self.except }
    }

    /// Those of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.complement().union(&other.complement()).complement()
    }

    /// Those of one or the other.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (a, b) = (&self.names, &other.names);
        let names = match (self.except, other.except) {
            (false, false) => a | b,
            (true, true) => a & b,
            (true, false) => a - b,
            (false, true) => b - a,
        };
        Self { names, except: self.except || other.except }
    }

    /// Whether a method is one of them.
    pub fn contains(&self, method: &str) -> bool {
        self.names.contains(&canonical(method)) != self.except
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.except
    }

    /// Whether these are some methods, not all but some.
    pub const fn is_list(&self) -> bool {
        !self.except
    }

    /// The methods that are named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

fn canonical(method: &str) -> String {
    if method == "HEAD" { "GET".to_owned() } else { method.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_methods_are_combined() {
        let (get, post) = (Methods::of(["HEAD"]), Methods::of(["POST"]));
        let others = get.complement();
        for (set, members) in [
            (get.clone(), "GET HEAD"),
            (others.clone(), "POST PUT"),
            (get.union(&post), "GET HEAD POST"),
            (others.intersection(&post), "POST"),
            (others.union(&post), "POST PUT"),
            (others.union(&get), "GET HEAD POST PUT"),
            (others.intersection(&post.complement()), "PUT"),
            (get.intersection(&post), ""),
        ] {
            let found: Vec<_> =
                ["GET", "HEAD", "POST", "PUT"].into_iter().filter(|it| set.contains(it)).collect();
            assert_eq!(found.join(" "), members, "{set:?}");
        }
        assert!(get.intersection(&post).is_empty() && !others.is_empty());
        assert_eq!(others.union(&get), Methods::all());
    }
}
