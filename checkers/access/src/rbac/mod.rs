//! Who may do what: role-based access control as the API server decides it.
//!
//! [`Policy::read`] takes the roles and bindings out of objects and says what is wrong with them.
//! [`Policy::authorize`] decides one request by asking every rule, from the authorizer's
//! definition; [`diff`] compares two policies on all requests, by regions, and replays a witness of
//! each difference through the former. Sources: the RBAC authorizer, its rule resolver and the
//! request resolver of kubernetes/kubernetes.
//!
//! What is compared, and what is assumed:
//!
//! * Subjects are users, groups and service accounts, each with the groups that authentication
//!   gives it ([`User::named`]). Which users are in which other groups is not in the objects. As
//!   rules only add, a user in several groups may do what any of them may; where nothing changes
//!   for the subjects compared, nothing changes for any user in any groups.
//! * Members of `system:masters` may do everything, whatever the objects say.
//! * Resource and subresource hold no `/`, as in every request that comes in by a URL.
//! * What is on neither side does not change: a role that is referred to but not there is unknown,
//!   and the same unknown role on both sides.

mod authorize;
mod bootstrap;
mod covers;
mod diff;
mod escalation;
mod explain;
mod holders;
mod model;
mod partition;
mod reading;
mod request;
mod shape;
#[cfg(test)]
mod testing;
mod who_can;

pub use authorize::{Authorization, Grant};
pub use bootstrap::Baseline;
pub use covers::{Atomic, covers};
pub use diff::{NotReplayed, diff};
pub use escalation::{
    Closure, Gain, NewReach, Reach, Right, Step, Technique, new_reach, weighty_rights,
};
pub use explain::{Chain, Explanation, Miss};
pub use holders::Holder;
pub use model::{Binding, Policy, Role, RoleKind, Rule, Subject, Target};
pub use reading::FINDINGS;
pub use request::{Action, Request, ResourceAction, User};
pub use who_can::{Pattern, Permitted, Share, who_can};

/// The API group of roles and bindings.
pub const GROUP: &str = "rbac.authorization.k8s.io";
