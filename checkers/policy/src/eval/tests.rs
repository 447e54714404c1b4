//! Expressions and their values, in the manner of CEL's conformance tests.

mod laws;
mod libraries;

use seatrial_parse::{Node, yaml};

use super::{EXPRESSION_COST_LIMIT, Inputs, evaluate};
use crate::compile::{Scope, compile};
use crate::error::{Evaluated, Failure};
use crate::program::{Input, Program};
use crate::value::{Plain, Value};

struct Fixed<'a> {
    object: &'a Node,
}

impl<'a> Inputs<'a> for Fixed<'a> {
    fn input(&self, input: Input) -> Evaluated<Value<'a>> {
        match input {
            Input::Object => Ok(Value::Node(self.object)),
            Input::OldObject => Ok(Value::Null),
            _ => Err(Failure::undecided("nobody knows")),
        }
    }

    fn variable(&self, _: usize, _: u32) -> Evaluated<Value<'a>> {
        Err(Failure::error("no variables"))
    }

    fn program(&self, _: usize) -> Option<&'a Program> {
        None
    }

    fn absent(&self, _: &'a Node, _: &str) -> Option<Value<'a>> {
        None
    }
}

const SCOPE: Scope<'static> =
    Scope { inputs: &[Input::Object, Input::OldObject, Input::Authorizer], variables: &[] };

const OBJECT: &str = "
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/name: web, tier: front}
spec:
  replicas: 3
  ratio: 0.5
  whole: 2.0
  nothing: null
  containers:
  - {name: a, image: 'nginx:1', ports: [80, 443]}
  - {name: b, image: redis, securityContext: {privileged: true}}
  __odd: 1
  in: 2
  x-y: 3
";

