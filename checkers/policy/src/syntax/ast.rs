//! The syntax tree of an expression.

use seatrial_core::Span;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Ast {
    /// What it is.
    pub kind: AstKind,
    /// Its bytes in the expression's text.
    pub at: Span,
    /// Height of the tree below and including it.
    pub(crate) height: u16,
}

/// What a part of an expression is. Macros are calls here.
#[derive(Debug, Clone, PartialEq)]
pub enum AstKind {
    /// A literal.
    Literal(Literal),
    /// A name.
    Ident(Box<str>),
    /// `operand.field`, or `operand.?field`.
    Select {
        /// What it selects from.
        operand: Box<Ast>,
        /// The field as it is written.
        field: Box<str>,
        /// Whether it is `.?`.
        optional: bool,
    },
    /// `operand[index]`, or `operand[?index]`.
    Index {
        /// What it looks into.
        operand: Box<Ast>,
        /// The position or the key.
        index: Box<Ast>,
        /// Whether it is `[?`.
        optional: bool,
    },
    /// `target.name(args)`, or `name(args)`.
    Call {
        /// What stands before the dot.
        target: Option<Box<Ast>>,
        /// The function or the macro.
        name: Box<str>,
        /// What stands in the brackets.
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
    /// An operator before its operand.
    Unary(UnaryOperator, Box<Ast>),
    /// An operator between its operands.
    Binary(BinaryOperator, Box<[Ast; 2]>),
}

/// A literal value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating-point number.
    Double(f64),
    /// A string.
    String(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
}

/// An operator before its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
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
    pub const fn symbol(self) -> &'static str {
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
