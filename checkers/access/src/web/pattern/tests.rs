use super::*;

#[test]
fn expressions_match_as_pcre_has_it() {
    for (text, caseless, yes, no) in [
        (r"\.php$", false, &["/a.php", "/x.php\n"][..], &["/a.phpx", "/a.PHP", "/x.php\n\n"][..]),
        (r"\.php$", true, &["/a.PhP"], &["/aphp"]),
        (r"^/admin", false, &["/admin", "/administrator"], &["/x/admin"]),
        (r"^/(a|b{2,3})/?$", false, &["/a", "/bb/", "/bbb"], &["/b", "/bbbb", "/a//"]),
        (r"[^/]+\.(js|css)$", false, &["x.js"], &["/.js", "x.jsx"]),
        (r"^[\w-]+$", false, &["a-b_1"], &["a b", ""]),
        (r"[]x]", false, &["]", "x"], &["a"]),
        (r"^(?<name>\d+)$", false, &["12"], &["1a"]),
        (r"(?i)^/A", false, &["/a", "/A"], &["/b"]),
        (r"^/a(?i:b)c", false, &["/aBc"], &["/abC"]),
        (r"[^a]", true, &["b"], &["a", "A"]),
        (r"^.$", false, &["x"], &["\n", "xy"]),
        (r"\x2fa", false, &["/a"], &["a"]),
        (r"^[[:alpha:]]+$", false, &["ab"], &["a1"]),
        (r"a.*?b", false, &["axxb"], &["ba"]),
        (r"^$", false, &["", "\n"], &["a"]),
        (r"\bcat\b", false, &["a cat."], &["cats"]),
        ("é", false, &["aé"], &["e"]),
    ] {
        let pattern = Pattern::read(text, caseless).unwrap();
        for (cases, expected) in [(yes, true), (no, false)] {
            for case in cases {
                assert_eq!(pattern.is_found_in(case.as_bytes()), expected, "{text} in {case:?}");
            }
        }
    }
}

#[test]
fn what_is_not_regular_is_refused_with_a_reason() {
    for (text, reason) in [
        ("(?!a)", "look-around"),
        ("(?<=a)b", "look-around"),
        (r"(a)\1", "a back-reference or an octal number"),
        ("(?>a)", "an atomic group"),
        ("a++", "a possessive quantifier"),
        ("a{2}+", "a possessive quantifier"),
        ("(*COMMIT)a", "a verb of backtracking"),
        ("(a", "an unclosed group"),
        ("a)", "an unmatched `)`"),
        ("[a", "an unclosed class"),
        ("*a", "a quantifier of nothing"),
        ("a{x}", "a `{` that is no count of repetitions"),
        (r"\p{L}", r"the escape `\p`"),
        ("(a$|b)c", "a `$` that is not at the end"),
        ("a(?i)b", "an option in the midst"),
        ("(?R)", "a group of a kind that is not modelled"),
    ] {
        assert_eq!(Pattern::read(text, false).unwrap_err(), reason, "{text}");
    }
    assert!(Pattern::read("((a{1000}){1000}){1000}", false).is_err());
}

#[test]
fn words_are_known_where_they_are_written_out() {
    let words = |text: &str| {
        let pattern = Pattern::read(text, false).unwrap();
        pattern.words().map(|words| words.join(" "))
    };
    assert_eq!(words("^(GET|HEAD)$").as_deref(), Some("GET HEAD"));
    assert_eq!(words("^(?:POST)$").as_deref(), Some("POST"));
    assert_eq!(words("^PUT$").as_deref(), Some("PUT"));
    assert_eq!(words("^P|T$"), None);
    assert_eq!(words("GET"), None);
    assert_eq!(words("^G.T$"), None);
}
