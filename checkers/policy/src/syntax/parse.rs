//! Tokens to a syntax tree: the grammar of CEL (cel-spec, doc/langdef.md).

use seatrial_core::Span;

use super::lex::{Token, TokenKind, tokens};
use super::literal::magnitude;
use super::{Ast, AstKind, BinaryOperator, Literal, UnaryOperator};
use super::{MAX_EXPRESSION_HEIGHT, MAX_EXPRESSION_LENGTH};

/// Why a text is no expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The bytes of the text that are wrong.
    pub at: Span,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
}

/// Words that are no names of variables or functions; after a dot they name fields.
pub(crate) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// An operator between two operands.
#[derive(Clone, Copy)]
enum Operator {
    Or,
    And,
    Binary(BinaryOperator),
}

impl Operator {
    /// How tightly it binds.
    const fn level(self) -> u8 {
        use BinaryOperator as B;
        match self {
            Self::Or => 0,
            Self::And => 1,
            Self::Binary(B::Add | B::Subtract) => 3,
            Self::Binary(B::Multiply | B::Divide | B::Modulo) => 4,
            Self::Binary(_) => 2,
        }
    }

    /// The operation; operands of one chain of `&&` or `||` stand side by side, so that it may be
    /// of any length.
    fn of(self, left: Ast, right: Ast) -> Ast {
        let at = left.at.to(right.at);
        let below = right.height.saturating_add(1);
        let above = left.height.saturating_add(1).max(below);
        let in_chain = left.height.max(below);
        let (kind, height) = match (self, left.kind) {
            (Self::Or, AstKind::Or(parts)) => (AstKind::Or(with(parts, right)), in_chain),
            (Self::And, AstKind::And(parts)) => (AstKind::And(with(parts, right)), in_chain),
            (operator, kind) => {
                let left = Ast { kind, ..left };
                let kind = match operator {
                    Self::Or => AstKind::Or(vec![left, right]),
                    Self::And => AstKind::And(vec![left, right]),
                    Self::Binary(operator) => AstKind::Binary(operator, Box::new([left, right])),
                };
                (kind, above)
            }
        };
        Ast { kind, at, height }
    }
}

/// A chain with one more operand.
fn with(mut parts: Vec<Ast>, last: Ast) -> Vec<Ast> {
    parts.push(last);
    parts
}

type Parsed = Result<Ast, SyntaxError>;

