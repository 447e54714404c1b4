//! Values against what is expected of them, and against what no parameter may have.

use seatrial_core::{Rule, nearest};
use seatrial_parse::settings::Setting;

use super::{Expectation, Source, System, Wanted, names, rules};
use crate::values;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) rule: &'static Rule,
    pub(super) message: String,
    pub(super) label: &'static str,
    pub(super) help: Option<String>,
}

impl Complaint {
    fn new(rule: &'static Rule, message: String, label: &'static str) -> Self {
        Self { rule, message, label, help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What no parameter may have, whatever its name: a path with an empty part, an address that is
/// none, a URL that names no place.
pub(super) fn impossible(setting: &Setting) -> Option<Complaint> {
    let name = &setting.name;
    values::parts(&setting.value).chain([setting.value.trim()]).find_map(|value| {
        let says = |message: &str, label| {
            let message = format!("`{name}` is `{value}`, {message}");
            Some(Complaint::new(&rules::IMPOSSIBLE, message, label))
        };
        if value.contains("${") {
            return None;
        }
        if has_empty_part(value) {
            return says("a path with an empty part", "nothing between two `/`")
                .map(|complaint| complaint.help(format!("write `{}`", value.replace("//", "/"))));
        }
        if is_broken_address(value, name) {
            return says(
                "which looks like an IP address and is none",
                "four numbers from 0 to 255",
            );
        }
        if is_broken_url(value) {
            return says("a URL that names no place", "nothing behind the scheme");
        }
        None
    })
}

/// Whether a text is a path of which a part is empty. Two slashes behind a scheme are none.
fn has_empty_part(value: &str) -> bool {
    let path = value.starts_with(['/', '.', '~']) || values::is_path(value);
    let plain = !value.contains(':') && !value.contains(|c: char| "*?^$|<>()".contains(c));
    path && plain && value.contains("//") && value != "//"
}

/// Whether a text is written like an IPv4 address, with a port or without, and is none.
fn is_broken_address(value: &str, name: &str) -> bool {
    let host = value.rsplit_once(':').map_or(value, |(host, _)| host);
    let parts: Vec<_> = host.split('.').collect();
    let number = |part: &&&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = parts.iter().filter(number).count();
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    if parts.len() != 4 || !plain || parts.contains(&"") {
        return false;
    }
    let is_version = names::words(name).iter().any(|word| word == "version");
    match numbers {
        4 => !is_version && values::address(host).is_none(),
        3 => !parts.first().is_some_and(|first| number(&first)),
        _ => false,
    }
}

/// Whether a text is a URL of which nothing stands behind the scheme and one slash.
fn is_broken_url(value: &str) -> bool {
    let remote = |scheme: &str| ["http", "https", "hdfs", "ftp", "s3a"].contains(&scheme);
    values::scheme(value)
        .is_some_and(|(scheme, rest)| rest == "/" || (remote(scheme) && !rest.starts_with("//")))
}

/// What is wrong with a value that should be this.
pub(super) fn against(
    system: System,
    setting: &Setting,
    expected: &Expectation,
) -> Option<Complaint> {
    let value = setting.value.trim();
    if value.is_empty() || value.contains("${") || is_expression(system, value) {
        return None;
    }
    match &expected.wanted {
        Wanted::Anything => None,
        Wanted::Boolean => boolean(system, setting, value, expected),
        Wanted::Number => number(setting, value),
        Wanted::Port => port(system, setting, value),
        Wanted::Permission => permission(system, setting, value),
        Wanted::Constant => constant(setting, value),
        Wanted::Choice(words) => choice(system, setting, value, words),
    }
}

/// Whether a value of a Django setting is computed, so that nothing can be said about it.
fn is_expression(system: System, value: &str) -> bool {
    let named = |c: char| c.is_ascii_uppercase() || c == '_';
    system == System::Django
        && (value.contains(['(', '{', '+']) || value.contains(" if ") || value.starts_with(named))
        && !matches!(value, "True" | "False" | "None")
}

fn boolean(
    system: System,
    setting: &Setting,
    value: &str,
    expected: &Expectation,
) -> Option<Complaint> {
    let accepted = system.truth(value).is_some();
    // Where it is not documented, another system's words may be right.
    let lenient = expected.source != Source::Documented && values::boolean(value).is_some();
    let (yes, no) = system.booleans();
    let words = [yes, no].map(|words| words.first().copied().unwrap_or_default());
    (!accepted && !lenient).then(|| {
        let message = format!(
            "`{}` is `{value}`, but must be `{}` or `{}`",
            setting.name, words[0], words[1]
        );
        Complaint::new(&rules::TYPE, message, "not a boolean")
    })
}

/// Words that stand for a number.
const WORDS_FOR_NUMBERS: &[&str] = &[
    "auto",
    "default",
    "disabled",
    "infinite",
    "infinity",
    "max",
    "never",
    "no",
    "none",
    "null",
    "off",
    "unlimited",
];

fn number(setting: &Setting, value: &str) -> Option<Complaint> {
    let name = &setting.name;
    let word = |text: &str| WORDS_FOR_NUMBERS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let numeric = |text: &str| values::kinds(text).iter().any(|kind| kind.is_numeric());
    // Of several values, some may be names: `normal 0 0 0`.
    let several = values::parts(value).nth(1).is_some() && values::parts(value).any(numeric);
    if word(value) || numeric(value) || is_arithmetic(value) || several {
        return too_wide(setting, value);
    }
    if let Some((_, unit)) = values::quantity(value) {
        let message = format!("`{name}` is `{value}`, but there is no unit `{unit}`");
        return Some(Complaint::new(&rules::TYPE, message, "unknown unit"));
    }
    let message = format!("`{name}` is `{value}`, but must be a number");
    Some(Complaint::new(&rules::TYPE, message, "not a number"))
}

/// A whole number without a unit that no 32-bit integer holds. Sizes may be as large: what is
/// named so, or is a round number in powers of two, or the largest number of 64 bits.
fn too_wide(setting: &Setting, value: &str) -> Option<Complaint> {
    let number = values::integer(value)?;
    let fits = (i128::from(i32::MIN)..=i128::from(i32::MAX)).contains(&number);
    let round =
        number % 1024 == 0 || (number + 1).count_ones() == 1 || number == i128::from(i64::MAX);
    (!fits && !round && !names::is_wide(&setting.name)).then(|| {
        let message = format!("`{}` is `{value}`, more than 32 bits can hold", setting.name);
        Complaint::new(&rules::RANGE, message, "larger than 2147483647")
            .help("write at most 2147483647, or a size with its unit")
    })
}

/// A port, or a host with one; PostgreSQL and its kin know no port below 0.
fn port(system: System, setting: &Setting, value: &str) -> Option<Complaint> {
    let off = system == System::Hbase && setting.name.contains(".info.port") && value == "-1";
    let none = value.eq_ignore_ascii_case("none");
    let every = values::parts(value).all(|part| {
        let last = part.rsplit_once(':').map_or(part, |(_, port)| port);
        values::port(last).is_some()
    });
    (!every && !off && !none).then(|| {
        let message = format!("`{}` is `{value}`, but must be a port", setting.name);
        let rule = if values::integer(value).is_some() { &rules::RANGE } else { &rules::TYPE };
        Complaint::new(rule, message, "not a number from 0 to 65535")
    })
}

fn permission(system: System, setting: &Setting, value: &str) -> Option<Complaint> {
    // These two read a number without a 0 before it as decimal: 511 is 0777.
    let decimal = match system {
        System::Postgresql if !value.starts_with('0') => Some(0o777),
        System::Django if !value.starts_with("0o") => Some(0o7777),
        _ => None,
    };
    let fits = if let Some(most) = decimal {
        values::integer(value).is_some_and(|number| (0..=most).contains(&number))
    } else {
        let symbolic = value.contains('=') && value.contains(['u', 'g', 'o', 'a']);
        let short = value.len() < 3 && value.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        values::permission(value).is_some() || symbolic || short
    };
    let none = value.eq_ignore_ascii_case("none");
    (!fits && !none).then(|| {
        let message = format!("`{}` is `{value}`, but must be an octal permission", setting.name);
        let rule = if values::integer(value).is_some() { &rules::RANGE } else { &rules::TYPE };
        Complaint::new(rule, message, "not three or four digits from 0 to 7")
    })
}

fn constant(setting: &Setting, value: &str) -> Option<Complaint> {
    let word = values::is_word(value) && value.chars().all(|c| c.is_ascii_lowercase());
    word.then(|| {
        let name = &setting.name;
        let message = format!("`{name}` is `{value}`, but is a word in capitals elsewhere");
        Complaint::new(&rules::CHOICE, message, "not in capitals")
    })
}

fn choice(system: System, setting: &Setting, value: &str, words: &[String]) -> Option<Complaint> {
    let fits = |text: &str| {
        words.iter().any(|word| match word.as_str() {
            "@class" => values::is_class_name(text),
            "@number" => text.starts_with(|c: char| c.is_ascii_digit()),
            word if word.ends_with(':') => text.starts_with(word),
            word => word.eq_ignore_ascii_case(text),
        })
    };
    let text = value.trim_matches(['\'', '"']);
    let truth =
        system.truth(text).is_some() && words.iter().any(|word| system.truth(word).is_some());
    let unknown = values::parts(text).find(|part| !fits(part));
    if fits(text) || truth || unknown.is_none() {
        return None;
    }
    let plain: Vec<_> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('@')).collect();
    let known = plain.join("`, `");
    let message = format!("`{}` is `{value}`, but must be one of `{known}`", setting.name);
    let complaint = Complaint::new(&rules::CHOICE, message, "not one of them");
    Some(match nearest(text, plain) {
        Some(near) => complaint.help(format!("did you mean `{near}`?")),
        None => complaint,
    })
}

/// Whether a value is a calculation with numbers, as Python's settings have: `60 * 60 * 24`.
pub(super) fn is_arithmetic(value: &str) -> bool {
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let operator = value.contains(['*', '+', '/', '-']);
    digits && operator && value.chars().all(|c| c.is_ascii_digit() || " *+-/().,_".contains(c))
}

#[cfg(test)]
mod tests;
