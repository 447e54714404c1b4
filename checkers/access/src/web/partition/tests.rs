use proptest::prelude::*;

use super::*;

const LITERALS: [&str; 7] = ["/", "/a", "/a/", "/ab", "/a/b", "/b/", "/a/b/c"];
const EXPRESSIONS: [&str; 7] = [r"\.p$", "^/a", "/b/", "[^/]b$", "a.*b", "^/[ab]+/?$", r"p\b"];

/// All that is told of a path.
fn told(tests: &Tests<'_>, path: &[u8]) -> Vec<String> {
    let indexes = tests.indexes.iter().filter(|_| path.ends_with(b"/"));
    let ends = std::iter::once(&"").chain(&tests.suffixes).chain(indexes);
    let each = ends.map(|end| {
        let text = [path, end.as_bytes()].concat();
        let longest =
            tests.prefixes.iter().filter(|it| text.starts_with(it)).map(|it| it.len()).max();
        let exact = tests.exact.contains(text.as_slice());
        let found: Vec<_> = tests.patterns.iter().map(|it| it.is_found_in(&text)).collect();
        format!("{longest:?} {exact} {found:?}")
    });
    each.chain([path.ends_with(b"/").to_string()]).collect()
}

fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/"),
        Just("a"),
        Just("b"),
        Just("/a"),
        Just("/b"),
        Just(".p"),
        Just("p"),
        Just("c"),
        Just("x"),
        Just("\n"),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn is_normal(path: &str, merge_slashes: bool) -> bool {
    !(merge_slashes && path.contains("//"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_path_is_told_apart_from_all_but_one_witness(
        prefixes in proptest::sample::subsequence(LITERALS.to_vec(), 0..4),
        exact in proptest::sample::subsequence(LITERALS.to_vec(), 0..3),
        expressions in proptest::sample::subsequence(EXPRESSIONS.to_vec(), 0..4),
        index in any::<bool>(),
        suffix in any::<bool>(),
        merge_slashes in any::<bool>(),
        paths in proptest::collection::vec(path(), 40),
    ) {
        let patterns: Vec<_> = expressions.iter().map(|it| Pattern::read(it, false).unwrap()).collect();
        let tests = Tests {
            prefixes: prefixes.iter().map(|it| it.as_bytes()).collect(),
            exact: exact.iter().map(|it| it.as_bytes()).collect(),
            patterns: patterns.iter().collect(),
            suffixes: suffix.then_some("b").into_iter().collect(),
            indexes: index.then_some("i.p").into_iter().collect(),
        };
        let classes = super::paths(&tests, merge_slashes).unwrap();
        let mut witnesses: Vec<_> = classes.iter().map(|it| told(&tests, &it.witness)).collect();
        for class in &classes {
            let text = String::from_utf8_lossy(&class.witness).into_owned();
            prop_assert!(text.starts_with('/') && is_normal(&text, merge_slashes), "{text}");
            prop_assert!(class.witness.ends_with(b"/") == class.slash);
        }
        for path in paths.iter().filter(|it| is_normal(it, merge_slashes)) {
            prop_assert!(witnesses.contains(&told(&tests, path.as_bytes())), "{path:?}");
        }
        let all = witnesses.len();
        witnesses.sort();
        witnesses.dedup();
        // Two literals may be told apart that only differ in what begins with them.
        prop_assert!(witnesses.len() <= all);
    }
}

#[test]
fn classes_are_few_and_named() {
    let patterns = [Pattern::read(r"\.php$", false).unwrap()];
    let tests = Tests {
        prefixes: [b"/admin/".as_slice()].into_iter().collect(),
        exact: [b"/x".as_slice()].into_iter().collect(),
        patterns: patterns.iter().collect(),
        ..Tests::default()
    };
    let mut classes: Vec<_> =
        paths(&tests, true).unwrap().into_iter().map(|it| (it.name, it.slash)).collect();
    classes.sort();
    let expected = [
        ("*", false),
        ("*", true),
        (r"* ~ \.php$", false),
        ("/admin/*", false),
        ("/admin/*", true),
        (r"/admin/* ~ \.php$", false),
        ("= /x", false),
    ];
    assert_eq!(classes, expected.map(|(name, slash)| (name.to_owned(), slash)));
}

#[test]
fn hosts_are_told_apart() {
    let patterns: Vec<_> =
        [r"^a\.example$", r"\.example$", "^www"].map(|it| Pattern::read(it, false).unwrap()).into();
    let found = hosts(&patterns.iter().collect::<Vec<_>>()).unwrap();
    for (host, expected) in [
        ("a.example", vec![0, 1]),
        ("b.example", vec![1]),
        ("www.x", vec![2]),
        ("x", vec![]),
        ("www.example", vec![1, 2]),
    ] {
        assert!(
            found.iter().any(|(_, found)| found.iter().copied().eq(expected.iter().copied())),
            "{host}"
        );
    }
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|(host, found)| {
        patterns
            .iter()
            .enumerate()
            .all(|(at, it)| it.is_found_in(host.as_bytes()) == found.contains(&at))
    }));
}
