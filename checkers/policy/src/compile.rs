//! Syntax trees to programs.

use seatrial_core::{Span, nearest};

use crate::escape::unescape;
use crate::library::{self, Function, RegexCache};
use crate::program::{Expr, Field, Input, Kind, Macro, MacroKind, Program};
use crate::syntax::{Ast, AstKind, Literal, SyntaxError, UnaryOperator, parse};
use crate::time::{Duration, Timestamp};

/// Why an expression does not compile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompileError {
    /// The part of the expression's text that is wrong, in bytes.
    pub at: Span,
    /// What is wrong, as a lower-case fragment with user text in backticks.
    pub message: String,
    /// What may have been meant.
    pub help: Option<String>,
}

impl CompileError {
    fn new(at: Span, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }
}

impl From<SyntaxError> for CompileError {
    fn from(error: SyntaxError) -> Self {
        Self::new(error.at, error.message)
    }
}

/// The names that an expression may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub(crate) inputs: &'s [Input],
    /// The policy's variables that come before the expression.
    pub(crate) variables: &'s [&'s str],
}

/// Compiles an expression.
pub(crate) fn compile(text: &str, scope: Scope<'_>) -> Result<Program, CompileError> {
    let ast = parse(text)?;
    let mut compiler = Compiler {
        scope,
        locals: Vec::new(),
        variables: Vec::new(),
        inputs: Vec::new(),
        regexes: RegexCache::default(),
    };
    let root = compiler.expr(&ast)?;
    let Compiler { mut variables, mut inputs, regexes, .. } = compiler;
    variables.sort_unstable();
    variables.dedup();
    inputs.sort_unstable();
    inputs.dedup();
    Ok(Program { text: text.into(), root, regexes, variables, inputs })
}

struct Compiler<'s> {
    scope: Scope<'s>,
    /// The variables of the macros around, innermost last.
    locals: Vec<Box<str>>,
    variables: Vec<usize>,
    inputs: Vec<Input>,
    regexes: RegexCache,
}

type Compiled<T = Expr> = Result<T, CompileError>;

