//! Why a part of an expression has the value it has.

use crate::error::{Evaluated, Failure};
use crate::eval::{Inputs, Machine, elements};
use crate::program::{Expr, Kind, Macro, MacroKind, Program};
use crate::value::{Fields, Items, Plain, Value};

use seatrial_core::Span;

use super::{Evidence, Read};

/// How much evidence is collected; what one reads of it is far less.
const MAX_EVIDENCE: usize = 1_000;

/// How deeply questions may nest, variables within variables included; what lies deeper is not
/// explained.
const MAX_DEPTH: u32 = 130;

/// Why a program is false.
pub(crate) fn explain_false<'a>(
    program: &'a Program,
    inputs: &dyn Inputs<'a>,
) -> Vec<Evidence<'a>> {
    run(program, inputs, |explainer| explainer.explain(&program.root, false))
}

/// Where a program fails.
pub(crate) fn explain_failure<'a>(
    program: &'a Program,
    inputs: &dyn Inputs<'a>,
) -> Vec<Evidence<'a>> {
    run(program, inputs, |explainer| explainer.failure(&program.root))
}

/// Collects evidence until it is all there, or the budget is used up.
fn run<'m, 'a>(
    program: &'a Program,
    inputs: &'m dyn Inputs<'a>,
    ask: impl FnOnce(&mut Explainer<'m, 'a>) -> Evaluated<()>,
) -> Vec<Evidence<'a>> {
    let machine = Machine { program, inputs, locals: Vec::new(), cost: 0, depth: 0 };
    let mut explainer = Explainer { machine, evidence: Vec::new(), fault: 0, faults: 0, depth: 0 };
    // What was found before the budget ran out is still true.
    let _ = ask(&mut explainer);
    explainer.evidence
}

struct Explainer<'m, 'a> {
    machine: Machine<'m, 'a>,
    evidence: Vec<Evidence<'a>>,
    /// The fault that evidence belongs to now, and how many there are.
    fault: usize,
    faults: usize,
    /// How deeply questions nest.
    depth: u32,
}

impl<'m, 'a> Explainer<'m, 'a> {
    fn add(&mut self, read: Read<'a>) {
        if self.evidence.len() < MAX_EVIDENCE {
            self.evidence.push((self.fault, read));
        }
    }

    /// Asks about an element that offends by itself: what is found is a fault of its own.
    fn as_fault(&mut self, ask: impl FnOnce(&mut Self) -> Evaluated<()>) -> Evaluated<()> {
        let around = self.fault;
        self.faults += 1;
        self.fault = self.faults;
        let result = ask(self);
        self.fault = around;
        result
    }

    /// Evaluates a part; only running out of budget ends the explanation.
    fn value(&mut self, expr: &'a Expr) -> Evaluated<Option<Value<'a>>> {
        match self.machine.eval(expr) {
            Ok(value) => Ok(Some(value)),
            Err(Failure::OutOfBudget) => Err(Failure::OutOfBudget),
            Err(_) => Ok(None),
        }
    }

    fn truth(&mut self, expr: &'a Expr) -> Evaluated<Option<bool>> {
        Ok(self.value(expr)?.and_then(|value| value.as_bool()))
    }

    /// Whether asking found anything.
    fn found(&mut self, ask: impl FnOnce(&mut Self) -> Evaluated<()>) -> Evaluated<bool> {
        let before = self.evidence.len();
        ask(self)?;
        Ok(self.evidence.len() > before)
    }

    /// Why a part is true, or why it is false.
    fn explain(&mut self, expr: &'a Expr, truth: bool) -> Evaluated<()> {
        self.deeper(|this| this.explain_kind(expr, truth))
    }

    /// Asks one level deeper.
    fn deeper(&mut self, ask: impl FnOnce(&mut Self) -> Evaluated<()>) -> Evaluated<()> {
        if self.depth >= MAX_DEPTH {
            return Ok(());
        }
        self.depth += 1;
        let result = ask(self);
        self.depth -= 1;
        result
    }

    fn explain_kind(&mut self, expr: &'a Expr, truth: bool) -> Evaluated<()> {
        match &expr.kind {
            Kind::And(parts) => self.explain_parts(parts, truth, !truth),
            Kind::Or(parts) => self.explain_parts(parts, truth, truth),
            Kind::Not(operand) => self.explain(operand, !truth),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let Some(taken) = self.truth(condition)? else { return Ok(()) };
                let branch = if taken { then } else { otherwise };
                if !self.found(|this| this.explain(branch, truth))? {
                    self.explain(condition, taken)?;
                }
                Ok(())
            }
            Kind::Variable(index) => {
                self.within_variable(*index, |inner, root| inner.explain(root, truth))
            }
            Kind::Macro(macro_) => match macro_.kind {
                // That all elements are so, or that none is, is no fault of any one of them.
                MacroKind::All if truth => self.explain_unanimous(macro_, true),
                MacroKind::Exists if !truth => self.explain_unanimous(macro_, false),
                MacroKind::All | MacroKind::Exists => self.explain_elements(macro_, truth),
                // One too many are as guilty as each other; if there is none, the range is.
                MacroKind::ExistsOne => self.explain_elements(macro_, true),
                _ => self.sources(expr),
            },
            _ => self.sources(expr),
        }
    }

