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

proptest! {
    #[test]
    fn any_text_is_read_without_end_of_the_world(text in "[ -~\n\u{e9}]{0,200}") {
        for dialect in Dialect::ALL {
            for setting in read(&text, dialect).settings {
                let end = setting.value_span.end as usize;
                prop_assert!(text.get(setting.name_span.start as usize..end.max(setting.name_span.end as usize)).is_some());
            }
        }
    }

    #[test]
    fn markup_and_quotes_are_read_without_end_of_the_world(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("<configuration>"), Just("<property>"), Just("<name>"), Just("</name>"),
                Just("<value>"), Just("</value>"), Just("</property>"), Just("<![CDATA["), Just("]]>"),
                Just("&"), Just(";"), Just("<!--"), Just("-->"), Just("<!"), Just("'''"), Just("\""),
                Just("A = "), Just("["), Just(")"), Just("\\"), Just("\\u00"), Just("\n"), Just("x"),
            ],
            0..40,
        ),
    ) {
        let text = parts.concat();
        for dialect in Dialect::ALL {
            let read = read(&text, dialect);
            prop_assert!(read.problems.len() <= 10 * text.len() + 10);
        }
    }
}
