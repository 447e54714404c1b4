use super::*;

fn labelled(text: &str, parameters: &[&str], reason: &str) -> String {
    let names: Vec<_> = parameters.iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        "{text}\nQuestion: Are there any mistakes?\n{{\n \"hasError\": boolean, // true\n}}\n\nAnswer:\n```json\n{{\"hasError\": {}, \"errParameter\": [{}], \"reason\": [\"{reason}\"]}}\n```\n",
        !parameters.is_empty(),
        names.join(", ")
    )
}

fn case(place: &str, text: &str, parameters: &[&str], reason: &str) -> Case {
    Case::read(System::Redis, place, &labelled(text, parameters, reason)).unwrap()
}

#[test]
fn labels_are_read_and_cut_off() {
    let case = case(
        "redis/Misconfig/1_range",
        "port=-1\n",
        &["port"],
        "out of the valid range of a port number",
    );
    let fault = case.fault.unwrap();
    assert_eq!((fault.category.as_str(), fault.subcategory), ("range", "port"));
    assert_eq!(case.text, "port=-1\n\n");
    let relation = self::case(
        "redis/Misconfig/2_dependency",
        "a.min=2\na.max=1\n",
        &["a.min"],
        "The value of the property 'a.min' should be smaller or equal to the value of the property 'a.max'.",
    );
    assert_eq!(relation.fault.unwrap().parameters.len(), 2);
    assert_eq!(self::case("redis/ValidConfig/1", "hz=1\n", &[], "").fault, None);
}

#[test]
fn what_is_not_labelled_is_named() {
    let read = |text: &str| {
        Case::read(System::Redis, "redis/ValidConfig/1", text).unwrap_err().to_string()
    };
    for (text, message) in [
        ("port=1\n", "no label"),
        ("port=1\nQuestion: x\n", "no label"),
        ("port=1\nQuestion: x\nAnswer: yes\n", "no label"),
        ("port=1\nQuestion: x\nAnswer: {x}\n", "cannot be read"),
        ("Question:Answer:{\"hasError\":true,\"errParameter\":[]}", "contradicts itself"),
        ("Question:Answer:{\"hasError\":false,\"errParameter\":[\"a\"]}", "contradicts itself"),
    ] {
        assert!(read(text).contains(message), "{text}: {}", read(text));
        assert!(read(text).contains("redis/ValidConfig/1"), "{text}");
    }
}

#[test]
fn scores_are_those_of_the_definition() {
    let cases = [
        case("redis/Misconfig/1_syntax", "port=hadoop\nhz=1\n", &["port"], "port format"),
        // The fault is missed, and another parameter is reported: the file counts as found.
        case(
            "redis/Misconfig/2_range",
            "maxmemory=-1\ntls-port=-1\n",
            &["maxmemory"],
            "accepted value",
        ),
        case("redis/Misconfig/3_range", "hz=-1\n", &["hz"], "accepted value"),
        case("redis/ValidConfig/1", "hz=1\n", &[], ""),
        case("redis/ValidConfig/2", "tls-port=-1\n", &[], ""),
    ];
    let scores = evaluate(&cases, Mode::Facts, Training::Shipped);
    let score = scores.systems[&System::Redis];
    assert_eq!(score.files, Counts { found: 2, false_alarms: 1, missed: 1, passed: 1 });
    assert_eq!(score.parameters, Counts { found: 1, false_alarms: 2, missed: 2, passed: 4 });
    assert!((score.files.f1() - 2.0 * 2.0 / 6.0).abs() < 1e-9);
    assert!((scores.average(|score| score.parameters.f1()) - 2.0 / 6.0).abs() < 1e-9);
    assert_eq!(scores.categories[&("range".to_owned(), "enum")], (0, 2));
    assert_eq!(scores.details.len(), 4);
    let table = render(&scores, true);
    assert!(
        table.contains("redis") && table.contains("average") && table.contains("missed in"),
        "{table}"
    );
}

#[test]
fn a_correct_file_is_judged_without_itself() {
    let odd = "odd.timeout=word\n";
    let cases =
        [case("redis/ValidConfig/1", odd, &[], ""), case("redis/ValidConfig/2", "hz=1\n", &[], "")];
    let alarms = |training| {
        evaluate(&cases, Mode::Shots, training).systems[&System::Redis].files.false_alarms
    };
    assert_eq!(alarms(Training::LeaveOneOut), 1);
    assert_eq!(Counts::default().f1().to_bits(), 1.0_f64.to_bits());
}
