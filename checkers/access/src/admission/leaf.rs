//! The fields of a request's objects as constants of a formula.
//!
//! Each field is known by its path. It has a tag, which says whether it is there and of which type
//! it is, and a value of each type that it may have. Which types those are is learned from how the
//! expressions use it: a field that is compared with a number is a number or not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::term::{Sort, Term, Terms};

/// The object that a path begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    /// The object of the request; of a deletion, the one that is deleted.
    Object,
    /// The object before a change.
    Old,
    /// The namespace.
    Namespace,
}

/// A step from a value into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Field(Box<str>),
    Item(usize),
}

/// A place in an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

impl Path {
    pub(super) fn to(root: Root, fields: &[&str]) -> Self {
        Self { root, steps: fields.iter().map(|&field| Step::Field(field.into())).collect() }
    }

    pub(super) fn child(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { root: self.root, steps }
    }

    /// What fields of one meaning share: their types.
    fn pattern(&self) -> String {
        let root = if self.root == Root::Namespace { "namespace" } else { "object" };
        let mut pattern = root.to_owned();
        for step in &self.steps {
            pattern.push('\u{0}');
            match step {
                Step::Field(name) => pattern.push_str(name),
                Step::Item(_) => pattern.push('*'),
            }
        }
        pattern
    }

    /// Whether its last field is usually a map, such as `nodeSelector`.
    fn is_map_by_name(&self) -> bool {
        const MAPS: [&str; 6] =
            ["annotations", "data", "labels", "matchLabels", "nodeSelector", "stringData"];
        matches!(self.steps.last(), Some(Step::Field(name)) if MAPS.contains(&&**name))
    }

    /// The type that a field has in objects of every kind.
    fn fixed_type(&self) -> Option<Type> {
        let steps: Vec<Option<&str>> = self
            .steps
            .iter()
            .map(|step| match step {
                Step::Field(name) => Some(&**name),
                Step::Item(_) => None,
            })
            .collect();
        match steps.as_slice() {
            [] | [Some("metadata")] | [Some("metadata"), Some("labels" | "annotations")] => {
                Some(Type::Map)
            }
            [Some("apiVersion" | "kind")]
            | [Some("metadata"), Some("labels" | "annotations"), _]
            | [
                Some("metadata"),
                Some(
                    "name" | "namespace" | "generateName" | "uid" | "resourceVersion"
                    | "creationTimestamp" | "deletionTimestamp",
                ),
            ]
            | [Some("metadata"), Some("finalizers"), None] => Some(Type::Text),
            [Some("metadata"), Some("finalizers" | "ownerReferences" | "managedFields")] => {
                Some(Type::List)
            }
            [Some("metadata"), Some("generation" | "deletionGracePeriodSeconds")] => {
                Some(Type::Int)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    /// Writes it as an expression reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.root {
            Root::Object => "object",
            Root::Old => "oldObject",
            Root::Namespace => "namespaceObject",
        })?;
        self.steps.iter().try_for_each(|step| match step {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item(at) => write!(f, "[{at}]"),
        })
    }
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Bool = 1,
    Int = 2,
    Text = 3,
    List = 4,
    Map = 5,
    /// Of a type that no expression asks about: only equal to itself.
    Any = 6,
}

impl Type {
    pub(super) const ALL: [Self; 6] =
        [Self::Bool, Self::Int, Self::Text, Self::List, Self::Map, Self::Any];

    /// The value of a tag that says so; 0 says that the field is not there.
    pub(super) const fn tag(self) -> i64 {
        self as i64
    }
}

/// A field, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leaf(usize);

/// All fields of a comparison, and what is known of their types.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    numbers: BTreeMap<Path, Leaf>,
    paths: Vec<Path>,
    types: BTreeMap<String, BTreeSet<Type>>,
    /// Fields that are compared with each other.
    links: BTreeSet<(String, String)>,
    /// Raised whenever something is learned.
    pub(super) learned: usize,
}

