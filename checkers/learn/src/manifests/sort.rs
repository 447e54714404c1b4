//! What sort of thing a value of a manifest is: template T1 of the reference.
//!
//! A value has many sorts at once: `500m` is a text, a quantity and a quantity of processors. A
//! set of sorts is a bit set, so that a corpus of values is read once and asked often.

use serde::{Deserialize, Serialize};

use crate::values;

/// The JSON type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Json {
    /// `null`, or nothing where a value is expected.
    Null,
    /// A boolean.
    Bool,
    /// A whole number.
    Integer,
    /// Any other number.
    Number,
    /// A text.
    Text,
    /// A map.
    Map,
    /// A list.
    List,
}

/// A sort of values, from the most telling to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text such as `25%`.
    Percentage,
    /// A number with a unit of storage: `128Mi`.
    Size,
    /// A number of processors: `500m`, `2`, `0.5`.
    Processors,
    /// A span of time as Go writes it: `30s`, `1h30m`.
    Duration,
    /// An address range: `10.0.0.0/8`.
    AddressRange,
    /// An IP address.
    Address,
    /// Five fields of a cron schedule, or `@daily` and its kin.
    Schedule,
    /// `scheme://…`.
    Url,
    /// A whole number, or a text such as `25%`.
    IntegerOrPercentage,
    /// A path of the file system from its root.
    Path,
    /// The name of an environment variable in capitals.
    VariableName,
    /// A reference to an image with a registry, a tag or a digest.
    Image,
    /// A text of digits.
    DigitText,
    /// A text that reads like a boolean.
    BooleanText,
    /// Lower-case letters, digits and hyphens, 63 at most (RFC 1123).
    Label,
    /// Labels joined by dots (RFC 1123).
    Subdomain,
    /// Letters and digits: `ClusterIP`, `ReadWriteOnce`.
    Word,
    /// Any text.
    Text,
    /// A whole number or a text that is a name.
    IntegerOrName,
    /// A number, or a text that is a quantity.
    Quantity,
    /// A map.
    Map,
    /// A list.
    List,
}

impl Sort {
    /// All sorts, the most telling first.
    pub const ALL: [Self; 25] = [
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Percentage,
        Self::Size,
        Self::Processors,
        Self::Duration,
        Self::AddressRange,
        Self::Address,
        Self::Schedule,
        Self::Url,
        Self::IntegerOrPercentage,
        Self::Path,
        Self::VariableName,
        Self::Image,
        Self::DigitText,
        Self::BooleanText,
        Self::Label,
        Self::Subdomain,
        Self::Word,
        Self::Text,
        Self::IntegerOrName,
        Self::Quantity,
        Self::Map,
        Self::List,
    ];

    /// The sort in words, with an article.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Percentage => "a percentage",
            Self::Size => "a size with a unit of storage",
            Self::Processors => "a number of processors",
            Self::Duration => "a duration",
            Self::AddressRange => "an address range",
            Self::Address => "an IP address",
            Self::Schedule => "a cron schedule",
            Self::Url => "a URL",
            Self::IntegerOrPercentage => "a whole number or a percentage",
            Self::Path => "an absolute path",
            Self::VariableName => "a variable name in capitals",
            Self::Image => "an image with a registry, a tag or a digest",
            Self::DigitText => "a text of digits",
            Self::BooleanText => "a text that reads like a boolean",
            Self::Label => "a name of lower-case letters, digits and hyphens",
            Self::Subdomain => "a name of labels joined by dots",
            Self::Word => "a word of letters and digits",
            Self::Text => "a text",
            Self::IntegerOrName => "a whole number or a name",
            Self::Quantity => "a quantity",
            Self::Map => "a map",
            Self::List => "a list",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorts(u32);

impl Sorts {
    /// Whether a sort is among them.
    pub(crate) const fn has(self, sort: Sort) -> bool {
        self.0 & sort.bit() != 0
    }

    fn of(sorts: &[Sort]) -> Self {
        Self(sorts.iter().fold(0, |set, sort| set | sort.bit()))
    }

