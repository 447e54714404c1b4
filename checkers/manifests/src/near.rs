//! Names that differ by a slip of the hand.

/// Whether one slip turns one name into the other: a character left out, added, replaced, or two
/// neighbours swapped. Digits do not slip: `web-1` and `web-2` are different on purpose. Nor is a
/// name of one or two characters another one misspelt.
pub fn one_slip_apart(a: &str, b: &str) -> bool {
    if a == b || a.len().min(b.len()) < 3 {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(..a.len() - same), b.get(..b.len() - same));
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    if a.iter().chain(b).any(char::is_ascii_digit) {
        return false;
    }
    match (a, b) {
        ([_], [_] | []) | ([], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

/// The name itself and all that become of it by leaving one character out. Two names one slip
/// apart have one of these in common, so that looking them up finds every near name.
pub(crate) fn slips(name: &str) -> impl Iterator<Item = String> {
    let without = name.char_indices().map(|(at, dropped)| {
        let (before, rest) = name.split_at(at);
        format!("{before}{}", rest.get(dropped.len_utf8()..).unwrap_or_default())
    });
    std::iter::once(name.to_owned()).chain(without)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slip_is_told_from_another_name() {
        for (a, b, expected) in [
            ("web-config", "web-confg", true),
            ("web-config", "web-cofnig", true),
            ("web-config", "web-konfig", true),
            ("webconfig", "web-config", true),
            ("zoë-map", "zoe-map", true),
            ("web-config", "web-config", false),
            ("web-1", "web-2", false),
            ("web-1", "web-12", false),
            ("web", "wep", true),
            ("we", "web", false),
            ("db", "dc", false),
            ("blue-app", "blog-app", false),
            ("", "a", false),
        ] {
            assert_eq!(one_slip_apart(a, b), expected, "{a} {b}");
            assert_eq!(one_slip_apart(b, a), expected, "{b} {a}");
        }
    }

    proptest! {
        #[test]
        fn names_one_slip_apart_meet_in_their_slips(a in "[a-c]{4,6}", b in "[a-cë]{4,6}") {
            if one_slip_apart(&a, &b) {
                prop_assert!(slips(&a).any(|slip| slips(&b).any(|other| other == slip)));
            }
        }
    }
}
