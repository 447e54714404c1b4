//! What the drill says of manifests whose answers are known.

mod cases;
mod grains;
mod kinds;
mod spread;
mod stated;
mod verdicts;
mod walks;