/// Writes a value as text that tells its type.
fn shown(value: &Value<'_>) -> String {
    match value.plain() {
        Plain::Null => "null".to_owned(),
        Plain::Bool(value) => value.to_string(),
        Plain::Int(value) => value.to_string(),
        Plain::UInt(value) => format!("{value}u"),
        Plain::Double(value) => format!("{value:?}"),
        Plain::Str(text) => format!("'{text}'"),
        Plain::Bytes(bytes) => format!("b{bytes:?}"),
        Plain::List(items) => {
            format!("[{}]", items.iter().map(|item| shown(&item)).collect::<Vec<_>>().join(", "))
        }
        Plain::Map(map) => {
            let entry =
                |(key, value): &(Value<'_>, Value<'_>)| format!("{}: {}", shown(key), shown(value));
            format!("{{{}}}", map.entries().iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Plain::Duration(value) => value.to_string(),
        Plain::Timestamp(value) => value.to_string(),
        Plain::Type(name) => name.to_owned(),
        Plain::Optional(None) => "none".to_owned(),
        Plain::Optional(Some(value)) => format!("some({})", shown(value)),
        Plain::Opaque(value) => value.type_name().to_owned(),
    }
}

/// The value of an expression, or `error: …`, `undecided: …`, `wrong: …` (does not compile).
fn value_of(text: &str) -> String {
    let object = yaml(OBJECT).documents.remove(0).root;
    let program = match compile(text, SCOPE) {
        Ok(program) => program,
        Err(error) => return format!("wrong: {}", error.message),
    };
    match evaluate(&program, &Fixed { object: &object }, 0).0 {
        Ok(value) => shown(&value),
        Err(Failure::Error(message)) => format!("error: {message}"),
        Err(Failure::Undecided(reason)) => format!("undecided: {reason}"),
        Err(Failure::OutOfBudget) => "out of budget".to_owned(),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(&value_of(text), expected, "{text}");
    }
}

#[test]
fn literals() {
    check(&[
        ("1", "1"),
        ("-1", "-1"),
        ("0x1F", "31"),
        ("-0x10", "-16"),
        ("7u", "7u"),
        ("0xFu", "15u"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("-2.5e-1", "-0.25"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("18446744073709551615u", "18446744073709551615u"),
        ("'a\"b'", "'a\"b'"),
        (r#""\x41\u00e9\U0001F600\101\n""#, "'A\u{e9}\u{1F600}A\n'"),
        (r"r'\d+'", r"'\d+'"),
        ("'''a\n'b'\nc'''", "'a\n'b'\nc'"),
        (r"b'a\xffé'", "b[97, 255, 195, 169]"),
        ("true", "true"),
        ("null", "null"),
        ("[1, 'a', [true]]", "[1, 'a', [true]]"),
        ("[1, 2,]", "[1, 2]"),
        ("{'b': 1, 'a': 2}", "{'a': 2, 'b': 1}"),
        ("{1: 'x', true: 'y'}", "{true: 'y', 1: 'x'}"),
        ("{'a': 1}.a // a comment", "1"),
    ]);
}

#[test]
fn arithmetic_checks_types_and_overflow() {
    check(&[
        ("1 + 2 * 3 - 4", "3"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7u % 4u", "3u"),
        ("1.0 / 0.0", "inf"),
        ("1 / 0", "error: division by zero"),
        ("1 % 0", "error: modulus by zero"),
        ("9223372036854775807 + 1", "error: integer overflow"),
        ("-9223372036854775808 - 1", "error: integer overflow"),
        ("-9223372036854775808 / -1", "error: integer overflow"),
        ("-(-9223372036854775808)", "error: integer overflow"),
        ("0u - 1u", "error: unsigned integer overflow"),
        ("1 + 1.0", "error: no such overload"),
        ("1 + 1u", "error: no such overload"),
        ("'a' + 1", "error: no such overload"),
        ("'a' + 'b'", "'ab'"),
        ("b'a' + b'b'", "b[97, 98]"),
        ("[1] + ['a']", "[1, 'a']"),
        ("--1", "1"),
        ("!!true", "true"),
        ("-'a'", "error: no such overload"),
    ]);
}

#[test]
fn numbers_of_different_types_compare_by_value() {
    check(&[
        ("3 == 3.0", "true"),
        ("3u == 3", "true"),
        ("3 != 3.5", "true"),
        ("1 < 1.5", "true"),
        ("2u >= 1.5", "true"),
        ("-1 < 0u", "true"),
        ("9007199254740993 == 9007199254740992.0", "false"),
        ("9223372036854775807 < 9223372036854775808.0", "true"),
        ("0.0 / 0.0 == 0.0 / 0.0", "false"),
        ("0.0 / 0.0 < 1.0", "false"),
        ("3 in [1.0, 3.0]", "true"),
        ("{3: 'x'}[3.0]", "'x'"),
        ("object.spec.replicas == 3.0", "true"),
        ("object.spec.whole == 2", "true"),
        ("object.spec.ratio < 1", "true"),
    ]);
}

#[test]
fn equality_is_defined_for_all_types_and_order_for_some() {
    check(&[
        ("1 == 'a'", "false"),
        ("null == null", "true"),
        ("null == 0", "false"),
        ("[1, 2] == [1.0, 2u]", "true"),
        ("{'a': [1]} == {'a': [1.0]}", "true"),
        ("{'a': 1} == {'b': 1}", "false"),
        ("'a' < 'b'", "true"),
        ("false < true", "true"),
        ("b'a' < b'b'", "true"),
        ("1 < 'a'", "error: no such overload"),
        ("[1] < [2]", "error: no such overload"),
        ("type(1) == int", "true"),
        ("type(object.spec) == map", "true"),
        ("type(timestamp('2026-01-01T00:00:00Z')) == google.protobuf.Timestamp", "true"),
        ("'a' in ['a', 1]", "true"),
        ("'tier' in object.metadata.labels", "true"),
        ("'x' in object.metadata.labels", "false"),
        ("1 in 2", "error: no such overload"),
    ]);
}

#[test]
fn logic_absorbs_errors_where_an_operand_decides() {
    check(&[
        ("true || 1 / 0 == 0", "true"),
        ("1 / 0 == 0 || true", "true"),
        ("false && 1 / 0 == 0", "false"),
        ("1 / 0 == 0 && false", "false"),
        ("1 / 0 == 0 && true", "error: division by zero"),
        ("1 / 0 == 0 || false", "error: division by zero"),
        ("1 && false", "false"),
        ("1 && true", "error: no such overload"),
        ("true ? 1 : 1 / 0", "1"),
        ("false ? 1 / 0 : 2", "2"),
        ("1 / 0 == 0 ? 1 : 2", "error: division by zero"),
        ("1 ? 1 : 2", "error: no such overload"),
        ("true ? 1 : false ? 2 : 3", "1"),
        ("[1, 2].exists(x, x / 0 == 1 || x == 2)", "true"),
        ("[0, 1].exists(x, 1 / x == 1)", "true"),
        ("[0, 2].exists(x, 1 / x == 1)", "error: division by zero"),
        ("[0, 2].all(x, 1 / x == 1)", "false"),
        ("[0, 1].all(x, 1 / x == 1)", "error: division by zero"),
    ]);
}

#[test]
fn the_undecided_is_absorbed_like_an_error_and_wins_over_one() {
    check(&[
        ("authorizer.group('').resource('pods').check('get').allowed()", "undecided: nobody knows"),
        ("authorizer.path('/x').check('get').allowed() || true", "true"),
        ("false && authorizer.path('/x').check('get').allowed()", "false"),
        ("authorizer.path('/x').check('get').allowed() && true", "undecided: nobody knows"),
        (
            "1 / 0 == 0 || authorizer.requestResource.check('x').allowed()",
            "undecided: nobody knows",
        ),
        (
            "authorizer.requestResource.check('x').allowed() && 1 / 0 == 0",
            "undecided: nobody knows",
        ),
        ("[1, 2].all(x, x == 3 && authorizer.path('/').check('get').allowed())", "false"),
        ("[1, 2].all(x, authorizer.path('/').check('get').allowed())", "undecided: nobody knows"),
    ]);
}

#[test]
fn fields_and_indexes() {
    check(&[
        ("object.metadata.namespace", "'shop'"),
        ("object.metadata.__namespace__", "'shop'"),
        ("object.metadata['namespace']", "'shop'"),
        ("object.metadata.labels['app.kubernetes.io/name']", "'web'"),
        ("object.metadata.labels.app__dot__kubernetes__dot__io__slash__name", "'web'"),
        ("object.metadata.labels.`app.kubernetes.io/name`", "'web'"),
        ("object.spec.__in__", "2"),
        ("object.spec.x__dash__y", "3"),
        ("object.spec.__odd", "1"),
        ("object.spec.missing", "error: no such key: missing"),
        ("object.spec['missing']", "error: no such key: missing"),
        ("object.spec.replicas.x", "error: no such key: x"),
        ("oldObject.spec", "error: no such key: spec"),
        ("has(object.spec.replicas)", "true"),
        ("has(object.spec.missing)", "false"),
        ("has(object.spec.nothing)", "false"),
        ("has(object.missing.x)", "error: no such key: missing"),
        ("has({'a': null}.a)", "true"),
        ("[1, 2][1]", "2"),
        ("[1, 2][1u]", "2"),
        ("[1, 2][2]", "error: index out of bounds: 2"),
        ("[1, 2][-1]", "error: index out of bounds: -1"),
        ("[1, 2]['a']", "error: unsupported index type `string` in list"),
        ("{'a': 1}['b']", "error: no such key: b"),
        ("'abc'[0]", "error: no such overload"),
        ("object.spec.containers[0].ports[1]", "443"),
        ("{1: 'a', 1u: 'b'}", "error: duplicate key `1`"),
        ("{1.5: 'a'}", "error: unsupported key type"),
    ]);
}

#[test]
fn optional_values() {
    check(&[
        ("object.?spec.?replicas", "some(3)"),
        ("object.?spec.?missing", "none"),
        ("object.?missing.deeper.still", "none"),
        ("object.?spec.replicas", "some(3)"),
        ("object.spec.containers[?0].name", "some('a')"),
        ("object.spec.containers[?9]", "none"),
        ("object.?spec.?containers[0].name.orValue('x')", "'a'"),
        ("object.metadata.labels[?'app.kubernetes.io/name'].orValue('x')", "'web'"),
        ("object.?spec.?missing.orValue(7)", "7"),
        ("object.?spec.?missing.or(optional.of(1)).value()", "1"),
        ("object.?spec.?missing.hasValue()", "false"),
        ("optional.none().value()", "error: optional.none() dereference"),
        ("optional.ofNonZeroValue('')", "none"),
        ("optional.ofNonZeroValue(1)", "some(1)"),
        ("optional.of(2).optMap(x, x * 2)", "some(4)"),
        ("optional.none().optMap(x, x * 2)", "none"),
        ("optional.of({'a': 1}).optFlatMap(m, m.?a)", "some(1)"),
        ("optional.of(1).optFlatMap(x, x)", "error: no such overload"),
        ("[?object.?spec.?replicas, ?object.?spec.?missing, 4]", "[3, 4]"),
        ("{?'a': object.?spec.?missing, ?'b': optional.of(1)}", "{'b': 1}"),
        ("[optional.of(1), optional.none()].unwrapOpt()", "[1]"),
        ("optional.unwrap([optional.none(), optional.of(2)])", "[2]"),
        ("has(object.?spec.replicas)", "true"),
        ("optional.of(1) == optional.of(1.0)", "true"),
        ("optional.none() == optional.none()", "true"),
        ("1.orValue(2)", "error: no such overload"),
    ]);
}

#[test]
fn macros_with_one_variable() {
    check(&[
        ("[1, 2, 3].all(x, x > 0)", "true"),
        ("[].all(x, false)", "true"),
        ("[1, 2].exists(x, x == 2)", "true"),
        ("[].exists(x, true)", "false"),
        ("[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("[1, 2].existsOne(x, x == 2)", "true"),
        ("[0].exists_one(x, 1 / x == 1)", "error: division by zero"),
        ("[1, 2, 3].filter(x, x % 2 == 1)", "[1, 3]"),
        ("[1, 2].map(x, x * x)", "[1, 4]"),
        ("[1, 2, 3].map(x, x > 1, x * 10)", "[20, 30]"),
        ("{'a': 1, 'b': 2}.map(k, k)", "['a', 'b']"),
        ("{'a': 1}.all(k, k == 'a')", "true"),
        ("object.metadata.labels.exists(k, k.startsWith('app.'))", "true"),
        ("[[1], [2]].map(x, x.map(y, y + x[0]))", "[[2], [4]]"),
        ("[1].all(x, [2].all(x, x == 2) && x == 1)", "true"),
        ("'abc'.all(x, true)", "error: no such overload"),
        ("object.spec.containers.map(c, c.name)", "['a', 'b']"),
        ("[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"),
        ("[1, 'a'].sortBy(x, x)", "error: list elements must be comparable and of one type"),
        ("[1].all(x.y, true)", "wrong: a variable of a macro must be a simple name"),
    ]);
}

#[test]
fn macros_with_two_variables() {
    check(&[
        ("[1, 2].all(i, v, v == i + 1)", "true"),
        ("{'a': 1}.all(k, v, k == 'a' && v == 1)", "true"),
        ("[5, 6].exists(i, v, i == 1 && v == 6)", "true"),
        ("[5, 6].existsOne(i, v, v > 4)", "false"),
        ("[5, 6].transformList(i, v, i * 10 + v)", "[5, 16]"),
        ("[5, 6].transformList(i, v, i > 0, v)", "[6]"),
        ("{'a': 1, 'b': 2}.transformList(k, v, k)", "['a', 'b']"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v * 2)", "{'a': 2, 'b': 4}"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, k == 'b', v)", "{'b': 2}"),
        ("['x', 'y'].transformMap(i, v, v)", "{0: 'x', 1: 'y'}"),
        ("{'a': 'x'}.transformMapEntry(k, v, {v: k})", "{'x': 'a'}"),
        (
            "['x', 'x'].transformMapEntry(i, v, {v: i})",
            "error: insert failed: key x already exists",
        ),
        ("[1].all(v, v, true)", "wrong: `v` names both variables"),
        ("object.metadata.labels.exists(k, v, k == 'tier' && v == 'front')", "true"),
    ]);
}

#[test]
fn what_does_not_compile() {
    check(&[
        ("objekt.spec", "wrong: undeclared reference to `objekt`"),
        ("object.spec.foo(1)", "wrong: undeclared reference to function `foo`"),
        ("foo(1)", "wrong: undeclared reference to function `foo`"),
        (
            "size(1, 2)",
            "wrong: found no matching overload for `size`: it is called as `size(a)` or `x.size()`",
        ),
        ("math.greatest(1, 2)", "wrong: `math.greatest` is not offered by the API server"),
        ("cel.bind(x, 1, x)", "wrong: `cel.bind` is not offered by the API server"),
        ("base64.encode(b'a')", "wrong: `base64.encode` is not offered by the API server"),
        ("variables.x", "wrong: undefined variable `x`"),
        ("variables", "wrong: `variables` is no value; a variable is read as `variables.name`"),
        ("Foo{a: 1}", "wrong: unknown type `Foo`"),
        ("has(object)", "wrong: `has` takes one field selection, as in `has(a.b)`"),
        ("namespace", "wrong: `namespace` is a reserved word"),
        ("1 +", "wrong: expected an expression, found the end"),
        ("(1", "wrong: expected `)`, found the end"),
        ("1 2", "wrong: expected the end of the expression, found `2`"),
        ("object.", "wrong: expected a field name, found the end"),
        ("'abc", "wrong: the string is not closed"),
        ("'a\nb'", "wrong: the string is not closed on its line"),
        (r"'\q'", r"wrong: `\q` is no escape"),
        (r"'\ud800'", r"wrong: `\ud800` is no character"),
        ("9223372036854775808", "wrong: the number is too large"),
        ("a = b", "wrong: expected the end of the expression, found `=`"),
        ("#", "wrong: `#` has no meaning here"),
        ("", "wrong: expected an expression, found the end"),
    ]);
}

#[test]
fn a_wrong_name_has_its_place_and_a_suggestion() {
    let error = compile("object.a == 1 &&\n objct.b == 2", SCOPE).unwrap_err();
    assert_eq!((error.at.start, error.at.end), (18, 23));
    assert_eq!(error.help.as_deref(), Some("did you mean `object`?"));
}

#[test]
fn evaluation_ends_when_the_budget_is_used_up() {
    let numbers = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    let runaway = |levels: usize| {
        let inner = (0..levels)
            .fold("true".to_owned(), |body, level| format!("{numbers}.all(x{level}, {body})"));
        value_of(&inner)
    };
    assert_eq!(runaway(2), "true");
    assert_eq!(runaway(9), "out of budget");
    check(&[
        ("lists.range(100000000)", "out of budget"),
        ("[1, 2].map(x, lists.range(600000)).size()", "out of budget"),
        // What decides otherwise does not absorb it.
        ("true || lists.range(100000000).size() > 0", "true"),
        ("lists.range(100000000).size() > 0 || true", "out of budget"),
        ("lists.range(100000000).all(x, false) || true", "out of budget"),
    ]);
    assert_eq!(EXPRESSION_COST_LIMIT, 1_000_000);
}

#[test]
fn shared_elements_cannot_make_comparison_run_away() {
    // Each level doubles what has to be walked, at the price of one short list.
    let doubled = (0..40).fold("[0]".to_owned(), |list, level| {
        format!("[{list}].map(v{level}, [v{level}, v{level}])")
    });
    assert_eq!(value_of(&format!("{doubled} == {doubled}")), "out of budget");
}

#[test]
fn deep_and_long_expressions_are_refused_and_do_not_overflow_the_stack() {
    let deep = [
        format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("1{}", " + 1".repeat(20_000)),
        format!("object{}", ".a".repeat(20_000)),
        format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
        "true ? 1 : ".repeat(5_000) + "1",
        format!("{}1", "-(".repeat(5_000)),
    ];
    for text in deep {
        assert!(value_of(&text).starts_with("wrong: "), "{}", &text[..20]);
    }
    // Chains of one logical operator are flat, however long.
    assert_eq!(value_of("true && ".repeat(5_000).trim_end_matches("&& ")), "true");
    // The highest allowed trees fit the stack of a small thread.
    for (text, value) in [
        (format!("1{}", " + 1".repeat(118)), "119"),
        (format!("{}1{}", "(".repeat(119), ")".repeat(119)), "1"),
        (format!("{}true{}", "[1].all(x, ".repeat(115), ")".repeat(115)), "true"),
        (format!("{}1{}.size()", "[".repeat(115), "]".repeat(115)), "1"),
        ("true ? 1 : ".repeat(115) + "1", "1"),
    ] {
        let small = std::thread::Builder::new().stack_size(2 << 20);
        assert_eq!(small.spawn(move || value_of(&text)).unwrap().join().unwrap(), value);
    }
}