    /// Why `&&` or `||` is what it is: because of one operand (those that alone decide), or
    /// because of all.
    fn explain_parts(&mut self, parts: &'a [Expr], truth: bool, decided: bool) -> Evaluated<()> {
        for part in parts {
            if !decided || self.truth(part)? == Some(truth) {
                self.explain(part, truth)?;
            }
        }
        Ok(())
    }

    /// Why a macro over elements is what it is: because of each that its condition is so for.
    fn explain_elements(&mut self, macro_: &'a Macro, wanted: bool) -> Evaluated<()> {
        let Some(test) = &macro_.test else { return Ok(()) };
        let found = self.found(|this| {
            this.for_elements(macro_, |this, element| {
                if this.truth(test)? != Some(wanted) {
                    return Ok(());
                }
                this.as_fault(|this| {
                    if !this.found(|this| this.explain(test, wanted))? {
                        this.add_value(element);
                    }
                    Ok(())
                })
            })
        })?;
        if found { Ok(()) } else { self.sources(&macro_.range) }
    }

    /// Why the condition of a macro is the same for all elements: because of what else it reads,
    /// such as the name that none of them has; else because of the range.
    fn explain_unanimous(&mut self, macro_: &'a Macro, wanted: bool) -> Evaluated<()> {
        let Some(test) = &macro_.test else { return Ok(()) };
        let before = self.evidence.len();
        self.for_elements(macro_, |this, element| {
            let own = this.evidence.len();
            this.explain(test, wanted)?;
            if let Some(element) = element.node() {
                let around = |inner: Span| {
                    element.span.start <= inner.start && inner.end <= element.span.end
                };
                let mut index = 0;
                this.evidence.retain(|(_, read)| {
                    index += 1;
                    index <= own || !read.span().is_some_and(around)
                });
            }
            Ok(())
        })?;
        if self.evidence.len() > before { Ok(()) } else { self.sources(&macro_.range) }
    }

