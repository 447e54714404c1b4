use proptest::prelude::*;

use super::*;

#[test]
fn the_most_telling_kind_is_found() {
    for (text, expected) in [
        ("", Kind::Empty),
        ("  ", Kind::Empty),
        ("${user.home}/x", Kind::Reference),
        ("true", Kind::Boolean),
        ("Off", Kind::Boolean),
        ("127.0.0.1", Kind::Address),
        ("::1", Kind::Address),
        ("10.0.0.0/8", Kind::AddressRange),
        ("localhost:2181", Kind::HostPort),
        ("0.0.0.0:0", Kind::HostPort),
        ("http://localhost:2379", Kind::Url),
        ("file:///", Kind::Url),
        ("/var/lib", Kind::Path),
        ("./", Kind::Path),
        ("0700", Kind::Permission),
        ("rwxr-x---", Kind::Permission),
        ("700", Kind::Integer),
        ("-1", Kind::Integer),
        ("80%", Kind::Percent),
        ("0.5", Kind::Decimal),
        ("1.0f", Kind::Decimal),
        ("10sec", Kind::Duration),
        ("64MB", Kind::Size),
        ("org.apache.hadoop.ipc.Client$Inner", Kind::ClassName),
        ("[26, 50, 100]", Kind::List),
        ("GET,PUT", Kind::List),
        ("HTTP_ONLY", Kind::Word),
        ("N j, Y, P", Kind::List),
        ("hello world!", Kind::Text),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn numbers_are_read_as_systems_write_them() {
    for (text, number) in [
        ("0", Some(0)),
        ("-17", Some(-17)),
        ("+3", Some(3)),
        ("0o644", Some(0o644)),
        ("0x1F", Some(31)),
        ("9223372036854775807", Some(i128::from(i64::MAX))),
        ("1.0", None),
        ("", None),
        ("-", None),
        ("--1", None),
        ("0x-1", None),
        ("ciri", None),
    ] {
        assert_eq!(integer(text), number, "{text}");
    }
    for text in ["0.5", "-1", "1e6", ".5", "1.0f", "3L"] {
        assert!(decimal(text).is_some(), "{text}");
    }
    for text in ["", "f", "inf", "nan", "1e999", "1.2.3", "x1"] {
        assert!(decimal(text).is_none(), "{text}");
    }
}

#[test]
fn quantities_need_a_unit_that_exists() {
    for (text, seconds) in
        [("10sec", 10.0), ("1.5h", 5400.0), ("2 days", 172_800.0), ("50ms", 0.05)]
    {
        assert_eq!(duration(text), Some(seconds), "{text}");
    }
    for (text, bytes) in
        [("64MB", 67_108_864.0), ("16k", 16_384.0), ("1gb", 1_073_741_824.0), ("5B", 5.0)]
    {
        assert_eq!(size(text), Some(bytes), "{text}");
    }
    for text in ["10nounit", "10", "sec", "", "10 sec onds", "10-sec", "é"] {
        assert_eq!((duration(text), size(text)), (None, None), "{text}");
    }
    assert_eq!(quantity("10nounit"), Some((10.0, "nounit")));
}

#[test]
fn permissions_ports_and_addresses_have_natural_limits() {
    for (text, mode) in [
        ("777", Some(0o777)),
        ("0644", Some(0o644)),
        ("0o755", Some(0o755)),
        ("rwxrwx---", Some(0o770)),
        ("888", None),
        ("77", None),
        ("07777777", None),
        ("rwxrwx--", None),
        ("wrxrwxrwx", None),
    ] {
        assert_eq!(permission(text), mode, "{text}");
    }
    for (text, number) in [
        ("0", Some(0)),
        ("65535", Some(65_535)),
        ("65536", None),
        ("-1", None),
        ("+1", None),
        ("x", None),
    ] {
        assert_eq!(port(text), number, "{text}");
    }
    for (text, is) in
        [("256.0.0.0", false), ("xxx.0.0.0", false), ("1.2.3", false), ("[::1]", true)]
    {
        assert_eq!(address(text).is_some(), is, "{text}");
    }
    for (text, is) in [
        ("h:1", true),
        ("[::1]:80", true),
        ("h:70000", false),
        ("::1", false),
        (":1", false),
        ("a b:1", false),
    ] {
        assert_eq!(host_port(text).is_some(), is, "{text}");
    }
}

#[test]
fn a_url_names_a_place() {
    for text in ["http://h", "hdfs://ns1/x", "file:///"] {
        assert!(url(text).is_some(), "{text}");
    }
    for text in ["file:/", "http:", "http://", "http://a b", "/x", "1a://x", "c:/x"] {
        assert!(url(text).is_none(), "{text}");
    }
}

#[test]
fn lists_come_apart() {
    for (text, expected) in [
        ("[a, b]", vec!["a", "b"]),
        ("a b  c", vec!["a", "b", "c"]),
        ("a,,b,", vec!["a", "b"]),
        ("", vec![]),
    ] {
        assert_eq!(parts(text).collect::<Vec<_>>(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_has_a_kind(text in ".{0,40}") {
        let all = kinds(&text);
        prop_assert!(all.contains(&kind(&text)));
    }

    #[test]
    fn whole_numbers_read_back(number in any::<i64>()) {
        prop_assert_eq!(integer(&number.to_string()), Some(i128::from(number)));
    }
}
