//! Expressions over values that are no admission request: whoever evaluates one names them.

use seatrial_parse::Node;

use crate::compile::{CompileError, Scope, compile};
use crate::error::{Evaluated, Failure};
use crate::eval::{Inputs, evaluate};
use crate::program::{Input, Program};
use crate::value::Value;

/// A compiled expression that is true or false of named values.
#[derive(Debug)]
pub struct Formula(Program);

impl Formula {
    /// Compiles an expression that may read the values of these names.
    ///
    /// # Errors
    ///
    /// Why it does not compile, and at which of its bytes.
    pub fn compile(text: &str, names: &[&'static str]) -> Result<Self, CompileError> {
        let inputs: Vec<Input> = names.iter().map(|name| Input::Named(name)).collect();
        compile(text, Scope { inputs: &inputs, variables: &[] }).map(Self)
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// Whether it reads the value of a name.
    pub fn reads(&self, name: &str) -> bool {
        self.0.inputs.iter().any(|input| input.name() == name)
    }

    /// Whether it is true of these values, each a field of a map.
    ///
    /// # Errors
    ///
    /// Why it has no value, or that the value is not a truth value; never to be taken for a truth
    /// value.
    pub fn holds(&self, values: &Node) -> Result<bool, Failure> {
        let (value, _) = evaluate(&self.0, &Named(values), 0);
        value?.as_bool().ok_or_else(|| Failure::error("the expression is neither true nor false"))
    }
}

/// Values by their names.
struct Named<'a>(&'a Node);

impl<'a> Inputs<'a> for Named<'a> {
    fn input(&self, input: Input) -> Evaluated<Value<'a>> {
        let value = self.0.get(input.name()).map(Value::Node);
        value.ok_or_else(|| Failure::error(format!("there is no `{}`", input.name())))
    }

    fn variable(&self, _: usize, _: u32) -> Evaluated<Value<'a>> {
        Err(Failure::error("no such attribute"))
    }

    fn program(&self, _: usize) -> Option<&'a Program> {
        None
    }

    fn absent(&self, _: &'a Node, _: &str) -> Option<Value<'a>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["counts", "names"];

    fn holds(text: &str) -> Result<bool, String> {
        let parsed = seatrial_parse::yaml("counts: {a: 2, b: 0}\nnames: [x, y]\n");
        let formula = Formula::compile(text, NAMES).map_err(|error| error.message)?;
        formula.holds(&parsed.documents[0].root).map_err(|failure| failure.to_string())
    }

    #[test]
    fn formulas_are_true_or_false_of_named_values() {
        for (text, expected) in [
            ("counts.a == 2 && names.all(name, name != \"z\")", Ok(true)),
            ("counts[\"b\"] > 0", Ok(false)),
            ("counts.a", Err("the expression is neither true nor false")),
            ("counts.c > 0", Err("no such key: c")),
            ("counts.c > 0 || true", Ok(true)),
            ("1 / counts.b > 0", Err("division by zero")),
            ("count.a > 0", Err("undeclared reference to `count`")),
            ("counts.a >", Err("")),
        ] {
            match (holds(text), expected) {
                (Ok(value), Ok(expected)) => assert_eq!(value, expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_formula_knows_what_it_reads() {
        let formula = Formula::compile("counts.a > 0", NAMES).unwrap();
        assert!(formula.reads("counts") && !formula.reads("names"));
    }
}
