use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The directives as `name|argument …;` with braces, for comparison.
fn shape(directives: &[Directive]) -> String {
    let each = directives.iter().map(|it| {
        let words: Vec<_> =
            std::iter::once(&it.name).chain(&it.arguments).map(|word| word.text.as_str()).collect();
        let end = it.section.as_ref().map_or(";".to_owned(), |it| format!("{{{}}}", shape(it)));
        words.join("|") + &end
    });
    each.collect()
}

#[test]
fn words_are_read_as_httpd_reads_them() {
    for (text, expected) in [
        ("A b c\n  d\n", "A|b|c;d;"),
        ("# A b\nA b # c\n", "A|b|#|c;"),
        ("# a \\\n b\nc\n", "c;"),
        ("A b \\\n   c\\\nd\n", "A|b|cd;"),
        ("A b \\\r\n c\r\n", "A|b|c;"),
        ("A 'b \"c' \"d 'e\"\n", "A|b \"c|d 'e;"),
        ("A \"b \\\" \\\\ \\.\" \\.php\\\\x\n", "A|b \" \\ \\.|\\.php\\x;"),
        ("A \"b\"c\n", "A|b|c;"),
        ("<Directory /a>\nB c\n</Directory>\n", "Directory|/a{B|c;}"),
        ("<Directory \"/a b\" >\n</directory>", "Directory|/a b{}"),
        ("<Directory\"/a\">\n</Directory>", "Directory|/a{}"),
        ("<If \"2 > 1\">\n</If>", "If|2 > 1{}"),
        (
            "<RequireAll>\n<RequireAny >\nR x\n</RequireAny>\n</RequireAll>",
            "RequireAll{RequireAny{R|x;}}",
        ),
        ("", ""),
        ("\n  \n", ""),
    ] {
        let parsed = read(text);
        assert_eq!(
            (shape(&parsed.directives).as_str(), parsed.problems.len()),
            (expected, 0),
            "{text}: {:?}",
            parsed.problems
        );
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    for (text, line, column, message) in [
        ("A b\n<Files x>\nB\n", 2, 1, "`<Files>` is not closed: `</Files>` is missing"),
        ("A\n</Files>\n", 2, 1, "`</Files>` closes no section that is open"),
        ("<Files x>\n</Directory>\n", 2, 1, "expected `</Files>`, not `</Directory>`"),
        ("<Files x\n</Files>\n", 1, 1, "`<Files` lacks its `>`"),
    ] {
        let parsed = read(text);
        let file = SourceFile::new("httpd.conf", text);
        let found = parsed.problems.iter().map(|it| {
            let at = file.location(it.span);
            (at.line, at.column, it.message.as_str())
        });
        let found: Vec<_> = found.collect();
        assert!(found.contains(&(line, column, message)), "{text}: {found:?}");
    }
    let deep = "<A>\n".repeat(300) + &"</A>\n".repeat(300);
    let problems = read(&deep).problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "nested deeper than 256 levels");
}

#[test]
fn places_are_those_of_the_words_across_continued_lines() {
    let text = "Require ip \\\n  10.0.0.0/8 \"x y\"\n";
    let file = SourceFile::new("httpd.conf", text);
    let parsed = read(text);
    let words = &parsed.directives[0].arguments;
    let slices: Vec<_> = words.iter().map(|word| file.slice(word.span)).collect();
    assert_eq!(slices, ["ip", "10.0.0.0/8", "\"x y\""]);
    assert_eq!(file.location(words[1].span).line, 2);
}

/// Files by name; a `*` is all that begin with what is before it. `<IfDefine>` is a condition.
struct Files<'f>(BTreeMap<&'f str, &'f str>);

impl Environment for Files<'_> {
    fn files(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        let known = self.0.iter().filter(|(name, _)| match pattern.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => **name == pattern,
        });
        Ok(known.map(|(name, text)| Arc::new(SourceFile::new(*name, *text))).collect())
    }

    fn holds(
        &mut self,
        section: &Directive,
        defined: &dyn Fn(&str) -> bool,
    ) -> Option<Result<bool, String>> {
        let name = section.argument(0).unwrap_or_default();
        let wanted = !name.starts_with('!');
        section.is("IfDefine").then(|| Ok(defined(name.trim_start_matches('!')) == wanted))
    }

    fn meets(&mut self, _: &Directive) {}
}

fn expanded(files: &[(&'static str, &'static str)]) -> (String, Vec<String>) {
    let main = Arc::new(SourceFile::new("main", files[0].1));
    let expanded = expand(&main, &mut Files(files.iter().copied().collect()));
    let problems = expanded
        .problems
        .iter()
        .map(|(at, problem)| format!("{}:{}:{} {}", at.path, at.line, at.column, problem.message));
    (shape(&expanded.directives), problems.collect())
}

#[test]
fn files_are_included_names_replaced_and_conditions_decided() {
    for (files, expected, problems) in [
        (&[("main", "Include a\nC\n"), ("a", "<X>\nB\n</X>\n")][..], "X{B;}C;", &[][..]),
        (&[("main", "Include d*\n"), ("d1", "A\n"), ("d2", "B\n")], "A;B;", &[]),
        (&[("main", "A\nInclude none\n")], "A;", &["main:2:9 cannot include `none`: no such file"]),
        (&[("main", "IncludeOptional none\nA\n")], "A;", &[]),
        (&[("main", "Include a\n"), ("a", "Include a\n")], "", &["a:1:9 `a` includes itself"]),
        (&[("main", "Define X \"/a b\"\nA \"${X}/c\" ${Y}\n")], "A|/a b/c|${Y};", &[]),
        (
            &[("main", "Define X\n<IfDefine X>\nA\n</IfDefine>\n<IfDefine !X>\nB\n</IfDefine>\n")],
            "A;",
            &[],
        ),
        (&[("main", "Define X a\nUnDefine X\nA ${X}\n")], "A|${X};", &[]),
    ] {
        let (found, messages) = expanded(files);
        assert_eq!(
            (found.as_str(), messages),
            (expected, problems.iter().map(|it| (*it).to_owned()).collect())
        );
    }
}

proptest! {
    #[test]
    fn lines_are_the_whole_text(text in "[a-c<>/#\\\\\"' \n\r]{0,60}") {
        let mut at = 0;
        for line in lines(&text) {
            prop_assert_eq!(line.span.start as usize, at);
            prop_assert!(line.span.end as usize > at);
            at = line.span.end as usize;
        }
        prop_assert_eq!(at, text.len());
        for directive in read(&text).directives {
            prop_assert!(directive.span.end as usize <= text.len());
        }
    }
}
