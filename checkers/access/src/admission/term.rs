//! Formulas as SMT-LIB 2 has them: each is kept once, and simplified where it is plain.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rustc_hash::FxHashMap;

/// A formula of a [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Term(u32);

/// What a formula stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sort {
    Bool,
    Int,
    Text,
}

impl Sort {
    const fn name(self) -> &'static str {
        match self {
            Self::Bool => "Bool",
            Self::Int => "Int",
            Self::Text => "String",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Form {
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    /// A regular expression, written out.
    Pattern(Box<str>),
    Constant(Box<str>, Sort),
    Call(&'static str, Vec<Term>, Sort),
}

/// All formulas of a comparison. The parts of a formula are older than it.
#[derive(Debug, Default)]
pub(super) struct Terms {
    forms: Vec<Form>,
    known: FxHashMap<Form, Term>,
}

impl Terms {
    fn keep(&mut self, form: Form) -> Term {
        if let Some(&known) = self.known.get(&form) {
            return known;
        }
        let term = Term(u32::try_from(self.forms.len()).unwrap_or(u32::MAX));
        self.forms.push(form.clone());
        self.known.insert(form, term);
        term
    }

    fn form(&self, term: Term) -> Option<&Form> {
        self.forms.get(usize::try_from(term.0).ok()?)
    }

    pub(super) fn bool(&mut self, value: bool) -> Term {
        self.keep(Form::Bool(value))
    }

    pub(super) fn int(&mut self, value: i64) -> Term {
        self.keep(Form::Int(value))
    }

    pub(super) fn text(&mut self, value: &str) -> Term {
        self.keep(Form::Text(value.into()))
    }

    pub(super) fn pattern(&mut self, written: &str) -> Term {
        self.keep(Form::Pattern(written.into()))
    }

    pub(super) fn constant(&mut self, name: &str, sort: Sort) -> Term {
        self.keep(Form::Constant(name.into(), sort))
    }

    /// The truth value, if it is plain.
    pub(super) fn as_bool(&self, term: Term) -> Option<bool> {
        match self.form(term) {
            Some(Form::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is plain.
    pub(super) fn as_int(&self, term: Term) -> Option<i64> {
        match self.form(term) {
            Some(Form::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is plain.
    pub(super) fn as_text(&self, term: Term) -> Option<&str> {
        match self.form(term) {
            Some(Form::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// A call that is true or false.
    pub(super) fn test(&mut self, name: &'static str, args: Vec<Term>) -> Term {
        self.keep(Form::Call(name, args, Sort::Bool))
    }

    /// A call of another sort.
    pub(super) fn call(&mut self, name: &'static str, args: Vec<Term>, sort: Sort) -> Term {
        self.keep(Form::Call(name, args, sort))
    }

    pub(super) fn not(&mut self, term: Term) -> Term {
        match self.form(term) {
            Some(Form::Bool(value)) => {
                let negated = !value;
                self.bool(negated)
            }
            Some(Form::Call("not", args, _)) if let Some(&inner) = args.first() => inner,
            _ => self.test("not", vec![term]),
        }
    }

    pub(super) fn and(&mut self, parts: impl IntoIterator<Item = Term>) -> Term {
        self.chain("and", parts, true)
    }

    pub(super) fn or(&mut self, parts: impl IntoIterator<Item = Term>) -> Term {
        self.chain("or", parts, false)
    }

    /// `and`, whose neutral value is true, or `or`, whose neutral value is false: sorted, without
    /// repetitions, and plain where a part and its negation meet.
    fn chain(
        &mut self,
        name: &'static str,
        parts: impl IntoIterator<Item = Term>,
        neutral: bool,
    ) -> Term {
        let mut kept = BTreeSet::new();
        for part in parts {
            match self.form(part) {
                Some(Form::Bool(value)) if *value == neutral => {}
                Some(Form::Bool(_)) => return part,
                Some(Form::Call(inner, args, _)) if *inner == name => kept.extend(args),
                _ => {
                    kept.insert(part);
                }
            }
        }
        let negated = |part: &Term| match self.form(*part) {
            Some(Form::Call("not", args, _)) => args.iter().any(|inner| kept.contains(inner)),
            _ => false,
        };
        if kept.iter().any(negated) {
            return self.bool(!neutral);
        }
        match kept.len() {
            0 => self.bool(neutral),
            1 => kept.pop_first().unwrap_or(Term(0)),
            _ => self.test(name, kept.into_iter().collect()),
        }
    }

    pub(super) fn implies(&mut self, left: Term, right: Term) -> Term {
        let not = self.not(left);
        self.or([not, right])
    }

    pub(super) fn equal(&mut self, left: Term, right: Term) -> Term {
        if left == right {
            return self.bool(true);
        }
        let plain = |form: Option<&Form>| {
            matches!(form, Some(Form::Bool(_) | Form::Int(_) | Form::Text(_)))
        };
        if plain(self.form(left)) && plain(self.form(right)) {
            return self.bool(false);
        }
        match (self.as_bool(left), self.as_bool(right)) {
            (Some(true), _) => right,
            (_, Some(true)) => left,
            (Some(false), _) => self.not(right),
            (_, Some(false)) => self.not(left),
            _ => self.test("=", vec![left.min(right), left.max(right)]),
        }
    }

    /// `<` or `<=` of numbers.
    pub(super) fn compare(&mut self, operator: &'static str, args: Vec<Term>) -> Term {
        if let [left, right] = *args
            && let (Some(left), Some(right)) = (self.as_int(left), self.as_int(right))
        {
            return self.bool(if operator == "<" { left < right } else { left <= right });
        }
        self.test(operator, args)
    }

    /// If, then, else.
    pub(super) fn choice(&mut self, condition: Term, then: Term, otherwise: Term) -> Term {
        if then == otherwise {
            return then;
        }
        match self.as_bool(condition) {
            Some(true) => then,
            Some(false) => otherwise,
            None => {
                let sort = self.sort(then);
                self.call("ite", vec![condition, then, otherwise], sort)
            }
        }
    }

    fn sort(&self, term: Term) -> Sort {
        match self.form(term) {
            Some(Form::Int(_)) => Sort::Int,
            Some(Form::Text(_) | Form::Pattern(_)) => Sort::Text,
            Some(Form::Constant(_, sort) | Form::Call(_, _, sort)) => *sort,
            Some(Form::Bool(_)) | None => Sort::Bool,
        }
    }

    /// The formulas that some consist of, they themselves among them; the oldest first.
    fn parts(&self, of: &[Term]) -> BTreeSet<Term> {
        let mut found: BTreeSet<Term> = of.iter().copied().collect();
        let mut open: Vec<Term> = of.to_vec();
        while let Some(term) = open.pop() {
            if let Some(Form::Call(_, args, _)) = self.form(term) {
                open.extend(args.iter().copied().filter(|&arg| found.insert(arg)));
            }
        }
        found
    }

    /// The names of the constants in some formulas.
    pub(super) fn constants(&self, of: &[Term]) -> BTreeSet<&str> {
        let name = |term| match self.form(term) {
            Some(Form::Constant(name, _)) => Some(&**name),
            _ => None,
        };
        self.parts(of).into_iter().filter_map(name).collect()
    }

    /// A formula with a number in the place of some constants.
    pub(super) fn with_number(
        &mut self,
        term: Term,
        number: i64,
        replaced: impl Fn(&str) -> bool,
    ) -> Term {
        let number = self.int(number);
        let mut made: FxHashMap<Term, Term> = FxHashMap::default();
        for part in self.parts(&[term]) {
            let new = match self.form(part).cloned() {
                Some(Form::Constant(name, _)) if replaced(&name) => number,
                Some(Form::Call(function, args, sort)) => {
                    let args: Vec<Term> =
                        args.iter().map(|arg| made.get(arg).copied().unwrap_or(*arg)).collect();
                    self.rebuilt(function, args, sort)
                }
                _ => part,
            };
            made.insert(part, new);
        }
        made.get(&term).copied().unwrap_or(term)
    }

    fn rebuilt(&mut self, function: &'static str, args: Vec<Term>, sort: Sort) -> Term {
        match (function, &*args) {
            ("and", _) => self.and(args),
            ("or", _) => self.or(args),
            ("not", [one]) => self.not(*one),
            ("=", [left, right]) => self.equal(*left, *right),
            ("ite", [condition, then, otherwise]) => self.choice(*condition, *then, *otherwise),
            _ => self.call(function, args, sort),
        }
    }

    /// The script that asks whether some formulas can all be true.
    pub(super) fn script(&self, asserted: &[Term]) -> String {
        let mut script = String::new();
        let mut names: FxHashMap<Term, String> = FxHashMap::default();
        for term in self.parts(asserted) {
            let name = match self.form(term) {
                Some(Form::Bool(value)) => value.to_string(),
                Some(Form::Int(value)) if *value < 0 => format!("(- {})", value.unsigned_abs()),
                Some(Form::Int(value)) => value.to_string(),
                Some(Form::Text(text)) => quoted(text),
                Some(Form::Pattern(written)) => written.to_string(),
                Some(Form::Constant(name, sort)) => {
                    let _ = writeln!(script, "(declare-const {name} {})", sort.name());
                    name.to_string()
                }
                Some(Form::Call(function, args, sort)) => {
                    // Numbered anew, so that equal questions are equal texts.
                    let name = format!("d{}", names.len());
                    let args: String = args
                        .iter()
                        .filter_map(|arg| Some(format!(" {}", names.get(arg)?)))
                        .collect();
                    let sort = sort.name();
                    let _ = writeln!(script, "(define-fun {name} () {sort} ({function}{args}))");
                    name
                }
                None => continue,
            };
            names.insert(term, name);
        }
        for term in asserted {
            if let Some(name) = names.get(term) {
                let _ = writeln!(script, "(assert {name} )");
            }
        }
        script + "(check-sat)\n"
    }
}

/// A string literal; all but letters and digits as their code points.
pub(super) fn quoted(text: &str) -> String {
    let one = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => character.to_string(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    };
    format!("\"{}\"", text.chars().map(one).collect::<String>())
}