    fn add(&mut self, sort: Sort, is: bool) {
        if is {
            self.0 |= sort.bit();
        }
    }
}

/// All sorts of a value of a JSON type.
pub(crate) fn sorts(json: Json, text: &str) -> Sorts {
    match json {
        Json::Null => Sorts::default(),
        Json::Bool => Sorts::of(&[Sort::Boolean]),
        Json::Integer => Sorts::of(&[
            Sort::Integer,
            Sort::Number,
            Sort::Processors,
            Sort::IntegerOrPercentage,
            Sort::IntegerOrName,
            Sort::Quantity,
        ]),
        Json::Number => Sorts::of(&[Sort::Number, Sort::Processors, Sort::Quantity]),
        Json::Map => Sorts::of(&[Sort::Map]),
        Json::List => Sorts::of(&[Sort::List]),
        Json::Text => sorts_of_text(text),
    }
}

fn sorts_of_text(text: &str) -> Sorts {
    let mut sorts = Sorts::of(&[Sort::Text]);
    let percentage = text.strip_suffix('%').is_some_and(is_digits);
    let quantity = quantity(text);
    let unit = quantity.map(|(_, unit)| unit);
    let label = is_label(text);
    let starts = |first: fn(&u8) -> bool| text.as_bytes().first().is_some_and(first);
    sorts.add(Sort::Percentage, percentage);
    sorts.add(Sort::IntegerOrPercentage, percentage);
    sorts.add(Sort::Quantity, quantity.is_some());
    sorts.add(Sort::Size, unit.is_some_and(|unit| !unit.is_empty() && unit != "m"));
    sorts.add(Sort::Processors, unit.is_some_and(|unit| unit.is_empty() || unit == "m"));
    sorts.add(Sort::Duration, duration(text).is_some());
    sorts.add(
        Sort::AddressRange,
        text.contains('/') && values::kind(text) == values::Kind::AddressRange,
    );
    sorts.add(
        Sort::Address,
        starts(|c| c.is_ascii_hexdigit() || *c == b':') && values::address(text).is_some(),
    );
    sorts.add(Sort::Schedule, is_schedule(text));
    sorts.add(
        Sort::Url,
        text.split_once("://").is_some_and(|(scheme, rest)| is_label(scheme) && !rest.is_empty()),
    );
    sorts.add(Sort::Path, text.starts_with('/') && !text.contains(char::is_whitespace));
    sorts.add(Sort::VariableName, is_variable_name(text));
    sorts.add(Sort::Image, is_image(text));
    sorts.add(Sort::DigitText, is_digits(text));
    sorts.add(Sort::BooleanText, values::boolean(text).is_some());
    sorts.add(Sort::Label, label);
    sorts.add(Sort::IntegerOrName, label && !is_digits(text));
    sorts.add(Sort::Subdomain, text.len() <= 253 && text.split('.').all(is_label));
    sorts.add(
        Sort::Word,
        starts(u8::is_ascii_alphabetic) && text.bytes().all(|c| c.is_ascii_alphanumeric()),
    );
    sorts
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

fn is_label(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_variable_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_')
}

/// Fields of a schedule hold digits, names of days and months, and `*/,-`.
fn is_schedule(text: &str) -> bool {
    let field =
        |field: &str| field.bytes().all(|c| c.is_ascii_alphanumeric() || b"*/,-?".contains(&c));
    let named = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    let fields: Vec<_> = text.split_ascii_whitespace().collect();
    named.contains(&text)
        || (fields.len() == 5
            && fields.iter().copied().all(field)
            && fields.iter().any(|field| field.contains(|c: char| c == '*' || c.is_ascii_digit())))
}

/// `name:tag`, `registry/name`, `name@sha256:…`.
fn is_image(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"./:@_-".contains(&c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    starts
        && text.contains([':', '/', '@'])
        && !text.contains("://")
        && text.bytes().all(plain)
        && text.bytes().any(|c| c.is_ascii_alphabetic())
}

/// A quantity of the API: the number that it stands for and its suffix. Time is none.
pub(crate) fn quantity(text: &str) -> Option<(f64, &str)> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (_, unit) = digits.split_at_checked(end)?;
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    let scale = match unit {
        "m" => 1e-3,
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "Ki" => 1_024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        _ => return None,
    };
    Some((number * scale, unit))
}

/// What follows the digits of a quantity or a simple duration; nothing for a bare number.
pub(crate) fn unit(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let plain = unit.len() <= 2 && unit.bytes().all(|c| c.is_ascii_alphabetic());
    (number.parse::<f64>().is_ok() && plain).then_some(unit)
}

/// The unit that stands for all of its magnitude: `M` and `Mi` differ by less than a tenth.
pub(crate) fn magnitude(unit: &str) -> &str {
    match unit {
        "k" => "Ki",
        "M" => "Mi",
        "G" => "Gi",
        "T" => "Ti",
        "P" => "Pi",
        unit => unit,
    }
}

/// The next larger unit of storage.
pub(crate) fn next_magnitude(unit: &str) -> Option<&'static str> {
    let units = ["Ki", "Mi", "Gi", "Ti", "Pi"];
    let at = units.iter().position(|known| *known == unit)?;
    units.get(at + 1).copied()
}

/// A duration as Go reads it, in seconds: `300ms`, `1h30m`. A bare number is none, and nor is `0`.
pub(crate) fn duration(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = next;
    }
    (!text.is_empty()).then_some(seconds)
}

