use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The directives as `name argument …` with braces, for comparison.
fn shape(directives: &[Directive]) -> String {
    let each = directives.iter().map(|it| {
        let words: Vec<_> =
            std::iter::once(&it.name).chain(&it.arguments).map(|word| word.text.as_str()).collect();
        let end = match &it.block {
            None => ";".to_owned(),
            Some(Block::Lua) => "{lua}".to_owned(),
            Some(Block::Directives(inner)) => format!("{{{}}}", shape(inner)),
        };
        words.join("|") + &end
    });
    each.collect()
}

#[test]
fn words_are_read_as_nginx_reads_them() {
    for (text, expected) in [
        ("a b;c{d e;}", "a|b;c{d|e;}"),
        ("a#b;\n c ; # x; {\n", "a#b;c;"),
        ("a 'b \"c' \"d 'e;\" ;", "a|b \"c|d 'e;;"),
        (r#"a "\"\\\t\.";"#, "a|\"\\\t\\.;"),
        ("location ~ \\.php$ {}", "location|~|\\.php${}"),
        ("set $x ${y}z;", "set|$x|${y}z;"),
        ("a b\"c;", "a|b\"c;"),
        ("a b};", "a|b};"),
        ("a b\\;c;", "a|b\\;c;"),
        ("x{y{z;}}w;", "x{y{z;}}w;"),
        (
            "content_by_lua_block { if a then print('}') end -- }\n } b;",
            "content_by_lua_block{lua}b;",
        ),
        ("set_by_lua_block $x { local t = {[[}]]} } b;", "set_by_lua_block|$x{lua}b;"),
        ("content_by_lua_block { --[==[ } ]] ]==] } b;", "content_by_lua_block{lua}b;"),
        ("if ('a' = 'b') {}", "if|('a'|=|b|){}"),
        ("", ""),
    ] {
        let parsed = read(text);
        assert_eq!(
            (shape(&parsed.directives).as_str(), parsed.problems.len()),
            (expected, 0),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    for (text, line, column, message) in [
        ("a {\n b;\n", 1, 3, "this block is not closed: `}` is missing"),
        ("a;\n}\n", 2, 1, "unexpected `}`: no block is open"),
        ("a;;", 1, 3, "unexpected `;`"),
        ("a { b }", 1, 5, "the directive lacks its `;`"),
        ("{ a; }", 1, 1, "unexpected `{`"),
        ("a b", 1, 1, "the file ends in a directive: `;` or `{` is missing"),
        ("a 'b;\n", 1, 3, "the quoted word is not closed: `'` is missing"),
        ("a 'b'c;", 1, 3, "a space, `;` or `{` must follow a quoted word"),
    ] {
        let parsed = read(text);
        let file = SourceFile::new("nginx.conf", text);
        let found = parsed.problems.iter().map(|it| {
            let at = file.location(it.span);
            (at.line, at.column, it.message.as_str())
        });
        let found: Vec<_> = found.collect();
        assert!(found.contains(&(line, column, message)), "{text}: {found:?}");
    }
    let deep = "a{".repeat(300) + &"}".repeat(300);
    let problems = read(&deep).problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "nested deeper than 256 levels");
}

/// Expands `main` with other files by their names; a `*` is all that begin with what is before it.
fn expanded(files: &[(&str, &str)]) -> Expanded {
    let known: BTreeMap<&str, Arc<SourceFile>> =
        files.iter().map(|&(name, text)| (name, Arc::new(SourceFile::new(name, text)))).collect();
    let main = Arc::clone(&known["main"]);
    expand(&main, &mut |pattern| match pattern.strip_suffix('*') {
        Some(prefix) => {
            let matching = known.iter().filter(|(name, _)| name.starts_with(prefix));
            Ok(matching.map(|(_, file)| Arc::clone(file)).collect())
        }
        None => known.get(pattern).cloned().map(|it| vec![it]).ok_or("no such file".to_owned()),
    })
}

#[test]
fn files_are_included_in_their_places() {
    let all = expanded(&[
        ("main", "a; include d/*; s { include x; } include none/*; z;"),
        ("d/1", "one;"),
        ("d/2", "two { three; }"),
        ("x", "ex;"),
    ]);
    assert_eq!(shape(&all.directives), "a;one;two{three;}s{ex;}z;");
    assert!(all.problems.is_empty());
    let at = location(&all.files, &all.directives[3].inner()[0]);
    assert_eq!((&*at.path, at.line, at.column), ("x", 1, 1));
}

#[test]
fn includes_that_fail_are_named_with_their_places() {
    for (files, path, line, column, message) in [
        (vec![("main", "a;\ninclude x;")], "main", 2, 9, "cannot include `x`: no such file"),
        (
            vec![("main", "include x;"), ("x", "b;\n include y;"), ("y", "include x;")],
            "y",
            1,
            9,
            "`x` includes itself",
        ),
        (vec![("main", "include main;")], "main", 1, 9, "`main` includes itself"),
        (vec![("main", "include a b;")], "main", 1, 9, "`include` takes one argument"),
        (
            vec![("main", "include x;"), ("x", "a {\n")],
            "x",
            1,
            3,
            "this block is not closed: `}` is missing",
        ),
    ] {
        let all = expanded(&files);
        let found: Vec<_> = all
            .problems
            .iter()
            .map(|(at, it)| (&*at.path, at.line, at.column, it.message.as_str()))
            .collect();
        assert_eq!(found, [(path, line, column, message)]);
    }
}

#[test]
fn chains_of_includes_are_bounded() {
    let names: Vec<_> = (0..40).map(|at| format!("f{at}")).collect();
    let texts: Vec<_> = (1..41).map(|at| format!("include f{at};")).collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("main", "include f0;"));
    let all = expanded(&files);
    assert_eq!(all.problems.len(), 1);
    assert!(all.problems[0].1.message.contains("32 levels"), "{:?}", all.problems);
}

/// Texts of the characters that mean something, so that structures come about.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{"),
        Just("}"),
        Just(";"),
        Just(" "),
        Just("\n"),
        Just("#"),
        Just("\""),
        Just("'"),
        Just("\\"),
        Just("$"),
        Just("a"),
        Just("é"),
        Just("location"),
        Just("x_by_lua_block"),
        Just("[["),
        Just("]]"),
        Just("--"),
        Just(")"),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn within(directives: &[Directive], end: usize) {
    for it in directives {
        assert!(it.span.start <= it.span.end && it.span.end as usize <= end);
        within(it.inner(), end);
    }
}

fn check(text: &str) {
    let all = tokens(text);
    let slices: String =
        all.iter().map(|it| &text[it.span.start as usize..it.span.end as usize]).collect();
    assert_eq!(slices, text);
    let parsed = read(text);
    within(&parsed.directives, text.len());
    assert!(parsed.problems.iter().all(|it| it.span.end as usize <= text.len()));
}

proptest! {
    #[test]
    fn any_text_is_read_and_reproduced(text in ".{0,60}") {
        check(&text);
    }

    #[test]
    fn any_structure_is_read_and_reproduced(text in text()) {
        check(&text);
    }
}
