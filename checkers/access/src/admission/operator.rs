//! Operators and functions over all requests at once.

use seatrial_core::Span;
use seatrial_policy::syntax::BinaryOperator;

use super::leaf::{Leaves, Step, Type};
use super::pattern::regular;
use super::term::{Sort, Term, Terms};
use super::translate::Translator;
use super::value::{List, Union, Value};

/// How many combinations of alternatives a call is modelled for.
const MAX_COMBINATIONS: usize = 200;

impl Translator<'_> {
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Union,
        right: &Union,
        at: Span,
    ) -> Union {
        use BinaryOperator as Op;
        if operator == Op::In {
            return self.contained(left, right, at);
        }
        let (wanted_left, wanted_right) = (right.kind(), left.kind());
        self.values.hint_equal(left, right);
        let likely = |translator: &Self, union: &Union| match operator {
            Op::Equal | Op::NotEqual => None,
            _ => translator.values.likely(union, |_, _| Type::Int),
        };
        let wanted_left = wanted_left.or_else(|| likely(self, left));
        let left = self.values.forced(left, wanted_left);
        let wanted_right = wanted_right.or(left.kind()).or_else(|| likely(self, right));
        let right = self.values.forced(right, wanted_right);
        if let Op::Equal | Op::NotEqual = operator {
            return self.equality(operator == Op::Equal, &left, &right, at);
        }
        self.call(&[left, right], operator.symbol(), at, |translator, args| {
            let [a, b] = args else { return None };
            translator.binary_values(operator, a, b)
        })
    }

    /// `==` or `!=`, which never fail by themselves.
    fn equality(&mut self, wanted: bool, left: &Union, right: &Union, at: Span) -> Union {
        self.call(&[left.clone(), right.clone()], "==", at, |translator, args| {
            let [a, b] = args else { return None };
            let equal = match translator.values.equal(a, b) {
                Some(equal) => equal,
                None => translator.opaque_equality(a, b, at),
            };
            let result = if wanted { equal } else { translator.values.terms.not(equal) };
            Some(translator.values.one(Value::Bool(result)))
        })
    }

    /// Whether two values are equal that cannot be compared: the same whichever comes first.
    fn opaque_equality(&mut self, a: &Value, b: &Value, at: Span) -> Term {
        let mut keys = [format!("{a:?}"), format!("{b:?}")];
        keys.sort_unstable();
        let value = self.opaque(&format!("=={keys:?}"), at);
        let always = self.values.terms.bool(true);
        self.values.truth(&Union(vec![(always, value)])).yes
    }

    /// The result of an operator on values; `None` where that is not modelled.
    fn binary_values(&mut self, operator: BinaryOperator, a: &Value, b: &Value) -> Option<Union> {
        use BinaryOperator as Op;
        let terms = &mut self.values.terms;
        let order = match operator {
            Op::Less => Some(("<", "str.<", false)),
            Op::LessEqual => Some(("<=", "str.<=", false)),
            Op::Greater => Some(("<", "str.<", true)),
            Op::GreaterEqual => Some(("<=", "str.<=", true)),
            _ => None,
        };
        if let Some((of_ints, of_texts, turned)) = order {
            let compared = |a: Term, b: Term| if turned { vec![b, a] } else { vec![a, b] };
            let result = match (a, b) {
                (Value::Int(a), Value::Int(b)) => terms.compare(of_ints, compared(*a, *b)),
                (Value::Text(a), Value::Text(b)) => terms.test(of_texts, compared(*a, *b)),
                _ => {
                    return self.mismatch(&[a, b], |value| {
                        matches!(value, Value::Bool(_) | Value::Opaque(_))
                    });
                }
            };
            return Some(self.values.one(Value::Bool(result)));
        }
        match (operator, a, b) {
            (Op::Add, Value::Int(a), Value::Int(b)) => Some(self.within("+", *a, *b)),
            (Op::Subtract, Value::Int(a), Value::Int(b)) => Some(self.within("-", *a, *b)),
            (Op::Multiply, Value::Int(a), Value::Int(b)) => Some(self.within("*", *a, *b)),
            (Op::Divide | Op::Modulo, Value::Int(_), Value::Int(_)) => None,
            (Op::Add, Value::Text(a), Value::Text(b)) => {
                let joined = terms.call("str.++", vec![*a, *b], Sort::Text);
                Some(self.values.one(Value::Text(joined)))
            }
            (Op::Add, Value::List(a), Value::List(b)) => {
                let full = a.items.iter().all(|(guard, _)| terms.as_bool(*guard) == Some(true));
                let items = a.items.iter().chain(b.items.iter()).cloned().collect();
                Some(self.values.one(List::of(items, full && b.dense)))
            }
            _ => self.mismatch(&[a, b], |value| matches!(value, Value::Opaque(_))),
        }
    }

    /// The error of an operation on types that it does not take, unless a value is one whose
    /// meaning is not modelled.
    fn mismatch(&mut self, args: &[&Value], unmodelled: fn(&Value) -> bool) -> Option<Union> {
        if args.iter().any(|value| unmodelled(value) || matches!(value, Value::Any(_))) {
            return None;
        }
        Some(self.values.one(Value::Error))
    }

    /// The result of arithmetic, or an error where it does not fit 64 bits.
    pub(super) fn within(&mut self, operator: &'static str, a: Term, b: Term) -> Union {
        let terms = &mut self.values.terms;
        if let (Some(a), Some(b)) = (terms.as_int(a), terms.as_int(b)) {
            let result = match operator {
                "+" => a.checked_add(b),
                "-" => a.checked_sub(b),
                _ => a.checked_mul(b),
            };
            let value = result.map_or(Value::Error, |result| Value::Int(terms.int(result)));
            return self.values.one(value);
        }
        let result = terms.call(operator, vec![a, b], Sort::Int);
        let (least, most) = (terms.int(i64::MIN), terms.int(i64::MAX));
        let fits = terms.test("<=", vec![least, result, most]);
        let not = terms.not(fits);
        self.values.union(vec![(fits, Value::Int(result)), (not, Value::Error)])
    }

    /// `element in container`.
    fn contained(&mut self, element: &Union, container: &Union, at: Span) -> Union {
        let element_type = container.0.iter().find_map(|(_, value)| match value {
            Value::List(list) => list.items.iter().find_map(|(_, item)| item.kind()),
            Value::Map(_) => Some(Type::Text),
            _ => None,
        });
        let likely = self.values.likely(container, Leaves::collection);
        let container = self.values.forced(container, likely);
        for (_, value) in &container.0 {
            if let Value::List(list) = value {
                list.items.iter().for_each(|(_, item)| self.values.hint_equal(element, item));
            }
        }
        let element = self.values.forced(element, element_type);
        self.call(&[element, container], "in", at, |translator, args| {
            let [element, container] = args else { return None };
            translator.contains(element, container)
        })
    }

    fn contains(&mut self, element: &Value, container: &Value) -> Option<Union> {
        let found = match container {
            Value::List(list) => self.in_list(element, list)?,
            Value::Leaf(leaf) => {
                let Value::Text(key) = element else { return None };
                let key = self.values.terms.as_text(*key)?.to_owned();
                let child = self.values.leaves.child(*leaf, Step::Field(key.into()))?;
                Leaves::present(&mut self.values.terms, child)
            }
            Value::Map(map) => {
                let Value::Text(key) = element else { return None };
                let terms = &mut self.values.terms;
                let keys: Vec<Term> = map
                    .keys()
                    .map(|known| {
                        let known = terms.text(known);
                        terms.equal(*key, known)
                    })
                    .collect();
                terms.or(keys)
            }
            _ => return self.mismatch(&[container], |value| matches!(value, Value::Opaque(_))),
        };
        Some(self.values.one(Value::Bool(found)))
    }

    /// Whether a list has an element.
    fn in_list(&mut self, element: &Value, list: &List) -> Option<Term> {
        let element = self.values.one(element.clone());
        let mut found = Vec::new();
        for (guard, item) in list.items.iter() {
            let equal = self.values.equal_unions(&element, item)?;
            found.push(self.values.terms.and([*guard, equal]));
        }
        Some(self.values.terms.or(found))
    }

    /// A call on each combination of the arguments' alternatives: an error where an argument is
    /// one, and opaque where the function does not model it.
    pub(super) fn call(
        &mut self,
        args: &[Union],
        name: &str,
        at: Span,
        mut function: impl FnMut(&mut Self, &[Value]) -> Option<Union>,
    ) -> Union {
        let always = self.values.terms.bool(true);
        let mut combinations = vec![(always, Vec::new())];
        for arg in args {
            let mut longer = Vec::new();
            for (guard, values) in &combinations {
                for (own, value) in &arg.0 {
                    let guard = self.values.terms.and([*guard, *own]);
                    longer.push((guard, [values.as_slice(), std::slice::from_ref(value)].concat()));
                }
            }
            combinations = longer;
            if combinations.len() > MAX_COMBINATIONS {
                let value = self.opaque(&format!("{name}{args:?}"), at);
                return self.values.one(value);
            }
        }
        let mut all = Vec::new();
        for (guard, values) in combinations {
            let result = if values.contains(&Value::Error) {
                self.values.one(Value::Error)
            } else if let Some(result) = function(self, &values) {
                self.unless_args_fail(&values, &result)
            } else {
                let value = self.opaque(&format!("{name}{values:?}"), at);
                self.values.one(value)
            };
            all.extend(self.values.under(guard, &result));
        }
        self.values.union(all)
    }

    /// A result of arguments, some of which may be errors though that is not modelled.
    fn unless_args_fail(&mut self, args: &[Value], result: &Union) -> Union {
        let mut errors = Vec::new();
        for value in args {
            if let Value::Opaque(constant) = value {
                errors.push(self.values.fails(*constant));
            }
        }
        let error = self.values.terms.or(errors);
        let fine = self.values.terms.not(error);
        let mut all = self.values.under(fine, result);
        all.push((error, Value::Error));
        self.values.union(all)
    }

    /// A function by its name; the receiver of a member function is its first argument.
    pub(super) fn function(&mut self, name: &str, args: &[Union], at: Span) -> Union {
        let text = matches!(name, "startsWith" | "endsWith" | "contains" | "matches");
        let args: Vec<Union> = args
            .iter()
            .map(|arg| match name {
                "size" | "orValue" | "optional.of" | "dyn" => arg.clone(),
                _ => self.values.forced(arg, text.then_some(Type::Text)),
            })
            .collect();
        self.call(&args, name, at, |translator, values| translator.function_values(name, values))
    }

    fn function_values(&mut self, name: &str, args: &[Value]) -> Option<Union> {
        let terms = &mut self.values.terms;
        let result = match (name, args) {
            ("startsWith", [Value::Text(text), Value::Text(part)]) => {
                Value::Bool(terms.test("str.prefixof", vec![*part, *text]))
            }
            ("endsWith", [Value::Text(text), Value::Text(part)]) => {
                Value::Bool(terms.test("str.suffixof", vec![*part, *text]))
            }
            ("contains", [Value::Text(text), Value::Text(part)]) => {
                Value::Bool(terms.test("str.contains", vec![*text, *part]))
            }
            ("matches", [Value::Text(text), Value::Text(pattern)]) => {
                let pattern = terms.as_text(*pattern)?.to_owned();
                Value::Bool(matched(terms, *text, &pattern)?)
            }
            ("size", [value]) => return self.size(value),
            ("dyn", [value]) => value.clone(),
            ("optional.none", []) => Value::Optional(None),
            ("optional.of", [value]) => {
                let inner = self.values.one(value.clone());
                Value::Optional(Some(inner.into()))
            }
            ("hasValue", [Value::Optional(inner)]) => Value::Bool(terms.bool(inner.is_some())),
            ("value", [Value::Optional(inner)]) => {
                return Some(inner.as_deref().cloned().unwrap_or(self.values.one(Value::Error)));
            }
            ("orValue", [Value::Optional(inner), default]) => {
                let default = self.values.one(default.clone());
                return Some(inner.as_deref().cloned().unwrap_or(default));
            }
            ("startsWith" | "endsWith" | "contains" | "hasValue" | "value" | "orValue", values) => {
                let values: Vec<&Value> = values.iter().collect();
                return self.mismatch(&values, |value| matches!(value, Value::Opaque(_)));
            }
            _ => return None,
        };
        Some(self.values.one(result))
    }

    fn size(&mut self, value: &Value) -> Option<Union> {
        if let Value::Leaf(leaf) = value {
            let untyped = self.values.one(Value::Leaf(*leaf));
            let likely = self.values.likely(&untyped, Leaves::collection);
            let forced = self.values.force(*leaf, likely);
            let at = Span::new(0, 0);
            return Some(self.call(&[forced], "size", at, |translator, values| match values {
                [Value::Leaf(_)] | [] => None,
                [value, ..] => translator.size(value),
            }));
        }
        let terms = &mut self.values.terms;
        let size = match value {
            Value::Text(text) => match terms.as_text(*text).map(|text| text.chars().count()) {
                Some(size) => terms.int(i64::try_from(size).ok()?),
                None => terms.call("str.len", vec![*text], Sort::Int),
            },
            Value::List(list) => {
                let guards: Vec<Term> = list.items.iter().map(|(guard, _)| *guard).collect();
                self.values.count(&guards)
            }
            Value::Map(map) => terms.int(i64::try_from(map.len()).ok()?),
            other => return self.mismatch(&[other], |value| matches!(value, Value::Opaque(_))),
        };
        Some(self.values.one(Value::Int(size)))
    }
}

/// Whether a text matches a pattern of RE2; `None` for one that is not modelled.
fn matched(terms: &mut Terms, text: Term, pattern: &str) -> Option<Term> {
    let written = regular(pattern).ok()?;
    let (start, rest) = (pattern.starts_with('^'), pattern.trim_start_matches('^'));
    let (end, literal) = (rest.ends_with('$'), rest.trim_end_matches('$'));
    // Of a text that stands for itself, the solver knows more by these words.
    if pattern.matches(['^', '$']).count() <= usize::from(start) + usize::from(end)
        && literal.chars().all(|one| one.is_ascii_alphanumeric() || " -_/:@,".contains(one))
    {
        let literal = terms.text(literal);
        return Some(match (start, end) {
            (true, true) => terms.equal(text, literal),
            (true, false) => terms.test("str.prefixof", vec![literal, text]),
            (false, true) => terms.test("str.suffixof", vec![literal, text]),
            (false, false) => terms.test("str.contains", vec![text, literal]),
        });
    }
    let written = terms.pattern(&written);
    Some(terms.test("str.in_re", vec![text, written]))
}
