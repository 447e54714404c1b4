use proptest::prelude::*;

use super::*;

fn pairs(text: &str, dialect: Dialect) -> Vec<(String, String)> {
    let read = read(text, dialect);
    assert!(read.problems.is_empty(), "{dialect} {text:?}: {:?}", read.problems);
    read.settings.into_iter().map(|setting| (setting.name, setting.value)).collect()
}

fn property(name: &str, value: &str) -> String {
    format!("<configuration><property>{name}{value}</property></configuration>")
}

#[test]
fn what_each_system_reads_is_read() {
    use Dialect::*;
    for (dialect, text, expected) in [
        (KeyValue, "# a\n; b\na=1\n b = \"x y\" \n", vec![("a", "1"), ("b", "x y")]),
        (KeyValue, "\u{feff}a=b=c\r\n", vec![("a", "b=c")]),
        (KeyColon, "a: http://x:1\n", vec![("a", "http://x:1")]),
        (Ini, "x=0\n[s]\ny = 1\n[t]\ny: 2\n", vec![("x", "0"), ("s.y", "1"), ("t.y", "2")]),
        (
            Properties,
            "! c\na\\ b : x\\\n   y\\u0041\\t\nempty\nk=\\\\n\n",
            vec![("a b", "xyA"), ("empty", ""), ("k", "\\n")],
        ),
        (
            Redis,
            "# c\nsave 900 1\nsave 300 10\nport=6379\nuser \"a b\" 'c\\'d' \"\\x41\\n\"\n",
            vec![("save", "900 1"), ("save", "300 10"), ("port", "6379"), ("user", "a b c'd A\n")],
        ),
        (
            Postgresql,
            "a = 128MB # c\nb 'it''s' # d\nc=on\npath = '/x#y'\n",
            vec![("a", "128MB"), ("b", "it's"), ("c", "on"), ("path", "/x#y")],
        ),
        (
            Django,
            "import os\nDEBUG = True  # c\nAGE: int = 60 * 60\nHOSTS = [\n  'a',  # ]\n]\nN='x\\ty'\nX = 'a' 'b'\nif DEBUG:\n    Y = 1\n",
            vec![
                ("DEBUG", "True"),
                ("AGE", "60 * 60"),
                ("HOSTS", "[\n  'a',  # ]\n]"),
                ("N", "x\ty"),
                ("X", "'a' 'b'"),
            ],
        ),
        (
            Yaml,
            "name: 'default'\nmode: 0644\nout: [stderr]\nx:\n",
            vec![("name", "default"), ("mode", "0644"), ("out", "[stderr]"), ("x", "")],
        ),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        assert_eq!(pairs(text, dialect), expected, "{dialect} {text:?}");
    }
}

#[test]
fn hadoops_xml_is_read_with_entities_and_comments() {
    for (name, value, expected) in [
        ("<name>a</name>", "<value>1</value>", "1"),
        ("<name>\n a </name>", "<value> x &lt;&#65;&#x42; </value>", "x <AB"),
        ("<name>a</name>", "<value/>", ""),
        ("<name>a</name>", "<value></value>", ""),
        ("<name>a</name>", "<value><![CDATA[<x>]]></value><final>true</final>", "<x>"),
        ("<!-- c --><name>a</name>", "<value>1</value><description>a <b>c</b></description>", "1"),
    ] {
        let text = property(name, value);
        assert_eq!(
            pairs(&text, Dialect::HadoopXml),
            [("a".to_owned(), expected.to_owned())],
            "{text}"
        );
    }
}

