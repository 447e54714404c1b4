//! The nearest known name to a misspelt one.

/// The candidate nearest to `name`, if one is near enough to be what was meant.
///
/// Near enough is at most a third of the name's length in edits (transpositions count as one);
/// letter case is ignored. Ties go to the alphabetically first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate)
        })
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
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
}
