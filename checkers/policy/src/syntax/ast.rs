//! The syntax tree of an expression.

use seatrial_core::Span;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ast {
    pub(crate) kind: AstKind,
    /// Its bytes in the expression's text.
    pub(crate) at: Span,
    /// Height of the tree below and including it.
    pub(crate) height: u16,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AstKind {
    Literal(Literal),
    Ident(Box<str>),
    Select {
        operand: Box<Ast>,
        field: Box<str>,
        optional: bool,
    },
    Index {
        operand: Box<Ast>,
        index: Box<Ast>,
        optional: bool,
    },
    Call {
        target: Option<Box<Ast>>,
        name: Box<str>,
        args: Vec<Ast>,
    },
    /// Elements, each with whether it is optional (`[?a]`).
    List(Vec<(Ast, bool)>),
    /// Keys, values, and whether the entry is optional (`{?k: v}`).
    Map(Vec<(Ast, Ast, bool)>),
    /// A typed literal: `Name{field: value}`; only its name is kept, as no such type exists here.
    Message(Box<str>),
    /// Two or more operands.
    And(Vec<Ast>),
    /// Two or more operands.
    Or(Vec<Ast>),
    /// Condition, then, else.
    Conditional(Box<[Ast; 3]>),
    Unary(UnaryOperator, Box<Ast>),
    Binary(BinaryOperator, Box<[Ast; 2]>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Negate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

impl BinaryOperator {
    pub(crate) const ALL: [Self; 12] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Modulo,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessEqual,
        Self::Greater,
        Self::GreaterEqual,
        Self::In,
    ];

    /// The operator as it is written.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
        }
    }
}

impl AstKind {
    /// The height of a tree with this at its top.
    pub(crate) fn height(&self) -> u16 {
        let tallest = |parts: &mut dyn Iterator<Item = &Ast>| parts.map(|part| part.height).max();
        let below = match self {
            Self::Literal(_) | Self::Ident(_) | Self::Message(_) => None,
            Self::Select { operand, .. } | Self::Unary(_, operand) => Some(operand.height),
            Self::Index { operand, index, .. } => Some(operand.height.max(index.height)),
            Self::Call { target, args, .. } => {
                tallest(&mut target.as_deref().into_iter().chain(args))
            }
            Self::List(items) => tallest(&mut items.iter().map(|(item, _)| item)),
            Self::Map(entries) => {
                tallest(&mut entries.iter().flat_map(|(key, value, _)| [key, value]))
            }
            Self::And(parts) | Self::Or(parts) => tallest(&mut parts.iter()),
            Self::Conditional(parts) => tallest(&mut parts.iter()),
            Self::Binary(_, parts) => tallest(&mut parts.iter()),
        };
        below.unwrap_or(0).saturating_add(1)
    }
}