/// The shape of a text: runs of lower-case letters, capitals and digits become `a`, `A` and `9`;
/// everything else stays. Template T4, after the tokens of `FlashProfile`.
pub(crate) fn shape(text: &str) -> String {
    let token = |c: char| match c {
        _ if c.is_ascii_digit() => '9',
        _ if c.is_lowercase() => 'a',
        _ if c.is_uppercase() => 'A',
        _ => c,
    };
    let mut shape: String = text.chars().map(token).collect();
    let mut last = None;
    shape.retain(|c| {
        let repeated = last == Some(c) && matches!(c, '9' | 'a' | 'A');
        last = Some(c);
        !repeated
    });
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_sorts_that_they_look_like_and_no_others() {
        let accept = [
            (Json::Integer, "3", Sort::Integer),
            (Json::Integer, "3", Sort::Processors),
            (Json::Text, "25%", Sort::IntegerOrPercentage),
            (Json::Text, "128Mi", Sort::Size),
            (Json::Text, "500m", Sort::Processors),
            (Json::Text, "0.5", Sort::Processors),
            (Json::Text, "1h30m", Sort::Duration),
            (Json::Text, "10.0.0.0/8", Sort::AddressRange),
            (Json::Text, "10.0.0.1", Sort::Address),
            (Json::Text, "*/5 * * * *", Sort::Schedule),
            (Json::Text, "https://a.example/x", Sort::Url),
            (Json::Text, "/var/lib", Sort::Path),
            (Json::Text, "MY_ENV", Sort::VariableName),
            (Json::Text, "quay.io/a/b:1.2", Sort::Image),
            (Json::Text, "web-1", Sort::Label),
            (Json::Text, "a.b.example", Sort::Subdomain),
            (Json::Text, "ReadWriteOnce", Sort::Word),
        ];
        for (json, text, sort) in accept {
            assert!(sorts(json, text).has(sort), "{text} {sort:?}");
        }
        let reject = [
            (Json::Text, "3", Sort::Integer),
            (Json::Text, "128Mi", Sort::Processors),
            (Json::Text, "500m", Sort::Size),
            (Json::Text, "128", Sort::Size),
            (Json::Text, "30", Sort::Duration),
            (Json::Text, "10.0.0.0", Sort::AddressRange),
            (Json::Text, "a b c d e", Sort::Schedule),
            (Json::Text, "var/lib", Sort::Path),
            (Json::Text, "nginx", Sort::Image),
            (Json::Text, "http://a/b", Sort::Image),
            (Json::Text, "Web", Sort::Label),
            (Json::Null, "", Sort::Text),
            (Json::Bool, "true", Sort::Text),
        ];
        for (json, text, sort) in reject {
            assert!(!sorts(json, text).has(sort), "{text} {sort:?}");
        }
    }

    #[test]
    fn numbers_and_shapes_are_read() {
        assert_eq!(quantity("1Ki"), Some((1024.0, "Ki")));
        assert_eq!(quantity("1.5"), Some((1.5, "")));
        assert_eq!(quantity("30s"), None);
        assert_eq!(duration("1m30s"), Some(90.0));
        assert_eq!(duration("soon"), None);
        assert_eq!(shape("v1.20.3-rc"), "a9.9.9-a");
    }
}