    /// Does something for each element of a macro's range, with its variables bound.
    fn for_elements(
        &mut self,
        macro_: &'a Macro,
        mut each: impl FnMut(&mut Self, &Value<'a>) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let Some(range) = self.value(&macro_.range)? else { return Ok(()) };
        let Ok(elements) = elements(macro_, &range) else { return Ok(()) };
        for element in elements {
            self.machine.charge(1)?;
            let item = element.1.clone();
            self.machine.bind(macro_, element);
            each(self, &item)?;
            self.machine.unbind(macro_);
        }
        Ok(())
    }

    /// Asks within the program of a variable.
    fn within_variable(
        &mut self,
        index: usize,
        ask: impl FnOnce(&mut Explainer<'m, 'a>, &'a Expr) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let Some(program) = self.machine.inputs.program(index) else { return Ok(()) };
        let machine = Machine {
            program,
            inputs: self.machine.inputs,
            locals: Vec::new(),
            cost: self.machine.cost,
            depth: self.machine.depth + 1,
        };
        let evidence = std::mem::take(&mut self.evidence);
        let (fault, faults) = (self.fault, self.faults);
        let mut inner = Explainer { machine, evidence, fault, faults, depth: self.depth };
        let result = ask(&mut inner, &program.root);
        self.machine.cost = inner.machine.cost;
        self.evidence = inner.evidence;
        self.faults = inner.faults;
        result
    }

    /// The places that a value comes from.
    fn add_value(&mut self, value: &Value<'a>) {
        match value {
            Value::Node(node) => self.add(Read::At(node)),
            Value::Str(text) => self.add(Read::Key(text)),
            Value::Optional(Some(inner)) => self.add_value(inner),
            _ => match value.plain() {
                Plain::List(Items::Values(items)) => {
                    for item in items {
                        self.add_value(item);
                    }
                }
                Plain::List(Items::Typed(..)) | Plain::Map(Fields::Typed(..)) => {
                    if let Some(node) = value.node() {
                        self.add(Read::At(node));
                    }
                }
                Plain::Map(Fields::Values(map)) => {
                    for (_, value) in map.iter() {
                        self.add_value(value);
                    }
                }
                _ => {}
            },
        }
    }

    /// What was read to get the value of a part.
    fn sources(&mut self, expr: &'a Expr) -> Evaluated<()> {
        self.deeper(|this| this.sources_of_kind(expr))
    }

    fn sources_of_kind(&mut self, expr: &'a Expr) -> Evaluated<()> {
        match &expr.kind {
            Kind::Literal(_) | Kind::Type(_) => Ok(()),
            Kind::Input(_) | Kind::Local(_) => {
                if let Some(value) = self.value(expr)? {
                    self.add_value(&value);
                }
                Ok(())
            }
            Kind::Variable(index) => {
                let value = self.value(expr)?;
                let found = self.found(|this| {
                    if let Some(value) = &value {
                        this.add_value(value);
                    }
                    Ok(())
                })?;
                let index = *index;
                if found {
                    return Ok(());
                }
                self.within_variable(index, Explainer::sources)
            }
            Kind::Select { operand, .. } | Kind::Index { operand, .. } => {
                self.access_sources(expr, operand)
            }
            Kind::Has { operand, field } => {
                self.field_sources(operand, &field.name, field.unescaped.as_deref())
            }
            Kind::Call { args, .. } => args.iter().try_for_each(|arg| self.sources(arg)),
            Kind::List(items) => items.iter().try_for_each(|(item, _)| self.sources(item)),
            Kind::Map(entries) => entries.iter().try_for_each(|(_, value, _)| self.sources(value)),
            Kind::Negate(operand) => self.sources(operand),
            Kind::Binary(_, parts) => parts.iter().try_for_each(|part| self.sources(part)),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let Some(taken) = self.truth(condition)? else { return Ok(()) };
                let branch = if taken { then } else { otherwise };
                if !self.found(|this| this.sources(branch))? {
                    self.explain(condition, taken)?;
                }
                Ok(())
            }
            Kind::And(_) | Kind::Or(_) | Kind::Not(_) => match self.truth(expr)? {
                Some(truth) => self.explain(expr, truth),
                None => Ok(()),
            },
            Kind::Macro(macro_) => self.macro_sources(expr, macro_),
        }
    }

    fn macro_sources(&mut self, expr: &'a Expr, macro_: &'a Macro) -> Evaluated<()> {
        match macro_.kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne => match self.truth(expr)? {
                Some(truth) => self.explain(expr, truth),
                None => Ok(()),
            },
            MacroKind::SortBy => self.sources(&macro_.range),
            MacroKind::OptMap | MacroKind::OptFlatMap => {
                let range = self.value(&macro_.range)?;
                let inner = range.as_ref().and_then(|range| match range.plain() {
                    Plain::Optional(Some(inner)) => Some(inner.clone()),
                    _ => None,
                });
                let (Some(inner), Some(result)) = (inner, &macro_.result) else {
                    return self.sources(&macro_.range);
                };
                self.machine.bind(macro_, (Value::Null, inner));
                let found = self.found(|this| this.sources(result))?;
                self.machine.unbind(macro_);
                if found { Ok(()) } else { self.sources(&macro_.range) }
            }
            MacroKind::Filter
            | MacroKind::Map
            | MacroKind::TransformMap
            | MacroKind::TransformMapEntry => {
                let found = self.found(|this| this.kept_sources(macro_))?;
                if found { Ok(()) } else { self.sources(&macro_.range) }
            }
        }
    }

    /// What was read to keep an element: what passed it, and what was made of it.
    fn kept_sources(&mut self, macro_: &'a Macro) -> Evaluated<()> {
        self.for_elements(macro_, |this, element| {
            if let Some(test) = &macro_.test
                && this.truth(test)? != Some(true)
            {
                return Ok(());
            }
            this.as_fault(|this| {
                let found = this.found(|this| match (&macro_.result, &macro_.test) {
                    (Some(result), _) => this.sources(result),
                    (None, Some(test)) => this.explain(test, true),
                    (None, None) => Ok(()),
                })?;
                if !found {
                    this.add_value(element);
                }
                Ok(())
            })
        })
    }

