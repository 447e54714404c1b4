//! Compiled expressions: names resolved, macros recognised, literal patterns checked.

use seatrial_core::Span;

use crate::library::{Function, RegexCache};
use crate::syntax::{BinaryOperator, Literal};

/// A compiled expression. Shared by all objects and threads.
#[derive(Debug)]
pub struct Program {
    pub(crate) text: Box<str>,
    pub(crate) root: Expr,
    pub(crate) regexes: RegexCache,
    /// The variables of the policy that it reads, by their index.
    pub(crate) variables: Vec<usize>,
    /// The inputs that it reads.
    pub(crate) inputs: Vec<Input>,
}

impl Program {
    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What an expression may read besides its own variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Input {
    Object,
    OldObject,
    Request,
    Params,
    NamespaceObject,
    Authorizer,
    OwnSelf,
    OldSelf,
    /// A value that the user of a [`crate::Formula`] gives a name.
    Named(&'static str),
}

impl Input {
    /// The name in an expression.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::OldObject => "oldObject",
            Self::Request => "request",
            Self::Params => "params",
            Self::NamespaceObject => "namespaceObject",
            Self::Authorizer => "authorizer",
            Self::OwnSelf => "self",
            Self::OldSelf => "oldSelf",
            Self::Named(name) => name,
        }
    }
}

/// A part of a compiled expression.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// Its bytes in the expression's text.
    pub(crate) at: Span,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Literal(Literal),
    /// The name of a type.
    Type(&'static str),
    Input(Input),
    /// `variables.<name>`, by the variable's index.
    Variable(usize),
    /// A variable of a macro, by its place on the stack.
    Local(usize),
    Select {
        operand: Box<Expr>,
        field: Field,
        optional: bool,
    },
    /// `has(operand.field)`.
    Has {
        operand: Box<Expr>,
        field: Field,
    },
    Index {
        operand: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    /// A call; the first argument of a member function is its receiver. Several functions may have
    /// one name: the first whose types fit is meant.
    Call {
        functions: Vec<&'static Function>,
        args: Vec<Expr>,
    },
    /// Elements, each with whether it is optional.
    List(Vec<(Expr, bool)>),
    /// Keys, values, and whether the entry is optional.
    Map(Vec<(Expr, Expr, bool)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// Condition, then, else.
    Conditional(Box<[Expr; 3]>),
    Binary(BinaryOperator, Box<[Expr; 2]>),
    Macro(Box<Macro>),
}

/// A field name, and the property that it stands for if it is an escaped one.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) unescaped: Option<Box<str>>,
}

/// A macro over the elements of a list or a map, or over the value of an optional.
#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) kind: MacroKind,
    pub(crate) range: Expr,
    /// The first place on the stack that it uses; the second follows where `pairs`.
    pub(crate) slot: usize,
    /// Whether it has two variables: index and value, or key and value.
    pub(crate) pairs: bool,
    /// The condition of `map` and `transform…` with three or four arguments, or the predicate.
    pub(crate) test: Option<Expr>,
    /// What is made of each element.
    pub(crate) result: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MacroKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    /// `map` and `transformList`.
    Map,
    TransformMap,
    TransformMapEntry,
    SortBy,
    OptMap,
    OptFlatMap,
}