impl Leaves {
    pub(super) fn at(&mut self, path: &Path) -> Leaf {
        if let Some(&leaf) = self.numbers.get(path) {
            return leaf;
        }
        let leaf = Leaf(self.paths.len());
        self.paths.push(path.clone());
        self.numbers.insert(path.clone(), leaf);
        leaf
    }

    pub(super) fn path(&self, leaf: Leaf) -> Option<&Path> {
        self.paths.get(leaf.0)
    }

    pub(super) fn child(&mut self, leaf: Leaf, step: Step) -> Option<Leaf> {
        let path = self.path(leaf)?.child(step);
        Some(self.at(&path))
    }

    /// All fields with their paths, parents before what is in them.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Path, Leaf)> {
        self.numbers.iter().map(|(path, &leaf)| (path, leaf))
    }

    pub(super) fn get(&self, path: &Path) -> Option<Leaf> {
        self.numbers.get(path).copied()
    }

    /// Learns that a field may have a type.
    pub(super) fn demand(&mut self, leaf: Leaf, wanted: Type) {
        let Some(path) = self.path(leaf) else { return };
        let new = self.types.entry(path.pattern()).or_default().insert(wanted);
        self.learned += usize::from(new);
    }

    /// Learns that two fields are compared, and so of the same type.
    pub(super) fn link(&mut self, one: Leaf, other: Leaf) {
        for (from, to) in [(one, other), (other, one)] {
            if let Some(fixed) = self.path(from).and_then(Path::fixed_type) {
                self.demand(to, fixed);
            }
        }
        if let (Some(one), Some(other)) = (self.path(one), self.path(other)) {
            self.learned += usize::from(self.links.insert((one.pattern(), other.pattern())));
        }
    }

    /// Hands types on between fields that are compared.
    pub(super) fn spread(&mut self) {
        for (one, other) in self.links.clone() {
            let both: BTreeSet<Type> = [&one, &other]
                .iter()
                .filter_map(|pattern| self.types.get(*pattern))
                .flatten()
                .copied()
                .collect();
            for pattern in [one, other] {
                let types = self.types.entry(pattern).or_default();
                self.learned += usize::from(*types != both);
                types.clone_from(&both);
            }
        }
    }

    /// The types that a field may have; [`Type::Any`] where no expression says.
    pub(super) fn types(&self, leaf: Leaf) -> BTreeSet<Type> {
        let any = || BTreeSet::from([Type::Any]);
        let Some(path) = self.path(leaf) else { return any() };
        if let Some(fixed) = path.fixed_type() {
            return BTreeSet::from([fixed]);
        }
        let learned = self.types.get(&path.pattern()).filter(|types| !types.is_empty());
        learned.cloned().unwrap_or_else(any)
    }

    /// Whether no expression says of which type a field is.
    pub(super) fn is_untyped(&self, leaf: Leaf) -> bool {
        self.types(leaf).contains(&Type::Any)
    }

    /// What a field most likely is that is walked through or asked for its size: a map or a list.
    pub(super) fn collection(&self, leaf: Leaf) -> Type {
        let is_map = self.path(leaf).is_some_and(Path::is_map_by_name);
        if is_map { Type::Map } else { Type::List }
    }

    /// The constant with a leaf's number in its name.
    fn constant(terms: &mut Terms, leaf: Leaf, letter: char, sort: Sort) -> Term {
        terms.constant(&name(leaf, letter), sort)
    }

    pub(super) fn tag(terms: &mut Terms, leaf: Leaf) -> Term {
        Self::constant(terms, leaf, 't', Sort::Int)
    }

    /// Whether a field is there.
    pub(super) fn present(terms: &mut Terms, leaf: Leaf) -> Term {
        let (tag, absent) = (Self::tag(terms, leaf), terms.int(0));
        let equal = terms.equal(tag, absent);
        terms.not(equal)
    }

    /// Whether a field is there and has a type.
    pub(super) fn is(terms: &mut Terms, leaf: Leaf, wanted: Type) -> Term {
        let (tag, wanted) = (Self::tag(terms, leaf), terms.int(wanted.tag()));
        terms.equal(tag, wanted)
    }

    pub(super) fn truth(terms: &mut Terms, leaf: Leaf) -> Term {
        let (value, one) = (Self::constant(terms, leaf, 'b', Sort::Int), terms.int(1));
        terms.equal(value, one)
    }

    pub(super) fn int(terms: &mut Terms, leaf: Leaf) -> Term {
        Self::constant(terms, leaf, 'i', Sort::Int)
    }

    pub(super) fn text(terms: &mut Terms, leaf: Leaf) -> Term {
        Self::constant(terms, leaf, 's', Sort::Text)
    }

    /// Which value it is, of those that only differ from each other.
    pub(super) fn identity(terms: &mut Terms, leaf: Leaf) -> Term {
        Self::constant(terms, leaf, 'u', Sort::Int)
    }

    /// How many items a list has.
    pub(super) fn length(terms: &mut Terms, leaf: Leaf) -> Term {
        Self::constant(terms, leaf, 'n', Sort::Int)
    }

    /// What is true of the fields that occur in some formulas and of all that they stand in.
    pub(super) fn constraints(
        &self,
        terms: &mut Terms,
        asserted: &[Term],
        items: usize,
    ) -> Vec<Term> {
        let mut leaves = BTreeSet::new();
        for constant in terms.constants(asserted) {
            let number = constant.get(1..).and_then(|digits| digits.parse().ok());
            let Some(path) = number.and_then(|number| self.path(Leaf(number))) else { continue };
            let mut path = path.clone();
            while self.get(&path).is_some_and(|leaf| leaves.insert(leaf))
                && path.steps.pop().is_some()
            {}
        }
        leaves.into_iter().flat_map(|leaf| self.constraint(terms, leaf, items)).collect()
    }

    fn constraint(&self, terms: &mut Terms, leaf: Leaf, items: usize) -> Vec<Term> {
        let Some(path) = self.path(leaf) else { return Vec::new() };
        let types = self.types(leaf);
        let tag = Self::tag(terms, leaf);
        let domain: Vec<Term> = std::iter::once(0)
            .filter(|_| !path.steps.is_empty())
            .chain(types.iter().map(|one| one.tag()))
            .map(|value| {
                let value = terms.int(value);
                terms.equal(tag, value)
            })
            .collect();
        let mut all = vec![terms.or(domain)];
        if types.contains(&Type::Int) {
            all.push(within_64_bits(terms, leaf));
        }
        if types.contains(&Type::List) {
            let length = Self::length(terms, leaf);
            let (least, most) = (terms.int(0), terms.int(i64::try_from(items).unwrap_or(0)));
            all.push(terms.test("<=", vec![least, length, most]));
        }
        let mut parent = path.clone();
        if let (Some(step), Some(parent)) = (parent.steps.pop(), self.get(&parent)) {
            all.push(in_parent(terms, leaf, parent, &step));
        }
        all
    }
}

