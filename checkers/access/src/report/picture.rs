//! Pictures of who reaches whom: as input of Graphviz, and drawn here as SVG.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// An arrow of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// What stands beside it.
    pub label: String,
    /// Whether it is known to be there; others are dashed.
    pub certain: bool,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The arrows.
    pub edges: Vec<Edge>,
}

const WIDTH: usize = 260;
const HEIGHT: usize = 28;
const GAP: usize = 14;
const COLUMN: usize = 460;
const MARGIN: usize = 20;
/// As many characters of a name fit into a box.
const LETTERS: usize = 34;

impl Graph {
    /// The picture as Graphviz reads it.
    pub fn dot(&self) -> String {
        let edges = self.edges.iter().map(|edge| {
            let style = if edge.certain { "" } else { ", style=dashed" };
            let (from, to, label) = (quoted(&edge.from), quoted(&edge.to), quoted(&edge.label));
            format!("  {from} -> {to} [label={label}{style}];\n")
        });
        let edges: String = edges.collect();
        format!("digraph access {{\n  rankdir=LR;\n  node [shape=box];\n{edges}}}\n")
    }

    /// The picture as SVG: sources in the left column, destinations in the right one.
    pub fn svg(&self) -> String {
        let column = |names: BTreeSet<&str>, at: usize| -> BTreeMap<String, (usize, usize)> {
            let rows = names.into_iter().enumerate();
            rows.map(|(row, name)| {
                (name.to_owned(), (MARGIN + at * COLUMN, MARGIN + row * (HEIGHT + GAP)))
            })
            .collect()
        };
        let sources = column(self.edges.iter().map(|edge| &*edge.from).collect(), 0);
        let destinations = column(self.edges.iter().map(|edge| &*edge.to).collect(), 1);
        let rows = sources.len().max(destinations.len()).max(1);
        let (width, height) = (2 * MARGIN + COLUMN + WIDTH, 2 * MARGIN + rows * (HEIGHT + GAP));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\"/></marker></defs>\n"
        );
        for edge in &self.edges {
            let ends = sources.get(&edge.from).zip(destinations.get(&edge.to));
            if let Some((&from, &to)) = ends {
                arrow(&mut svg, edge, from, to);
            }
        }
        for (name, &(x, y)) in sources.iter().chain(&destinations) {
            let _ = writeln!(
                svg,
                "<g><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" \
                 height=\"{HEIGHT}\" rx=\"4\" fill=\"#f4f6f8\" stroke=\"#51606e\"/><text \
                 x=\"{tx}\" y=\"{ty}\">{shown}</text></g>",
                title = escaped(name),
                shown = escaped(&shortened(name)),
                tx = x + 8,
                ty = y + 18,
            );
        }
        svg + "</svg>\n"
    }
}

fn arrow(svg: &mut String, edge: &Edge, from: (usize, usize), to: (usize, usize)) {
    let dashes = if edge.certain { "" } else { " stroke-dasharray=\"5 4\"" };
    let (x1, y1, x2, y2) = (from.0 + WIDTH, from.1 + HEIGHT / 2, to.0, to.1 + HEIGHT / 2);
    let middle = usize::midpoint(x1, x2);
    let _ = writeln!(
        svg,
        "<g><title>{title}</title><path d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\" \
         fill=\"none\" stroke=\"#2b6cb0\"{dashes} marker-end=\"url(#tip)\"/></g>",
        title = escaped(&format!("{} to {}: {}", edge.from, edge.to, edge.label)),
    );
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// A text in quotes, as Graphviz reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// A text as XML takes it; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let kept = text.chars().filter(|&c| c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}');
    kept.map(|c| match c {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_break_a_picture() {
        let edge = Edge {
            from: "a\"<b>\u{1}".to_owned(),
            to: "c\\".to_owned(),
            label: "TCP 1".to_owned(),
            certain: false,
        };
        let graph = Graph { edges: vec![edge] };
        assert!(graph.dot().contains(r#""a\"<b>"#), "{}", graph.dot());
        let svg = graph.svg();
        assert!(svg.contains("<title>a&quot;&lt;b&gt;</title>") && !svg.contains('\u{1}'), "{svg}");
        assert!(svg.contains("stroke-dasharray"));
    }
}
