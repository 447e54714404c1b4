//! The nearest known name to a misspelt one.

/// The candidate nearest to `name`, if one is near enough to be what was meant.
///
/// Near enough is at most a third of the name's length in edits (transpositions count as one);
/// letter case is ignored. Ties go to the alphabetically first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(name, candidates).min().map(|(_, candidate)| candidate)
}

/// The candidate nearest to `name`, if no other one is as near: what was surely meant.
pub fn only_nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let mut near: Vec<_> = near(name, candidates).collect();
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [(_, only)] => Some(only),
        [(first, only), (second, _), ..] if first < second => Some(only),
        _ => None,
    }
}

/// The candidates that are near enough, with their distances.
fn near<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = (usize, &'a str)> {
    let wanted = name.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    let measured = candidates.into_iter().map(move |candidate| {
        (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate)
    });
    measured.filter(move |&(distance, _)| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["replicas", "selector", "template"];
        for (name, expected) in [
            ("replcas", Some("replicas")),
            ("REPLICAS", Some("replicas")),
            ("slector", Some("selector")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }

    #[test]
    fn of_two_as_near_none_was_surely_meant() {
        let known = ["podIP", "podIPs", "hostIP"];
        assert_eq!(only_nearest("podip", known), Some("podIP"));
        assert_eq!(only_nearest("podI", known), Some("podIP"));
        assert_eq!(only_nearest("podIPX", known), None);
        assert_eq!(only_nearest("podIPX", ["podIP", "podIP"]), Some("podIP"));
    }
}
