//! `format.dns1123Label().validate("…")`: string formats by name.

use crate::error::Evaluated;
use crate::time::{Timestamp, days_of_month};
use crate::value::Value;

use super::urls::Url;
use super::{Call, Cost, Function, Opaque, global, member};

/// A string format.
#[derive(Debug)]
pub struct NamedFormat {
    name: &'static str,
    /// What is wrong with a text; nothing if it has the format.
    complaint: fn(&str) -> Option<String>,
}

static FORMATS: [NamedFormat; 13] = [
    NamedFormat { name: "dns1123Label", complaint: |text| dns1123_label(text) },
    NamedFormat { name: "dns1123Subdomain", complaint: |text| dns1123_subdomain(text) },
    NamedFormat { name: "dns1035Label", complaint: |text| dns1035_label(text) },
    NamedFormat { name: "qualifiedName", complaint: |text| qualified_name(text) },
    NamedFormat { name: "dns1123LabelPrefix", complaint: |text| dns1123_label(&completed(text)) },
    NamedFormat {
        name: "dns1123SubdomainPrefix",
        complaint: |text| dns1123_subdomain(&completed(text)),
    },
    NamedFormat { name: "dns1035LabelPrefix", complaint: |text| dns1035_label(&completed(text)) },
    NamedFormat { name: "labelValue", complaint: |text| label_value(text) },
    NamedFormat {
        name: "uri",
        complaint: |text| Url::parse(text).is_none().then(|| "invalid URI".to_owned()),
    },
    NamedFormat {
        name: "uuid",
        complaint: |text| (!is_uuid(text)).then(|| "does not match the UUID format".to_owned()),
    },
    NamedFormat {
        name: "byte",
        complaint: |text| (!is_base64(text)).then(|| "invalid base64".to_owned()),
    },
    NamedFormat {
        name: "date",
        complaint: |text| (!is_date(text)).then(|| "invalid date".to_owned()),
    },
    NamedFormat {
        name: "datetime",
        complaint: |text| Timestamp::parse(text).is_none().then(|| "invalid datetime".to_owned()),
    },
];

pub(super) const FUNCTIONS: &[Function] = &[
    global("format.named", 1, Cost::Fixed(1), |call| {
        let name = call.str(0)?;
        let found = FORMATS.iter().find(|format| format.name == name);
        Some(Ok(Value::Optional(found.map(|format| value(format).into()))))
    }),
    global("format.dns1123Label", 0, Cost::Fixed(1), |_| named("dns1123Label")),
    global("format.dns1123Subdomain", 0, Cost::Fixed(1), |_| named("dns1123Subdomain")),
    global("format.dns1035Label", 0, Cost::Fixed(1), |_| named("dns1035Label")),
    global("format.qualifiedName", 0, Cost::Fixed(1), |_| named("qualifiedName")),
    global("format.dns1123LabelPrefix", 0, Cost::Fixed(1), |_| named("dns1123LabelPrefix")),
    global("format.dns1123SubdomainPrefix", 0, Cost::Fixed(1), |_| named("dns1123SubdomainPrefix")),
    global("format.dns1035LabelPrefix", 0, Cost::Fixed(1), |_| named("dns1035LabelPrefix")),
    global("format.labelValue", 0, Cost::Fixed(1), |_| named("labelValue")),
    global("format.uri", 0, Cost::Fixed(1), |_| named("uri")),
    global("format.uuid", 0, Cost::Fixed(1), |_| named("uuid")),
    global("format.byte", 0, Cost::Fixed(1), |_| named("byte")),
    global("format.date", 0, Cost::Fixed(1), |_| named("date")),
    global("format.datetime", 0, Cost::Fixed(1), |_| named("datetime")),
    member("validate", 2, Cost::Traversal, validate),
];

fn value<'a>(format: &'static NamedFormat) -> Value<'a> {
    Value::Opaque(Opaque::Format(format).into())
}

fn named<'a>(name: &str) -> Option<Evaluated<Value<'a>>> {
    FORMATS.iter().find(|format| format.name == name).map(|format| Ok(value(format)))
}

fn validate<'a>(call: Call<'_, 'a>) -> Option<Evaluated<Value<'a>>> {
    let Opaque::Format(format) = call.opaque(0)? else { return None };
    let complaint = (format.complaint)(call.str(1)?);
    let complaints = complaint.map(|text| Value::list(vec![Value::text(text)]));
    Some(Ok(Value::Optional(complaints.map(Into::into))))
}

/// A prefix that ends in `-` is one to which a suffix will be added.
fn completed(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        Some(rest) => format!("{rest}a"),
        None => prefix.to_owned(),
    }
}

fn lower_alphanumeric(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    text.starts_with(lower_alphanumeric)
        && text.ends_with(lower_alphanumeric)
        && text.chars().all(|c| lower_alphanumeric(c) || c == '-')
}

fn too_long(text: &str, limit: usize) -> Option<String> {
    (text.len() > limit).then(|| format!("must be no more than {limit} bytes"))
}

fn dns1123_label(text: &str) -> Option<String> {
    let wrong = || {
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
         must start and end with an alphanumeric character"
            .to_owned()
    };
    too_long(text, 63).or_else(|| (!is_label(text)).then(wrong))
}

fn dns1123_subdomain(text: &str) -> Option<String> {
    let wrong = || {
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
         '.', and must start and end with an alphanumeric character"
            .to_owned()
    };
    too_long(text, 253).or_else(|| (!text.split('.').all(is_label)).then(wrong))
}

fn dns1035_label(text: &str) -> Option<String> {
    let wrong = || {
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
         alphabetic character, and end with an alphanumeric character"
            .to_owned()
    };
    let sound = is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase());
    too_long(text, 63).or_else(|| (!sound).then(wrong))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn label_value(text: &str) -> Option<String> {
    let wrong =
        || "a valid label must be an empty string or consist of alphanumeric characters".to_owned();
    too_long(text, 63).or_else(|| (!text.is_empty() && !is_name(text)).then(wrong))
}

fn qualified_name(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if let Some(complaint) = prefix.and_then(dns1123_subdomain) {
        return Some(format!("prefix part {complaint}"));
    }
    let wrong = || "name part must consist of alphanumeric characters, '-', '_' or '.'".to_owned();
    too_long(name, 63).or_else(|| (!is_name(name)).then(wrong))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let digits = text.bytes().filter(|b| *b != b'-').all(|b| b.is_ascii_hexdigit());
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    digits && (lengths == [8, 4, 4, 4, 12] || lengths == [32])
}

fn is_base64(text: &str) -> bool {
    use base64::Engine;
    !text.is_empty() && base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

fn is_date(text: &str) -> bool {
    let parts: Vec<Option<i64>> = text
        .split('-')
        .zip([4, 2, 2])
        .map(|(part, length)| {
            let digits = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse().ok())?
        })
        .collect();
    match parts.as_slice() {
        [Some(year), Some(month), Some(day)] => {
            text.len() == 10
                && (1..=12).contains(month)
                && (1..=days_of_month(*year, *month)).contains(day)
        }
        _ => false,
    }
}
