//! What the rules on protocols say about themselves.

use seatrial_core::{Part, Rule, Severity};

/// The rules, by id.
pub(crate) static RULES: [&Rule; 2] = [&UNUSABLE, &VIOLATED];

/// Models that cannot be checked.
pub(super) static UNUSABLE: Rule = Rule::fixed(
    "protocol-unusable",
    Part::Protocol,
    Severity::Error,
    "a crate or a program with models of protocols that cannot be checked",
    "\
## What it checks

With `--protocols`, every entry of `protocols` in `seatrial.yaml` is a crate with a `path`, which is
built by `cargo build --release` and has one program, or a `program` that is there. The program is
asked for its models (`list`) and to check each (`check NAME`). Reported is what cannot be built, does
not start, takes too long, or answers in another form.

## Why it matters

A model that is not checked says nothing.

## What to do

Run the command by hand: `cargo run --release -- list`. A program whose `main` passes the commands of
`seatrial_explore::commands` on answers in the right form.",
);

/// A model of which a property does not hold.
pub(super) static VIOLATED: Rule = Rule::fixed(
    "protocol-violated",
    Part::Protocol,
    Severity::Error,
    "a model of a protocol in which a property does not hold",
    "\
## What it checks

With `--protocols`, the models of the crates and programs that `protocols` in `seatrial.yaml` names are
checked at their default bounds; with `--changed-since REF`, only those of which a module has changed,
that module modelled finely and the others coarsely. Reported is a property that does not hold, with the
steps that lead there. The engine has taken each step again before it reports them.

## Why it matters

What the model does, the protocol may do.

## What to do

Read the steps. `check NAME --trace-format mermaid` of the same program draws them, `explore NAME` walks
through them.

## Known limits

Only what is within the bounds of the model is explored; what a limit of time or of states cuts is
undecided, by name. The code of the repository runs, so that this part runs only if the command line
asks for it.",
);
