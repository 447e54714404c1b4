//! Trees and places of expressions.

use super::*;

/// Writes a tree with all its brackets.
fn shown(ast: &Ast) -> String {
    let all = |parts: &[Ast], by: &str| parts.iter().map(shown).collect::<Vec<_>>().join(by);
    match &ast.kind {
        AstKind::Literal(Literal::Int(value)) => value.to_string(),
        AstKind::Literal(literal) => format!("{literal:?}"),
        AstKind::Ident(name) => name.to_string(),
        AstKind::Select { operand, field, optional } => {
            format!("{}.{}{field}", shown(operand), if *optional { "?" } else { "" })
        }
        AstKind::Index { operand, index, optional } => {
            format!("{}[{}{}]", shown(operand), if *optional { "?" } else { "" }, shown(index))
        }
        AstKind::Call { target, name, args } => {
            let target = target.as_ref().map_or(String::new(), |target| shown(target) + ".");
            format!("{target}{name}({})", all(args, ", "))
        }
        AstKind::And(parts) => format!("({})", all(parts, " && ")),
        AstKind::Or(parts) => format!("({})", all(parts, " || ")),
        AstKind::Conditional(parts) => {
            let [condition, then, otherwise] = &**parts;
            format!("({} ? {} : {})", shown(condition), shown(then), shown(otherwise))
        }
        AstKind::Unary(UnaryOperator::Not, operand) => format!("!{}", shown(operand)),
        AstKind::Unary(UnaryOperator::Negate, operand) => format!("-{}", shown(operand)),
        AstKind::Binary(operator, parts) => {
            let [left, right] = &**parts;
            format!("({} {} {})", shown(left), operator.symbol(), shown(right))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_cel_says() {
    for (text, expected) in [
        ("a || b && c", "(a || (b && c))"),
        ("a && b && c || d", "((a && b && c) || d)"),
        ("a == b && c != d", "((a == b) && (c != d))"),
        ("a < b == c", "((a < b) == c)"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("-a.b", "-a.b"),
        ("!a.b(c)", "!a.b(c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a in b || c", "((a in b) || c)"),
        ("a.b[c].?d[?e]", "a.b[c].?d[?e]"),
        ("(a || b) && c", "((a || b) && c)"),
        ("-1 - -2", "(-1 - -2)"),
        ("--a", "a"),
        ("a.`x-y`.namespace", "a.x-y.namespace"),
        (".a.b", "a.b"),
    ] {
        assert_eq!(parse(text).map(|ast| shown(&ast)).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn every_part_knows_its_place() {
    let text = "é.f(1, [x]) && (a.b == 'ü')";
    let text = text.replace('é', "e");
    let ast = parse(&text).unwrap();
    let at = |ast: &Ast| text[ast.at.start as usize..ast.at.end as usize].to_owned();
    assert_eq!(at(&ast), text);
    let AstKind::And(parts) = &ast.kind else { panic!("{ast:?}") };
    assert_eq!(parts.iter().map(at).collect::<Vec<_>>(), ["e.f(1, [x])", "(a.b == 'ü')"]);
    let AstKind::Call { target, args, .. } = &parts[0].kind else { panic!("{ast:?}") };
    assert_eq!(target.as_deref().map(at).as_deref(), Some("e"));
    assert_eq!(args.iter().map(at).collect::<Vec<_>>(), ["1", "[x]"]);
}

#[test]
fn an_error_is_placed_at_what_was_not_expected() {
    for (text, found) in
        [("a == ", ""), ("a b", "b"), ("f(a,)", ")"), ("[1, &]", "&"), ("a.1", ".1")]
    {
        let at = parse(text).unwrap_err().at;
        assert_eq!(&text[at.start as usize..at.end as usize], found, "{text}");
    }
}