    /// The node that a chain of fields and indexes leads to, or the place where it ends too early.
    fn access_sources(&mut self, expr: &'a Expr, operand: &'a Expr) -> Evaluated<()> {
        match self.value(expr)? {
            Some(Value::Optional(None)) | None => self.place(expr),
            Some(value) => {
                let found = self.found(|this| {
                    this.add_value(&value);
                    Ok(())
                })?;
                match self.value(operand)? {
                    _ if found => Ok(()),
                    // A value that its schema has converted is no longer a node.
                    Some(operand) if operand.node().is_some() => self.place(expr),
                    _ => self.sources(operand),
                }
            }
        }
    }

    /// Where a chain of fields and indexes leads to, or ends too early.
    fn place(&mut self, expr: &'a Expr) -> Evaluated<()> {
        match &expr.kind {
            Kind::Select { operand, field, .. } => {
                self.field_sources(operand, &field.name, field.unescaped.as_deref())
            }
            Kind::Index { operand, index, .. } => match self.value(index)? {
                Some(key) => {
                    if let (Plain::Int(position), Some(list)) = (key.plain(), self.value(operand)?)
                        && let Some(node) = list.node()
                        && let Some(item) =
                            usize::try_from(position).ok().and_then(|at| node.items().get(at))
                    {
                        self.add(Read::At(item));
                        return Ok(());
                    }
                    let key = key.as_str().map_or_else(|| "item".to_owned(), str::to_owned);
                    self.field_sources(operand, &key, None)
                }
                None => self.failure(index),
            },
            _ => self.sources(expr),
        }
    }

    /// The field of an operand, or the operand that lacks it, or where that one ends too early.
    fn field_sources(
        &mut self,
        operand: &'a Expr,
        field: &str,
        unescaped: Option<&str>,
    ) -> Evaluated<()> {
        let value = match self.value(operand)? {
            Some(Value::Optional(Some(inner))) => (*inner).clone(),
            Some(Value::Optional(None)) | None => return self.place(operand),
            Some(value) => value,
        };
        let Some(node) = value.node() else { return self.sources(operand) };
        let name = unescaped.filter(|name| node.get(name).is_some()).unwrap_or(field);
        match node.get(name).filter(|found| !found.is_null()) {
            Some(found) => self.add(Read::At(found)),
            None => self.add(Read::Missing(node, name.into())),
        }
        Ok(())
    }

    /// Where a part fails.
    fn failure(&mut self, expr: &'a Expr) -> Evaluated<()> {
        if self.value(expr)?.is_some() {
            return Ok(());
        }
        self.deeper(|this| this.failure_of_kind(expr))
    }

    fn failure_of_kind(&mut self, expr: &'a Expr) -> Evaluated<()> {
        match &expr.kind {
            Kind::Variable(index) => self.within_variable(*index, Explainer::failure),
            Kind::Select { operand, .. } | Kind::Index { operand, .. } => {
                if self.value(operand)?.is_none() {
                    self.failure(operand)
                } else {
                    self.place(expr)
                }
            }
            Kind::Macro(macro_) => self.macro_failure(macro_),
            kind => {
                let parts = parts_of(kind);
                let found =
                    self.found(|this| parts.iter().try_for_each(|part| this.failure(part)))?;
                if found { Ok(()) } else { parts.iter().try_for_each(|part| self.sources(part)) }
            }
        }
    }

    fn macro_failure(&mut self, macro_: &'a Macro) -> Evaluated<()> {
        if self.value(&macro_.range)?.is_none() {
            return self.failure(&macro_.range);
        }
        let found = self.found(|this| {
            this.for_elements(macro_, |this, _| {
                for body in macro_.test.iter().chain(&macro_.result) {
                    this.failure(body)?;
                }
                Ok(())
            })
        })?;
        if found { Ok(()) } else { self.sources(&macro_.range) }
    }
}

/// The operands of a part.
fn parts_of(kind: &Kind) -> Vec<&Expr> {
    match kind {
        Kind::Has { operand, .. } | Kind::Not(operand) | Kind::Negate(operand) => vec![operand],
        Kind::Call { args, .. } => args.iter().collect(),
        Kind::List(items) => items.iter().map(|(item, _)| item).collect(),
        Kind::Map(entries) => entries.iter().flat_map(|(key, value, _)| [key, value]).collect(),
        Kind::And(parts) | Kind::Or(parts) => parts.iter().collect(),
        Kind::Conditional(parts) => parts.iter().collect(),
        Kind::Binary(_, parts) => parts.iter().collect(),
        _ => Vec::new(),
    }
}
