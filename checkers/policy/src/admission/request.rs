//! The request that would bring an object into the cluster.

use std::cell::{OnceCell, RefCell};

use rustc_hash::FxHashMap;
use seatrial_core::ResourceId;
use seatrial_parse::Node;

use crate::blame::Places;
use crate::error::Evaluated;
use crate::kinds::ResourceInfo;
use crate::value::{Key, MapValue, Value};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Creates an object.
    Create,
    /// Changes one.
    Update,
    /// Deletes one.
    Delete,
    /// Connects to one.
    Connect,
}

impl Operation {
    /// The name in rules and requests: `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// What is known of the namespace that an object is to live in.
#[derive(Debug, Clone, Copy)]
pub enum KnownNamespace<'a> {
    /// Its manifest.
    Object(&'a Node),
    /// Nothing but its name: what reads more is undecided.
    NameOnly,
}

/// The request that would bring an object into the cluster.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What it does.
    pub operation: Operation,
    /// Which object it is about.
    pub id: &'a ResourceId,
    /// How the API server serves its kind.
    pub resource: &'a ResourceInfo,
    /// The object; for a deletion the one that is deleted, too.
    pub object: &'a Node,
    /// The object as it was, for a change.
    pub old_object: Option<&'a Node>,
    /// The namespace it lives in; ignored for kinds without namespaces.
    pub namespace: &'a str,
    /// What is known of that namespace.
    pub namespace_object: KnownNamespace<'a>,
    /// Who sends it (`username`, `groups`, ...), if that is known.
    pub user_info: Option<&'a Node>,
}

impl<'a> Request<'a> {
    /// The creation of an object by nobody in particular, in a namespace known by name only.
    pub fn create(
        id: &'a ResourceId,
        resource: &'a ResourceInfo,
        object: &'a Node,
        namespace: &'a str,
    ) -> Self {
        Self {
            operation: Operation::Create,
            id,
            resource,
            object,
            old_object: None,
            namespace,
            namespace_object: KnownNamespace::NameOnly,
            user_info: None,
        }
    }

    /// The namespace of the request: empty for kinds without namespaces, except that a request for
    /// a namespace is one in it.
    pub(super) fn namespace(&self) -> &'a str {
        if self.resource.namespaced {
            self.namespace
        } else if self.is_namespace() {
            self.name()
        } else {
            ""
        }
    }

    /// Whether it is about a namespace.
    pub(super) fn is_namespace(&self) -> bool {
        self.id.group().is_empty() && self.id.kind == "Namespace"
    }

    /// The object's name; empty where the server makes it up.
    pub(super) fn name(&self) -> &'a str {
        if self.id.name.ends_with('*') { "" } else { &self.id.name }
    }

    /// The variable `request`.
    fn value(&self) -> Value<'a> {
        let id = self.id;
        let kind = |last: &'static str, value: &'a str| {
            map([
                ("group", Value::Str(id.group())),
                ("version", Value::Str(id.version())),
                (last, Value::Str(value)),
            ])
        };
        let resource = match &self.resource.plural {
            std::borrow::Cow::Borrowed(plural) => plural,
            std::borrow::Cow::Owned(plural) => plural.as_str(),
        };
        let user = self
            .user_info
            .map_or(Value::Unknown("who sends the request is not known here"), Value::Node);
        map([
            ("kind", kind("kind", &id.kind)),
            ("resource", kind("resource", resource)),
            ("subResource", Value::Str("")),
            ("requestKind", kind("kind", &id.kind)),
            ("requestResource", kind("resource", resource)),
            ("requestSubResource", Value::Str("")),
            ("name", Value::Str(self.name())),
            ("namespace", Value::Str(self.namespace())),
            ("operation", Value::Str(self.operation.as_str())),
            ("userInfo", user),
            ("dryRun", Value::Bool(false)),
            ("options", Value::Unknown("the options of the request are not known here")),
        ])
    }
}

fn map<'a, const N: usize>(entries: [(&'static str, Value<'a>); N]) -> Value<'a> {
    let mut map = MapValue::default();
    for (key, value) in entries {
        map.insert(Key::Text(key.into()), Value::Str(key), value);
    }
    Value::Map(map.into())
}

/// A namespace of which nothing but the name is known.
fn namespace_of_name(name: &str) -> Value<'_> {
    let unknown = || Value::Unknown("the namespace is not among the manifests");
    let metadata = map([
        ("name", Value::Str(name)),
        ("labels", unknown()),
        ("annotations", unknown()),
        ("uid", unknown()),
        ("creationTimestamp", unknown()),
        ("deletionTimestamp", unknown()),
        ("finalizers", unknown()),
    ]);
    map([("metadata", metadata), ("spec", unknown()), ("status", unknown())])
}

/// The value of a variable, kept for all policies that have the same one.
#[derive(Debug, Clone)]
pub(super) struct Kept<'a> {
    pub(super) value: Evaluated<Value<'a>>,
    pub(super) cost: u64,
}

/// A request under review: what policies compute for it is kept, so that those which share a
/// variable compute it once.
#[derive(Debug)]
pub struct Review<'a> {
    request: Request<'a>,
    request_value: OnceCell<Value<'a>>,
    places: OnceCell<Places<'a>>,
    /// By what a variable is (its text and that of the variables it reads) and by the address of
    /// the params, if it reads them.
    kept: RefCell<FxHashMap<(&'a str, usize), Kept<'a>>>,
}

impl<'a> Review<'a> {
    /// Begins the review of a request.
    pub fn new(request: Request<'a>) -> Self {
        Self {
            request,
            request_value: OnceCell::new(),
            places: OnceCell::new(),
            kept: RefCell::default(),
        }
    }

    /// The request.
    pub fn request(&self) -> &Request<'a> {
        &self.request
    }

    pub(super) fn request_value(&self) -> Value<'a> {
        self.request_value.get_or_init(|| self.request.value()).clone()
    }

    /// Where the nodes of the object stand in it.
    pub(super) fn places(&self) -> &Places<'a> {
        self.places.get_or_init(|| Places::of(self.request.object))
    }

    pub(super) fn kept(&self, key: (&'a str, usize)) -> Option<Kept<'a>> {
        self.kept.borrow().get(&key).cloned()
    }

    pub(super) fn keep(&self, key: (&'a str, usize), kept: Kept<'a>) {
        self.kept.borrow_mut().insert(key, kept);
    }

    /// The variable `object`.
    pub(super) fn object(&self) -> Value<'a> {
        match self.request.operation {
            Operation::Delete => Value::Null,
            _ => Value::Node(self.request.object),
        }
    }

    /// The variable `oldObject`.
    pub(super) fn old_object(&self) -> Value<'a> {
        match (self.request.operation, self.request.old_object) {
            (Operation::Delete, None) => Value::Node(self.request.object),
            (_, Some(node)) => Value::Node(node),
            (_, None) => Value::Null,
        }
    }

    /// The variable `namespaceObject`.
    pub(super) fn namespace_object(&self) -> Value<'a> {
        if !self.request.resource.namespaced && !self.request.is_namespace() {
            return Value::Null;
        }
        match self.request.namespace_object {
            KnownNamespace::Object(node) => Value::Node(node),
            KnownNamespace::NameOnly if self.request.is_namespace() => {
                Value::Node(self.request.object)
            }
            KnownNamespace::NameOnly => namespace_of_name(self.request.namespace),
        }
    }
}
