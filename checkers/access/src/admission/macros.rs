//! `all`, `exists`, `exists_one`, `filter` and `map` over the items that a list may have.

use seatrial_policy::syntax::{Ast, AstKind};

use super::leaf::Leaves;
use super::term::Term;
use super::translate::Translator;
use super::value::{List, Truth, Union, Value};

impl Translator<'_> {
    /// A macro over a range.
    pub(super) fn over(&mut self, name: &str, range: &Union, args: &[Ast], ast: &Ast) -> Union {
        let likely = self.values.likely(range, Leaves::collection);
        let range = self.values.forced(range, likely);
        let mut all = Vec::new();
        for (guard, value) in &range.0 {
            let result = match value {
                Value::List(list) => self.over_list(name, list, args),
                Value::Map(map) => {
                    let always = self.values.terms.bool(true);
                    let keys = map.keys().map(|key| {
                        let key = Value::Text(self.values.terms.text(key));
                        (always, Union(vec![(always, key)]))
                    });
                    let keys: Vec<(Term, Union)> = keys.collect();
                    let Value::List(keys) = List::of(keys, true) else { continue };
                    (args.len() == 2).then(|| self.over_list(name, &keys, args)).flatten()
                }
                Value::Leaf(_) | Value::Opaque(_) | Value::Any(_) => None,
                _ => Some(self.values.one(Value::Error)),
            };
            let result = result.unwrap_or_else(|| self.unmodelled(ast));
            all.extend(self.values.under(*guard, &result));
        }
        self.values.union(all)
    }

    /// A macro over a list; `None` for a form of it that is not modelled.
    fn over_list(&mut self, name: &str, list: &List, args: &[Ast]) -> Option<Union> {
        let (names, bodies) = match (name, args) {
            ("map", [variable, rest @ ..]) => (std::slice::from_ref(variable), rest),
            (_, [names @ .., body]) => (names, std::slice::from_ref(body)),
            (_, []) => return None,
        };
        let names: Vec<&str> = names.iter().map(simple_name).collect::<Option<_>>()?;
        if names.len() == 2 && !list.dense {
            return None;
        }
        match (name, bodies) {
            ("all", [body]) => Some(self.quantified(list, &names, body, false)),
            ("exists", [body]) => Some(self.quantified(list, &names, body, true)),
            ("exists_one" | "existsOne", [body]) => Some(self.exists_one(list, &names, body)),
            ("filter", [body]) => Some(self.filter_map(list, &names, Some(body), None)),
            ("map", [result]) => Some(self.filter_map(list, &names, None, Some(result))),
            ("map", [test, result]) => {
                Some(self.filter_map(list, &names, Some(test), Some(result)))
            }
            _ => None,
        }
    }

    /// Does something for an item: with its position, too, if there are two names.
    fn with_item<T>(
        &mut self,
        names: &[&str],
        (at, item): (usize, &Union),
        part: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let position = self.values.terms.int(i64::try_from(at).unwrap_or(i64::MAX));
        let position = self.values.one(Value::Int(position));
        match names {
            [index, variable] => self.bound(&[(index, &position), (variable, item)], part),
            [variable, ..] => self.bound(&[(variable, item)], part),
            [] => part(self),
        }
    }

    /// What the body says of each item, and whether the item is there.
    fn tests(&mut self, list: &List, names: &[&str], body: &Ast) -> Vec<(Term, Truth)> {
        let items = list.items.iter().enumerate();
        items
            .map(|(at, (guard, item))| {
                (*guard, self.with_item(names, (at, item), |translator| translator.truth(body)))
            })
            .collect()
    }

    /// `all`, decided by an item for which the body is false, and `exists`, by one for which it is
    /// true.
    fn quantified(&mut self, list: &List, names: &[&str], body: &Ast, deciding: bool) -> Union {
        let tests = self.tests(list, names, body);
        let terms = &mut self.values.terms;
        let (mut decided, mut others) = (Vec::new(), Vec::new());
        for (guard, Truth { yes, no }) in tests {
            let (settles, other) = if deciding { (yes, no) } else { (no, yes) };
            decided.push(terms.and([guard, settles]));
            others.push(terms.implies(guard, other));
        }
        let (decided, others) = (terms.or(decided), terms.and(others));
        let truth = if deciding {
            Truth { yes: decided, no: others }
        } else {
            Truth { yes: others, no: decided }
        };
        self.values.of_truth(truth)
    }

    fn exists_one(&mut self, list: &List, names: &[&str], body: &Ast) -> Union {
        let tests = self.tests(list, names, body);
        let error = self.failed(&tests);
        let terms = &mut self.values.terms;
        let found: Vec<Term> =
            tests.iter().map(|(guard, truth)| terms.and([*guard, truth.yes])).collect();
        let count = self.values.count(&found);
        let terms = &mut self.values.terms;
        let one = terms.int(1);
        let (exactly, fine) = (terms.equal(count, one), terms.not(error));
        self.values.union(vec![(fine, Value::Bool(exactly)), (error, Value::Error)])
    }

    /// When a test fails for an item that is there.
    fn failed(&mut self, tests: &[(Term, Truth)]) -> Term {
        let terms = &mut self.values.terms;
        let mut errors = Vec::new();
        for (guard, truth) in tests {
            let known = terms.or([truth.yes, truth.no]);
            let unknown = terms.not(known);
            errors.push(terms.and([*guard, unknown]));
        }
        terms.or(errors)
    }

    fn filter_map(
        &mut self,
        list: &List,
        names: &[&str],
        test: Option<&Ast>,
        result: Option<&Ast>,
    ) -> Union {
        let tests = test.map(|test| self.tests(list, names, test));
        let error = match &tests {
            Some(tests) => self.failed(tests),
            None => self.values.terms.bool(false),
        };
        let mut items = Vec::new();
        for (at, (guard, item)) in list.items.iter().enumerate() {
            let passed = tests.as_ref().and_then(|tests| tests.get(at));
            let guard = match passed {
                Some((guard, truth)) => self.values.terms.and([*guard, truth.yes]),
                None => *guard,
            };
            let made = match result {
                Some(result) => {
                    self.with_item(names, (at, item), |translator| translator.expr(result))
                }
                None => item.clone(),
            };
            items.push((guard, made));
        }
        let made = self.strict_list(items, list.dense && test.is_none());
        let fine = self.values.terms.not(error);
        let mut all = self.values.under(fine, &made);
        all.push((error, Value::Error));
        self.values.union(all)
    }
}

fn simple_name(ast: &Ast) -> Option<&str> {
    match &ast.kind {
        AstKind::Ident(name) => Some(name),
        _ => None,
    }
}