#[test]
fn places_are_those_of_the_text() {
    for (dialect, text) in [
        (Dialect::KeyValue, "#\n name = value \n"),
        (Dialect::Properties, "\u{feff}#\nname : value\n"),
        (Dialect::Redis, "\nname value\n"),
        (Dialect::Postgresql, "name value # x"),
        (Dialect::Django, "\nname = 1\nNAME = value\n"),
        (Dialect::Yaml, "# x\nname: value\n"),
        (
            Dialect::HadoopXml,
            "<configuration><property><name> name</name>\n<value>value </value></property></configuration>",
        ),
    ] {
        let read = read(text, dialect);
        let setting = read.settings.first().unwrap();
        let slice = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
        assert_eq!(slice(setting.name_span).to_lowercase(), "name", "{dialect}");
        assert_eq!(slice(setting.value_span), "value", "{dialect}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    use Dialect::*;
    for (dialect, text, message) in [
        (KeyValue, "nothing\n", "sets no parameter"),
        (KeyValue, "=1\n", "sets no parameter"),
        (KeyValue, "a=1\na=2\n", "`a` is set again"),
        (Ini, "[s\n", "not closed"),
        (Properties, "=x\n", "without a name"),
        (Properties, "a=\\u12\n", "`\\u`"),
        (Redis, "a \"b\n", "not closed"),
        (Redis, "a \"b\"c\n", "goes on"),
        (Postgresql, "a = 'b\n", "not closed"),
        (Postgresql, "a = 'b' c\n", "behind the value"),
        (Postgresql, "= 1\n", "sets no parameter"),
        (Django, "A = [1\n", "not closed"),
        (Django, "A = 'x\n", "not closed"),
        (Yaml, "a: [1\n", ""),
        (
            HadoopXml,
            "<configuration><property><value>a</value></property></configuration>",
            "without a name",
        ),
        (HadoopXml, "<configuration><property>", "not closed"),
        (HadoopXml, "<configuration></property></configuration>", "closes nothing"),
        (HadoopXml, "<configuration", "not closed"),
        (HadoopXml, "<configuration>x</configuration>", "outside"),
        (HadoopXml, "<x/>", "no element"),
        (HadoopXml, &property("<name>a</name>", "<value>a & b &unknown;</value>"), "`&`"),
    ] {
        let read = read(text, dialect);
        let problem = read.problems.first().unwrap_or_else(|| panic!("{dialect} {text:?}"));
        assert!(problem.message.contains(message), "{dialect} {text:?}: {}", problem.message);
    }
}

#[test]
fn lines_of_yaml_that_cannot_be_read_are_still_settings() {
    let read = read("name: 'x'\ncors: *\n", Dialect::Yaml);
    assert_eq!((read.settings.len(), read.problems.len()), (2, 1));
}

#[test]
fn what_is_left_out_is_named() {
    let read = |text, dialect| super::read(text, dialect).skipped;
    let django = read("from a import *\nx = 1\nA == 2\nDEBUG = True\n", Dialect::Django);
    let named: Vec<_> = django.iter().map(|skipped| skipped.what.as_str()).collect();
    assert_eq!(
        named,
        ["the statement `from a import *`", "the statement `x = 1`", "the statement `A == 2`"]
    );
    let bomb = "<!DOCTYPE c [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><configuration><include/></configuration>";
    assert_eq!(read(bomb, Dialect::HadoopXml).len(), 2);
    assert_eq!(read("- a\n- b\n", Dialect::Yaml).len(), 1);
    assert_eq!(read(&property("<name>a</name>", ""), Dialect::HadoopXml).len(), 1);
}

#[test]
fn the_dialect_is_told_from_the_text() {
    for (text, dialect) in [
        ("<?xml?>", Dialect::HadoopXml),
        ("# x\n[a]\n", Dialect::Ini),
        ("a=b:c\n", Dialect::KeyValue),
        ("a: b=c\n", Dialect::KeyColon),
        ("port 6379\n", Dialect::Redis),
        ("", Dialect::KeyValue),
    ] {
        assert_eq!(Dialect::detect(text), dialect, "{text:?}");
    }
    for dialect in Dialect::ALL {
        assert_eq!(dialect.as_str().parse(), Ok(dialect));
    }
    assert!("toml".parse::<Dialect>().unwrap_err().contains("`hadoop-xml`"));
}

#[test]
fn what_is_included_is_named_and_sets_nothing() {
    for (text, dialect, what) in [
        (
            "include /etc/x.conf\nport 1",
            Dialect::Redis,
            "what `/etc/x.conf` sets, which is included",
        ),
        ("include_dir 'conf.d'", Dialect::Postgresql, "what `conf.d` sets, which is included"),
        ("include_if_exists='a'", Dialect::Postgresql, "what `a` sets, which is included"),
        (
            "<configuration><xi:include parse=\"xml\" href = 'b.xml'/></configuration>",
            Dialect::HadoopXml,
            "what `b.xml` sets, which is included",
        ),
        ("<configuration><include/></configuration>", Dialect::HadoopXml, "an include"),
    ] {
        let read = read(text, dialect);
        assert_eq!(read.skipped[0].what, what);
        assert!(read.settings.iter().all(|s| !s.name.starts_with("include")), "{read:?}");
        assert_eq!(read.problems, []);
    }
}

#[test]
fn a_final_property_is_not_set_again() {
    let twice = |first: &str, second: &str| {
        let property =
            |text: &str| format!("<property><name>a</name><value>1</value>{text}</property>\n");
        let text =
            format!("<configuration>{}{}</configuration>", property(first), property(second));
        read(&text, Dialect::HadoopXml)
    };
    for (first, second, finals, in_force) in [
        ("<final>true</final>", "", [true, false], "the first one, which is final,"),
        ("", "<final> true </final>", [false, true], "the last one"),
        ("<final>false</final>", "", [false, false], "the last one"),
    ] {
        let read = twice(first, second);
        assert_eq!(read.settings.iter().map(|s| s.is_final).collect::<Vec<_>>(), finals);
        assert_eq!(read.problems.len(), 1);
        assert!(read.problems[0].help.as_ref().unwrap().contains(in_force), "{:?}", read.problems);
    }
    let odd = read(
        "<configuration><property><name>a</name><value>1</value><final>True</final></property></configuration>",
        Dialect::HadoopXml,
    );
    assert_eq!(odd.problems[0].message, "`True` in `<final>` is read as `false`");
}

#[test]
fn comments_are_told_from_values() {
    for (text, dialect, expected) in [
        ("# a\nb # c\n", Dialect::Redis, vec![("a", true)]),
        ("; a\nb=1 ; c\n", Dialect::KeyValue, vec![("a", true)]),
        ("! a\nb=1\\\n  # c\n", Dialect::Properties, vec![("a", true)]),
        ("a = '# b' # c\n", Dialect::Postgresql, vec![("c", false)]),
        ("A = '# b'  # c\n", Dialect::Django, vec![("c", false)]),
        ("A = \"\"\"\n# b\n\"\"\"\n# c\n", Dialect::Django, vec![("c", true)]),
        ("a: b#c\nd: e # f\n", Dialect::Yaml, vec![("f", false)]),
        (
            "<configuration><!-- a -->\n<property><name>x</name><value><![CDATA[<!-- b -->]]></value></property>\n <!--c\n-->\n<!--",
            Dialect::HadoopXml,
            vec![("a", false), ("c", true)],
        ),
    ] {
        let found = comments(text, dialect, &read(text, dialect));
        let found: Vec<_> = found.iter().map(|comment| (comment.text, comment.alone)).collect();
        assert_eq!(found, expected, "{text:?}");
    }
}

/// Whether every place that was found lies inside the text.
fn spans_fit(text: &str, dialect: Dialect, settings: &Settings) -> bool {
    let fits = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    let of_problem = |problem: &Problem| {
        fits(problem.span) && problem.related.iter().all(|(span, _)| fits(*span))
    };
    settings.settings.iter().all(|s| fits(s.name_span) && fits(s.value_span))
        && settings.skipped.iter().all(|skipped| fits(skipped.span))
        && settings.problems.iter().all(of_problem)
        && comments(text, dialect, settings).iter().all(|comment| fits(comment.span))
}

proptest! {
    #[test]
    fn any_text_is_read_without_end_of_the_world(
        text in prop_oneof!["[ -~\n\u{e9}]{0,200}", any::<String>(), "[\u{feff}#=:<>'\"\\\\ \r\n\u{e9}a]{0,60}"],
    ) {
        for dialect in Dialect::ALL {
            let settings = read(&text, dialect);
            prop_assert!(spans_fit(&text, dialect, &settings), "{dialect} {settings:?}");
        }
    }

    #[test]
    fn markup_and_quotes_are_read_without_end_of_the_world(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("<configuration>"), Just("<property>"), Just("<name>"), Just("</name>"),
                Just("<value>"), Just("</value>"), Just("</property>"), Just("<![CDATA["), Just("]]>"),
                Just("&"), Just(";"), Just("<!--"), Just("-->"), Just("<!"), Just("'''"), Just("\""),
                Just("<final>"), Just("</final>"), Just("#"), Just("\u{e9}"), Just("\u{feff}"),
                Just("A = "), Just("["), Just(")"), Just("\\"), Just("\\u00"), Just("\n"), Just("x"),
            ],
            0..40,
        ),
    ) {
        let text = parts.concat();
        for dialect in Dialect::ALL {
            let read = read(&text, dialect);
            prop_assert!(read.problems.len() <= 10 * text.len() + 10);
            prop_assert!(spans_fit(&text, dialect, &read), "{dialect} {read:?}");
        }
    }
}
