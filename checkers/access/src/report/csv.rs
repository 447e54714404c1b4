//! A comparison as a table.

use super::words::{NEW, place, replay};
use super::{Comparison, words};
use crate::Source;

/// One line a region: change, kind, what it covers, the witness, how to replay it, and the rules.
pub fn csv(comparison: &Comparison) -> String {
    let header = ["change", "kind", "who", "what", "witness", "replay", "old_rule", "new_rule"];
    let mut text = row(&header.map(str::to_owned));
    for region in &comparison.regions {
        let mut lines = words::lines(region).into_iter();
        let (_, who) = lines.next().unwrap_or_default();
        let what: Vec<_> = lines.map(|(heading, line)| format!("{heading} {line}")).collect();
        text += &row(&[
            region.change.to_string(),
            region.kind.to_string(),
            who,
            what.join(" "),
            region.witness.to_string(),
            replay(&region.witness, NEW).unwrap_or_default(),
            places(&region.old),
            places(&region.new),
        ]);
    }
    text
}

fn places(sources: &[Source]) -> String {
    let places: Vec<_> = sources.iter().map(place).collect();
    places.join("; ")
}

/// A line of fields as RFC 4180 writes it, but with a bare line break at its end.
pub(super) fn row(fields: &[String]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| escaped(field)).collect();
    fields.join(",") + "\n"
}

fn escaped(field: &str) -> String {
    // What begins like a formula is one to a spreadsheet.
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    if formula || field.contains(['"', ',', '\n', '\r']) {
        return format!("\"{guard}{}\"", field.replace('"', "\"\""));
    }
    field.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_have_to_be() {
        let fields = ["plain", "a, b", "say \"a\"", "=1+1"].map(str::to_owned);
        assert_eq!(row(&fields), "plain,\"a, b\",\"say \"\"a\"\"\",\"'=1+1\"\n");
    }
}