impl Compiler<'_> {
    fn expr(&mut self, ast: &Ast) -> Compiled {
        Ok(Expr { kind: self.kind(ast)?, at: ast.at })
    }

    fn boxed(&mut self, ast: &Ast) -> Compiled<Box<Expr>> {
        self.expr(ast).map(Box::new)
    }

    fn all(&mut self, parts: &[Ast]) -> Compiled<Vec<Expr>> {
        parts.iter().map(|part| self.expr(part)).collect()
    }

    fn kind(&mut self, ast: &Ast) -> Compiled<Kind> {
        Ok(match &ast.kind {
            AstKind::Literal(literal) => Kind::Literal(literal.clone()),
            AstKind::Ident(name) => self.ident(name, ast.at)?,
            AstKind::Select { operand, field, optional } => {
                self.select(operand, field, *optional, ast.at)?
            }
            AstKind::Index { operand, index, optional } => Kind::Index {
                operand: self.boxed(operand)?,
                index: self.boxed(index)?,
                optional: *optional,
            },
            AstKind::Call { target, name, args } => {
                self.call(target.as_deref(), name, args, ast.at)?
            }
            AstKind::List(items) => Kind::List(
                items
                    .iter()
                    .map(|(item, optional)| Ok((self.expr(item)?, *optional)))
                    .collect::<Compiled<_>>()?,
            ),
            AstKind::Map(entries) => Kind::Map(
                entries
                    .iter()
                    .map(|(key, value, optional)| {
                        Ok((self.expr(key)?, self.expr(value)?, *optional))
                    })
                    .collect::<Compiled<_>>()?,
            ),
            AstKind::Message(name) => {
                return Err(CompileError::new(ast.at, format!("unknown type `{name}`")));
            }
            AstKind::And(parts) => Kind::And(self.all(parts)?),
            AstKind::Or(parts) => Kind::Or(self.all(parts)?),
            AstKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let parts = [self.expr(condition)?, self.expr(then)?, self.expr(otherwise)?];
                Kind::Conditional(Box::new(parts))
            }
            AstKind::Unary(UnaryOperator::Not, operand) => Kind::Not(self.boxed(operand)?),
            AstKind::Unary(UnaryOperator::Negate, operand) => Kind::Negate(self.boxed(operand)?),
            AstKind::Binary(operator, parts) => {
                let [left, right] = &**parts;
                Kind::Binary(*operator, Box::new([self.expr(left)?, self.expr(right)?]))
            }
        })
    }

    fn ident(&mut self, name: &str, at: Span) -> Compiled<Kind> {
        if let Some(slot) = self.locals.iter().rposition(|local| &**local == name) {
            return Ok(Kind::Local(slot));
        }
        if let Some(input) = self.input(name) {
            return Ok(Kind::Input(input));
        }
        if let Some(name) = library::type_named(name) {
            return Ok(Kind::Type(name));
        }
        if name == "variables" {
            let message = "`variables` is no value; a variable is read as `variables.name`";
            return Err(CompileError::new(at, message));
        }
        let mut error = CompileError::new(at, format!("undeclared reference to `{name}`"));
        let known = self.scope.inputs.iter().map(|input| input.name());
        let known = known.chain(self.locals.iter().map(|local| &**local));
        error.help = nearest(name, known).map(|known| format!("did you mean `{known}`?"));
        Err(error)
    }

    fn input(&mut self, name: &str) -> Option<Input> {
        let input = self.scope.inputs.iter().copied().find(|input| input.name() == name)?;
        self.inputs.push(input);
        Some(input)
    }

    /// Whether a name stands for a value here, so that a dot after it selects a field.
    fn is_value(&self, name: &str) -> bool {
        self.locals.iter().any(|local| &**local == name)
            || self.scope.inputs.iter().any(|input| input.name() == name)
    }

    /// The index of the variable that `variables.name` means, if the operand is `variables`.
    fn variable(&mut self, operand: &Ast, name: &str, at: Span) -> Compiled<Option<usize>> {
        let is_variables = matches!(&operand.kind, AstKind::Ident(name) if &**name == "variables");
        if !is_variables || self.is_value("variables") {
            return Ok(None);
        }
        match self.scope.variables.iter().position(|known| *known == name) {
            Some(index) => {
                self.variables.push(index);
                Ok(Some(index))
            }
            None => {
                let message = format!("undefined variable `{name}`");
                let mut error = CompileError::new(at, message);
                let known = self.scope.variables.iter().copied();
                error.help = nearest(name, known).map(|known| format!("did you mean `{known}`?"));
                Err(error)
            }
        }
    }

    fn select(&mut self, operand: &Ast, field: &str, optional: bool, at: Span) -> Compiled<Kind> {
        if let Some(index) = self.variable(operand, field, at)? {
            return Ok(Kind::Variable(index));
        }
        if let Some(path) = qualified(operand)
            && !self.is_value(root_of(&path))
            && let Some(name) = library::type_named(&format!("{path}.{field}"))
        {
            return Ok(Kind::Type(name));
        }
        Ok(Kind::Select { operand: self.boxed(operand)?, field: field_of(field), optional })
    }

    fn has(&mut self, args: &[Ast], at: Span) -> Compiled<Kind> {
        let [Ast { kind: AstKind::Select { operand, field, optional: false }, at: inner, .. }] =
            args
        else {
            return Err(CompileError::new(at, "`has` takes one field selection, as in `has(a.b)`"));
        };
        if self.variable(operand, field, *inner)?.is_some() {
            return Ok(Kind::Literal(Literal::Bool(true)));
        }
        Ok(Kind::Has { operand: self.boxed(operand)?, field: field_of(field) })
    }

    fn call(&mut self, target: Option<&Ast>, name: &str, args: &[Ast], at: Span) -> Compiled<Kind> {
        let Some(target) = target else {
            return if name == "has" { self.has(args, at) } else { self.global(name, args, at) };
        };
        if let Some(path) = qualified(target)
            && !self.is_value(root_of(&path))
            && path != "variables"
            && !path.starts_with("variables.")
        {
            return self.global(&format!("{path}.{name}"), args, at);
        }
        if let Some(kind) = self.macro_call(target, name, args)? {
            return Ok(kind);
        }
        let functions = library::find(name, true, args.len() + 1);
        if functions.is_empty() {
            return Err(unknown_function(name, true, at));
        }
        let mut parts = vec![self.expr(target)?];
        parts.extend(self.all(args)?);
        self.check_literals(name, &parts)?;
        Ok(Kind::Call { functions, args: parts })
    }

    fn global(&mut self, name: &str, args: &[Ast], at: Span) -> Compiled<Kind> {
        let functions = library::find(name, false, args.len());
        if functions.is_empty() {
            return Err(unknown_function(name, false, at));
        }
        let parts = self.all(args)?;
        self.check_literals(name, &parts)?;
        Ok(Kind::Call { functions, args: parts })
    }

    /// Literal patterns, durations and timestamps are checked when compiling, as the API server
    /// does.
    fn check_literals(&mut self, name: &str, args: &[Expr]) -> Compiled<()> {
        let literal = |index: usize| match args.get(index) {
            Some(Expr { kind: Kind::Literal(Literal::String(text)), at }) => Some((&**text, *at)),
            _ => None,
        };
        match name {
            "matches" | "find" | "findAll" => {
                if let Some((pattern, at)) = literal(1) {
                    let bad = |message| CompileError::new(at, message);
                    self.regexes.add_literal(pattern).map_err(bad)?;
                }
            }
            "duration" => {
                if let Some((text, at)) = literal(0)
                    && Duration::parse(text).is_none()
                {
                    return Err(CompileError::new(at, format!("`{text}` is no duration")));
                }
            }
            "timestamp" => {
                if let Some((text, at)) = literal(0)
                    && Timestamp::parse(text).is_none()
                {
                    return Err(CompileError::new(at, format!("`{text}` is no timestamp")));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A macro over a target, if the call is one.
    fn macro_call(&mut self, target: &Ast, name: &str, args: &[Ast]) -> Compiled<Option<Kind>> {
        let Some(shape) = macro_shape(name, args.len()) else { return Ok(None) };
        let (names, bodies) = args.split_at_checked(shape.variables).unwrap_or_default();
        let names = names.iter().map(simple_name).collect::<Compiled<Vec<_>>>()?;
        if let [first, second] = names.as_slice()
            && first == second
        {
            let at = args.get(1).map(|ast| ast.at).unwrap_or_default();
            return Err(CompileError::new(at, format!("`{second}` names both variables")));
        }
        let range = self.expr(target)?;
        let slot = self.locals.len();
        let pairs = names.len() == 2;
        self.locals.extend(names);
        let bodies = self.all(bodies);
        self.locals.truncate(slot);
        let mut bodies = bodies?.into_iter();
        let (test, result) = match shape.kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne | MacroKind::Filter => {
                (bodies.next(), None)
            }
            _ if bodies.len() == 2 => (bodies.next(), bodies.next()),
            _ => (None, bodies.next()),
        };
        let kind = shape.kind;
        Ok(Some(Kind::Macro(Box::new(Macro { kind, range, slot, pairs, test, result }))))
    }
}

/// What a call is as a macro.
struct MacroShape {
    kind: MacroKind,
    /// How many of its arguments name variables.
    variables: usize,
}

fn macro_shape(name: &str, args: usize) -> Option<MacroShape> {
    let (kind, variables) = match (name, args) {
        ("all", 2 | 3) => (MacroKind::All, args - 1),
        ("exists", 2 | 3) => (MacroKind::Exists, args - 1),
        ("exists_one", 2) => (MacroKind::ExistsOne, 1),
        ("existsOne", 2 | 3) => (MacroKind::ExistsOne, args - 1),
        ("filter", 2) => (MacroKind::Filter, 1),
        ("map", 2 | 3) => (MacroKind::Map, 1),
        ("transformList", 3 | 4) => (MacroKind::Map, 2),
        ("transformMap", 3 | 4) => (MacroKind::TransformMap, 2),
        ("transformMapEntry", 3 | 4) => (MacroKind::TransformMapEntry, 2),
        ("sortBy", 2) => (MacroKind::SortBy, 1),
        ("optMap", 2) => (MacroKind::OptMap, 1),
        ("optFlatMap", 2) => (MacroKind::OptFlatMap, 1),
        _ => return None,
    };
    Some(MacroShape { kind, variables })
}

fn simple_name(ast: &Ast) -> Compiled<Box<str>> {
    match &ast.kind {
        AstKind::Ident(name) => Ok(name.clone()),
        _ => Err(CompileError::new(ast.at, "a variable of a macro must be a simple name")),
    }
}

fn field_of(name: &str) -> Field {
    Field { name: name.into(), unescaped: unescape(name) }
}

/// The dotted name that an expression spells, if it does.
fn qualified(ast: &Ast) -> Option<String> {
    match &ast.kind {
        AstKind::Ident(name) => Some(name.to_string()),
        AstKind::Select { operand, field, optional: false } => {
            Some(format!("{}.{field}", qualified(operand)?))
        }
        _ => None,
    }
}

fn root_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Functions of CEL that the API server does not offer.
const NOT_OFFERED: [&str; 5] = ["cel.", "math.", "base64.", "proto.", "regex."];

fn unknown_function(name: &str, member: bool, at: Span) -> CompileError {
    if NOT_OFFERED.iter().any(|prefix| name.starts_with(prefix)) || name == "reverse" {
        let message = format!("`{name}` is not offered by the API server");
        return CompileError::new(at, message);
    }
    let same_name: Vec<&Function> = library::named(name).collect();
    if !same_name.is_empty() {
        let message = format!("found no matching overload for `{name}`: {}", usage(&same_name));
        return CompileError::new(at, message);
    }
    // `foo.bar()` on an unknown name reads best as an unknown name.
    if !member && let Some((root, _)) = name.split_once('.') {
        return CompileError::new(at, format!("undeclared reference to `{root}`"));
    }
    let mut error = CompileError::new(at, format!("undeclared reference to function `{name}`"));
    let known = library::all().map(|function| function.name);
    error.help = nearest(name, known).map(|known| format!("did you mean `{known}`?"));
    error
}

/// How a function is called: `x.f(a, b)`, `f(a)`.
fn usage(functions: &[&Function]) -> String {
    let one = |function: &&Function| {
        let letters = |count: usize| {
            (0..count)
                .map(|n| ["a", "b", "c", "d"].get(n).copied().unwrap_or("…"))
                .collect::<Vec<_>>()
        };
        if function.member {
            format!("`x.{}({})`", function.name, letters(function.args - 1).join(", "))
        } else {
            format!("`{}({})`", function.name, letters(function.args).join(", "))
        }
    };
    let mut forms: Vec<String> = functions.iter().map(one).collect();
    forms.sort();
    forms.dedup();
    format!("it is called as {}", forms.join(" or "))
}
