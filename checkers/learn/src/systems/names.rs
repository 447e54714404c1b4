//! What the words of a parameter's name mean in any system.

use super::Wanted;

/// The words of a name in lower case: at dots, dashes, underscores and changes of letter case.
///
/// `yarn.scheduler.minimum-allocation-mb` has five, `clientPortAddress` three. Placeholders between
/// brackets have none.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut placeholder = false;
    for character in name.chars() {
        placeholder = (placeholder || character == '[') && character != ']';
        if placeholder {
            continue;
        }
        let begins = character.is_uppercase() && before.is_lowercase();
        if (begins || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Last words of names that are switched on and off.
const SWITCHES: &[&str] = &["allowed", "disable", "disabled", "enable", "enabled"];

/// Last words of names that are counted or measured.
const MEASURES: &[&str] = &[
    "age",
    "attempts",
    "backlog",
    "bandwidth",
    "blocksize",
    "bytes",
    "capacity",
    "cells",
    "count",
    "delay",
    "depth",
    "duration",
    "entries",
    "factor",
    "hours",
    "interval",
    "length",
    "levels",
    "limit",
    "max",
    "mb",
    "millis",
    "milliseconds",
    "min",
    "mins",
    "minutes",
    "ms",
    "msec",
    "multiplier",
    "number",
    "percent",
    "percentage",
    "period",
    "priority",
    "quota",
    "ratio",
    "replication",
    "retries",
    "sec",
    "seconds",
    "secs",
    "size",
    "sleep",
    "threads",
    "threshold",
    "time",
    "timeout",
    "ttl",
    "vcores",
    "watermark",
    "weight",
    "window",
];

/// Ends of last words that are written together: `msginterval`, `maxsize`.
const MEASURED: &[&str] = &["interval", "size", "threads", "timeout"];

/// Words that make a name one of a measure wherever they stand.
const COUNTS: &[&str] = &["max", "maximum", "num", "number"];

/// Words that speak against a measure, wherever they stand: what is named is a thing.
const THINGS: &[&str] =
    &["class", "format", "impl", "policy", "provider", "source", "type", "unit", "version", "zone"];

/// Last words of names whose values are permissions.
const PERMISSIONS: &[&str] =
    &["perm", "permissions", "perms", "socketperm", "umask", "unixsocketperm"];

/// What a name alone says about the value, with the word that says it.
pub fn meaning(name: &str) -> Option<(Wanted, String)> {
    let words = words(name);
    let last = words.last()?.as_str();
    let before = words.len().checked_sub(2).and_then(|at| words.get(at)).map(String::as_str);
    let is = |wanted| Some((wanted, last.to_owned()));
    if words.first().is_some_and(|first| first == "enable" || first == "use") {
        return is(Wanted::Boolean);
    }
    if last == "port"
        || (last.ends_with("port") && ["leader", "peer"].iter().any(|w| last.starts_with(w)))
    {
        return is(Wanted::Port);
    }
    if PERMISSIONS.contains(&last) || (last == "mode" && before == Some("umask")) {
        return is(Wanted::Permission);
    }
    let thing = words.iter().any(|word| THINGS.contains(&word.as_str()));
    let counted = words.iter().any(|word| COUNTS.contains(&word.as_str()));
    if SWITCHES.contains(&last) && !counted {
        return is(Wanted::Boolean);
    }
    let measured = MEASURES.contains(&last) || MEASURED.iter().any(|end| last.ends_with(end));
    if (measured || counted) && !thing {
        return is(Wanted::Number);
    }
    None
}

/// Words that make a number one of bytes, which may well exceed 32 bits.
const BYTES: &[&str] = &[
    "bandwidth",
    "blocksize",
    "bytes",
    "filesize",
    "lifetime",
    "maxmemory",
    "memory",
    "quota",
    "reserved",
    "rowsize",
    "space",
    "throttle",
];

/// Whether a name speaks of bytes or of another quantity that is counted in 64 bits, in no larger
/// unit.
pub fn is_wide(name: &str) -> bool {
    let words = words(name);
    let any = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    let plain = unit(name).is_none_or(|unit| unit.to_bits() == 1.0_f64.to_bits());
    any(BYTES) && plain && !any(&["checksum", "percent", "sec", "secs", "seconds"])
}

/// Pairs of words of which the first names the smaller of two parameters.
const ORDERED: &[(&str, &str)] = &[
    ("base", "max"),
    ("initial", "max"),
    ("low", "high"),
    ("lower", "higher"),
    ("lower", "upper"),
    ("min", "max"),
    ("minimum", "maximum"),
];

/// The names, in words, of the parameters that a parameter must not exceed, judged by its name.
pub fn not_above(name: &[String]) -> Vec<Vec<String>> {
    let mut above = Vec::new();
    for (at, word) in name.iter().enumerate() {
        for (_, high) in ORDERED.iter().filter(|(low, _)| low == word) {
            let mut other = name.to_vec();
            if let Some(word) = other.get_mut(at) {
                (*high).clone_into(word);
            }
            above.push(other);
        }
    }
    above
}

/// The words that begin the names of what a switch turns on and off: all but a last `enabled`.
pub fn below_switch(name: &str) -> Vec<String> {
    let mut stem = words(name);
    if stem.last().is_some_and(|last| last == "enabled" || last == "enable") {
        stem.pop();
    }
    stem
}

/// The seconds or bytes that one of a number means, told by the name: `…interval.ms`, `…-mb`.
pub fn unit(name: &str) -> Option<f64> {
    let words = words(name);
    words.iter().rev().find_map(|word| match word.as_str() {
        "ms" | "msec" | "millis" | "milliseconds" => Some(1e-3),
        "sec" | "secs" | "seconds" => Some(1.0),
        "mins" | "minutes" => Some(60.0),
        "bytes" => Some(1.0),
        "mb" => Some(1_048_576.0),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_into_words() {
        for (name, expected) in [
            ("yarn.scheduler.minimum-allocation-mb", "yarn scheduler minimum allocation mb"),
            ("clientPortAddress", "client port address"),
            ("FILE_UPLOAD_PERMISSIONS", "file upload permissions"),
            ("ipc.[port_number].cost", "ipc cost"),
            ("", ""),
            ("...", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn names_tell_what_their_values_are() {
        for (name, expected) in [
            ("fs.ftp.host.port", Some(Wanted::Port)),
            ("clientPort", Some(Wanted::Port)),
            ("hbase.zookeeper.peerport", Some(Wanted::Port)),
            ("dfs.webhdfs.enabled", Some(Wanted::Boolean)),
            ("USE_TZ", Some(Wanted::Boolean)),
            ("fs.permissions.umask-mode", Some(Wanted::Permission)),
            ("USE_X_FORWARDED_PORT", Some(Wanted::Boolean)),
            ("max_connections", Some(Wanted::Number)),
            ("hbase.regionserver.msginterval", Some(Wanted::Number)),
            ("a.num-committed-allowed", Some(Wanted::Number)),
            ("client_min_messages", None),
            ("ipc.ping.interval", Some(Wanted::Number)),
            ("a.rpc-timeout.ms", Some(Wanted::Number)),
            ("a.log.format.max", None),
            ("clientPortAddress", None),
            ("transport", None),
            ("a.name", None),
            ("", None),
        ] {
            assert_eq!(meaning(name).map(|(wanted, _)| wanted), expected, "{name}");
        }
    }

    #[test]
    fn bytes_are_counted_in_64_bits() {
        for (name, wide) in [
            ("a.du.reserved", true),
            ("a.readahead.bytes", true),
            ("maxmemory", true),
            ("a.bytes-per-checksum", false),
            ("a.in-memory.delay-mins", false),
            ("a.reserved-memory-mb", false),
            ("a.memory.timeout-sec", false),
            ("a.threads", false),
        ] {
            assert_eq!(is_wide(name), wide, "{name}");
        }
    }

    #[test]
    fn pairs_are_found_by_their_words() {
        let above = not_above(&words("a.low.max.min-size"));
        let names: Vec<_> = above.iter().map(|words| words.join(" ")).collect();
        assert_eq!(names, ["a high max min size", "a low max max size"]);
        assert!(not_above(&words("a.minute")).is_empty());
        assert_eq!(below_switch("a.b.enabled"), ["a", "b"]);
        assert_eq!(below_switch("a.purge"), ["a", "purge"]);
    }
}