/// Reads an expression.
pub fn parse(text: &str) -> Result<Ast, SyntaxError> {
    if text.len() > MAX_EXPRESSION_LENGTH {
        let message = format!("the expression is longer than {MAX_EXPRESSION_LENGTH} bytes");
        return Err(SyntaxError { at: Span::new(0, 0), message });
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, depth: 0 };
    let ast = parser.expression()?;
    match parser.peek() {
        TokenKind::End => Ok(ast),
        _ => Err(parser.unexpected("the end of the expression")),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    depth: u16,
}

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        self.tokens.first().map_or(&TokenKind::End, |token| &token.kind)
    }

    /// Where the next token stands.
    fn here(&self) -> Span {
        self.tokens.first().map(|token| token.at).unwrap_or_default()
    }

    fn skip(&mut self) {
        // The end stays, so that there is always a token to look at.
        if self.tokens.len() > 1 {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Symbol(found) if *found == symbol);
        if found {
            self.skip();
        }
        found
    }

    /// Takes a symbol that has to come now, and returns its place.
    fn expect(&mut self, symbol: &str) -> Result<Span, SyntaxError> {
        let at = self.here();
        if self.eat(symbol) { Ok(at) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let found = match self.peek() {
            TokenKind::Ident(name) | TokenKind::QuotedIdent(name) => format!("`{name}`"),
            TokenKind::Integer(digits) => format!("`{digits}`"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::Literal(_) => "a literal".to_owned(),
            TokenKind::End => "the end".to_owned(),
        };
        SyntaxError { at: self.here(), message: format!("expected {wanted}, found {found}") }
    }

    fn too_high(at: Span) -> SyntaxError {
        let message = format!("the expression nests deeper than {MAX_EXPRESSION_HEIGHT} levels");
        SyntaxError { at, message }
    }

    fn node(kind: AstKind, at: Span) -> Parsed {
        let height = kind.height();
        if height > MAX_EXPRESSION_HEIGHT {
            return Err(Self::too_high(at));
        }
        Ok(Ast { kind, at, height })
    }

    /// `operation ('?' operation ':' expression)?`
    fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_EXPRESSION_HEIGHT {
            return Err(Self::too_high(self.here()));
        }
        let condition = self.operation(0)?;
        let result = if self.eat("?") {
            let then = self.operation(0)?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            let at = condition.at.to(otherwise.at);
            Self::node(AstKind::Conditional(Box::new([condition, then, otherwise])), at)
        } else {
            Ok(condition)
        };
        self.depth -= 1;
        result
    }

    /// Operands with operators that bind at least as tightly as `level` between them; operators of
    /// one level associate to the left.
    fn operation(&mut self, level: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|operator| operator.level() >= level) {
            self.skip();
            let right = self.operation(operator.level() + 1)?;
            left = operator.of(left, right);
            if left.height > MAX_EXPRESSION_HEIGHT {
                return Err(Self::too_high(left.at));
            }
        }
        Ok(left)
    }

    /// The operator that comes next.
    fn operator(&self) -> Option<Operator> {
        match self.peek() {
            TokenKind::Symbol("||") => Some(Operator::Or),
            TokenKind::Symbol("&&") => Some(Operator::And),
            TokenKind::Symbol(symbol) => BinaryOperator::ALL
                .into_iter()
                .find(|operator| operator.symbol() == *symbol)
                .map(Operator::Binary),
            _ => None,
        }
    }

    /// `'!'+ member | '-'+ member | member`; pairs of signs cancel out.
    fn unary(&mut self) -> Parsed {
        let start = self.here();
        for (symbol, operator) in [("!", UnaryOperator::Not), ("-", UnaryOperator::Negate)] {
            let mut signs = 0_usize;
            while self.eat(symbol) {
                signs += 1;
            }
            if signs == 0 {
                continue;
            }
            let odd = signs % 2 == 1;
            if odd
                && operator == UnaryOperator::Negate
                && let Some(number) = self.negative(start)?
            {
                return self.members(number);
            }
            let operand = self.member()?;
            if !odd {
                return Ok(operand);
            }
            let at = start.to(operand.at);
            return Self::node(AstKind::Unary(operator, Box::new(operand)), at);
        }
        self.member()
    }

    /// A number right after a minus sign, which belongs to it (`-9223372036854775808`).
    fn negative(&mut self, start: Span) -> Result<Option<Ast>, SyntaxError> {
        let at = start.to(self.here());
        let literal = match self.peek() {
            TokenKind::Integer(digits) => {
                let value = magnitude(digits).and_then(|value| 0_i64.checked_sub_unsigned(value));
                let too_large =
                    || SyntaxError { at, message: "the number is too large".to_owned() };
                Literal::Int(value.ok_or_else(too_large)?)
            }
            TokenKind::Literal(Literal::Double(value)) => Literal::Double(-value),
            _ => return Ok(None),
        };
        self.skip();
        Self::node(AstKind::Literal(literal), at).map(Some)
    }

    fn member(&mut self) -> Parsed {
        let primary = self.primary()?;
        self.members(primary)
    }

    /// What follows a primary: fields, calls and indexes.
    fn members(&mut self, mut operand: Ast) -> Parsed {
        loop {
            let start = operand.at;
            if self.eat(".") {
                let optional = self.eat("?");
                let (name, quoted, at) = self.field()?;
                let call = !optional && !quoted && self.eat("(");
                let operand_box = Box::new(operand);
                operand = if call {
                    let (args, end) = self.arguments()?;
                    let kind = AstKind::Call { target: Some(operand_box), name, args };
                    Self::node(kind, start.to(end))?
                } else {
                    let kind = AstKind::Select { operand: operand_box, field: name, optional };
                    Self::node(kind, start.to(at))?
                };
            } else if self.eat("[") {
                let optional = self.eat("?");
                let index = Box::new(self.expression()?);
                let end = self.expect("]")?;
                let kind = AstKind::Index { operand: Box::new(operand), index, optional };
                operand = Self::node(kind, start.to(end))?;
            } else if let Some(name) = self.message_name(&operand) {
                let end = self.skip_braces()?;
                operand = Self::node(AstKind::Message(name), start.to(end))?;
            } else {
                return Ok(operand);
            }
        }
    }

    fn field(&mut self) -> Result<(Box<str>, bool, Span), SyntaxError> {
        let at = self.here();
        let (name, quoted) = match self.peek() {
            TokenKind::Ident(name) => (name.clone(), false),
            TokenKind::QuotedIdent(name) => (name.clone(), true),
            _ => return Err(self.unexpected("a field name")),
        };
        self.skip();
        Ok((name, quoted, at))
    }

    /// The name of a message type, if `Name{` stands here.
    fn message_name(&self, operand: &Ast) -> Option<Box<str>> {
        fn name(ast: &Ast) -> Option<String> {
            match &ast.kind {
                AstKind::Ident(name) => Some(name.to_string()),
                AstKind::Select { operand, field, optional: false } => {
                    Some(format!("{}.{field}", name(operand)?))
                }
                _ => None,
            }
        }
        matches!(self.peek(), TokenKind::Symbol("{")).then(|| name(operand))?.map(Into::into)
    }

    /// Skips the fields of a message: no message type is known, which is said when compiling.
    fn skip_braces(&mut self) -> Result<Span, SyntaxError> {
        let mut open = 0_usize;
        loop {
            let at = self.here();
            match self.peek() {
                TokenKind::Symbol("{") => open += 1,
                TokenKind::Symbol("}") => open = open.saturating_sub(1),
                TokenKind::End => return Err(self.unexpected("`}`")),
                _ => {}
            }
            self.skip();
            if open == 0 {
                return Ok(at);
            }
        }
    }

    /// Arguments up to and including the closing bracket, and its place.
    fn arguments(&mut self) -> Result<(Vec<Ast>, Span), SyntaxError> {
        let mut args = Vec::new();
        let end = self.here();
        if self.eat(")") {
            return Ok((args, end));
        }
        loop {
            args.push(self.expression()?);
            let end = self.here();
            if self.eat(")") {
                return Ok((args, end));
            }
            self.expect(",")?;
        }
    }

    fn primary(&mut self) -> Parsed {
        let at = self.here();
        match self.peek().clone() {
            TokenKind::Literal(literal) => {
                self.skip();
                Self::node(AstKind::Literal(literal), at)
            }
            TokenKind::Integer(digits) => {
                let value = magnitude(&digits).and_then(|value| i64::try_from(value).ok());
                let too_large =
                    || SyntaxError { at, message: "the number is too large".to_owned() };
                let literal = Literal::Int(value.ok_or_else(too_large)?);
                self.skip();
                Self::node(AstKind::Literal(literal), at)
            }
            TokenKind::Symbol("(") => {
                self.skip();
                let mut inner = self.expression()?;
                inner.at = at.to(self.expect(")")?);
                Ok(inner)
            }
            TokenKind::Symbol("[") => self.list(),
            TokenKind::Symbol("{") => self.map(),
            TokenKind::Symbol(".") => {
                self.skip();
                self.name(at)
            }
            TokenKind::Ident(_) => self.name(at),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// An identifier or a call of a function.
    fn name(&mut self, start: Span) -> Parsed {
        let at = start.to(self.here());
        let TokenKind::Ident(name) = self.peek().clone() else {
            return Err(self.unexpected("a name"));
        };
        if RESERVED.contains(&&*name) {
            return Err(SyntaxError { at, message: format!("`{name}` is a reserved word") });
        }
        self.skip();
        if self.eat("(") {
            let (args, end) = self.arguments()?;
            return Self::node(AstKind::Call { target: None, name, args }, at.to(end));
        }
        Self::node(AstKind::Ident(name), at)
    }

    fn list(&mut self) -> Parsed {
        let start = self.expect("[")?;
        let mut items = Vec::new();
        loop {
            let end = self.here();
            if self.eat("]") {
                return Self::node(AstKind::List(items), start.to(end));
            }
            let optional = self.eat("?");
            items.push((self.expression()?, optional));
            let end = self.here();
            if !self.eat(",") {
                self.expect("]")?;
                return Self::node(AstKind::List(items), start.to(end));
            }
        }
    }

    fn map(&mut self) -> Parsed {
        let start = self.expect("{")?;
        let mut entries = Vec::new();
        loop {
            let end = self.here();
            if self.eat("}") {
                return Self::node(AstKind::Map(entries), start.to(end));
            }
            let optional = self.eat("?");
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?, optional));
            let end = self.here();
            if !self.eat(",") {
                self.expect("}")?;
                return Self::node(AstKind::Map(entries), start.to(end));
            }
        }
    }
}