fn within_64_bits(terms: &mut Terms, leaf: Leaf) -> Term {
    let (least, most) = (terms.int(i64::MIN), terms.int(i64::MAX));
    let value = Leaves::int(terms, leaf);
    terms.test("<=", vec![least, value, most])
}

/// A field is there only if its map is, an item exactly if its list is long enough.
fn in_parent(terms: &mut Terms, leaf: Leaf, parent: Leaf, step: &Step) -> Term {
    let present = Leaves::present(terms, leaf);
    match step {
        Step::Field(_) => {
            let map = Leaves::is(terms, parent, Type::Map);
            terms.implies(present, map)
        }
        Step::Item(at) => {
            let list = Leaves::is(terms, parent, Type::List);
            let long = longer(terms, parent, *at);
            let there = terms.and([list, long]);
            terms.equal(present, there)
        }
    }
}

/// Whether a list has more than so many items.
pub(super) fn longer(terms: &mut Terms, list: Leaf, than: usize) -> Term {
    let (length, than) = (Leaves::length(terms, list), terms.int(i64::try_from(than).unwrap_or(0)));
    terms.test("<", vec![than, length])
}

/// The name of a constant of a field.
pub(super) fn name(leaf: Leaf, letter: char) -> String {
    format!("{letter}{}", leaf.0)
}
