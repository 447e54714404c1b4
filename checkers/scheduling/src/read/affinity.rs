//! Where a pod wants to be, and near what: selectors, affinity, tolerations, spread.

use super::field::{Field, Read};
use crate::{
    Effect, LabelSelector, Labels, NodeAffinity, NodeSelector, NodeSelectorTerm, Operator, PodTerm,
    PreferredNodes, PreferredPods, Requirement, SpreadConstraint, TaintMatch, Toleration,
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// The pod that has the affinity.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    /// Its namespace.
    pub(super) namespace: &'a str,
    /// Its labels.
    pub(super) labels: &'a Labels,
}

/// A `NodeSelector`.
pub(super) fn node_selector(field: Field<'_>) -> Read<NodeSelector> {
    let terms = field.list("nodeSelectorTerms")?;
    Ok(NodeSelector { terms: terms.into_iter().map(node_term).collect::<Read<_>>()? })
}

fn node_term(field: Field<'_>) -> Read<NodeSelectorTerm> {
    field.knows_only(&["matchExpressions", "matchFields"])?;
    let requirements = |key| {
        let list: Vec<Field<'_>> = field.list(key)?;
        list.into_iter().map(|one| one.requirement(true)).collect::<Read<Vec<_>>>()
    };
    let (labels, fields) = (requirements("matchExpressions")?, requirements("matchFields")?);
    match fields.iter().find(|one| one.key != "metadata.name") {
        Some(other) => Err(field.error(format!("unknown field `{}`", other.key))),
        None => Ok(NodeSelectorTerm { labels, fields }),
    }
}

/// Refuses what is not known of the `affinity` of a `spec`.
pub(super) fn refuse_unknown(spec: Field<'_>) -> Read<()> {
    let Some(affinity) = spec.get("affinity") else { return Ok(()) };
    let kinds = ["nodeAffinity", "podAffinity", "podAntiAffinity"];
    affinity.knows_only(&kinds)?;
    let mut kinds = kinds.into_iter().filter_map(|kind| affinity.get(kind));
    kinds.try_for_each(|kind| kind.knows_only(&[REQUIRED, PREFERRED]))
}

/// The affinity to nodes of a `spec`.
pub(super) fn node_affinity(spec: Field<'_>) -> Read<NodeAffinity> {
    let Some(field) = spec.at(&["affinity", "nodeAffinity"]) else {
        return Ok(NodeAffinity::default());
    };
    let required = field.get(REQUIRED).map(node_selector).transpose()?;
    let preferred = |one: Field<'_>| {
        let nodes = one.get("preference").map_or(Ok(NodeSelectorTerm::default()), node_term)?;
        Ok(PreferredNodes { weight: weight(one)?, nodes })
    };
    let preferred = field.list(PREFERRED)?.into_iter().map(preferred).collect::<Read<_>>()?;
    Ok(NodeAffinity { required, preferred })
}

fn weight(field: Field<'_>) -> Read<i32> {
    field.get("weight").map_or(Ok(0), Field::integer)
}

/// The required terms of `podAffinity` or `podAntiAffinity`.
pub(super) fn required_pods(spec: Field<'_>, kind: &str, own: Own<'_>) -> Read<Vec<PodTerm>> {
    let Some(field) = spec.at(&["affinity", kind]) else { return Ok(Vec::new()) };
    field.list(REQUIRED)?.into_iter().map(|term| pod_term(term, own)).collect()
}

/// The preferred terms of `podAffinity`, then, with negative weights, those of `podAntiAffinity`.
pub(super) fn preferred_pods(spec: Field<'_>, own: Own<'_>) -> Read<Vec<PreferredPods>> {
    let mut all = Vec::new();
    for (kind, sign) in [("podAffinity", 1), ("podAntiAffinity", -1)] {
        let Some(field) = spec.at(&["affinity", kind]) else { continue };
        for one in field.list(PREFERRED)? {
            let Some(term) = one.get("podAffinityTerm") else { continue };
            let weight = weight(one)?.saturating_mul(sign);
            all.push(PreferredPods { weight, term: pod_term(term, own)? });
        }
    }
    Ok(all)
}

/// A term of pod affinity (`AffinityTerm` in `pkg/scheduler/framework/types.go`).
fn pod_term(field: Field<'_>, own: Own<'_>) -> Read<PodTerm> {
    field.knows_only(&[
        "labelSelector",
        "matchLabelKeys",
        "mismatchLabelKeys",
        "namespaceSelector",
        "namespaces",
        "topologyKey",
    ])?;
    let mut namespaces = field.texts("namespaces")?;
    let selector = field.get("namespaceSelector").map(Field::label_selector).transpose()?;
    if namespaces.is_empty() && selector.is_none() {
        namespaces.push(own.namespace.to_owned());
    }
    namespaces.sort();
    namespaces.dedup();
    Ok(PodTerm {
        topology: topology(field)?,
        selector: selector_of_pods(field, own)?,
        namespaces,
        namespace_selector: selector.unwrap_or_default(),
    })
}

fn topology(field: Field<'_>) -> Read<String> {
    match field.required_text("topologyKey")? {
        "" => Err(field.error("`topologyKey` is empty")),
        key => Ok(key.to_owned()),
    }
}

/// The `labelSelector` with what `matchLabelKeys` and `mismatchLabelKeys` add to it. The API
/// server adds the same when a pod is made; once more changes nothing.
fn selector_of_pods(field: Field<'_>, own: Own<'_>) -> Read<LabelSelector> {
    let selector = field.get("labelSelector").map(Field::label_selector).transpose()?;
    let mut selector = selector.unwrap_or_default();
    for (keys, operator) in [
        ("matchLabelKeys", Operator::In as fn(Vec<String>) -> Operator),
        ("mismatchLabelKeys", Operator::NotIn),
    ] {
        for key in field.texts(keys)? {
            if let Some(value) = own.labels.get(&key) {
                let operator = operator(vec![value.clone()]);
                selector = selector.and(Requirement { key, operator });
            }
        }
    }
    Ok(selector)
}

/// The effect of a taint or toleration.
pub(super) fn effect(field: Field<'_>) -> Read<Effect> {
    match field.text()? {
        "NoSchedule" => Ok(Effect::NoSchedule),
        "PreferNoSchedule" => Ok(Effect::PreferNoSchedule),
        "NoExecute" => Ok(Effect::NoExecute),
        other => Err(field.error(format!("unknown effect `{other}`"))),
    }
}

/// The tolerations of a `spec`.
pub(super) fn tolerations(spec: Field<'_>) -> Read<Vec<Toleration>> {
    spec.list("tolerations")?.into_iter().map(toleration).collect()
}

fn toleration(field: Field<'_>) -> Read<Toleration> {
    field.knows_only(&["effect", "key", "operator", "tolerationSeconds", "value"])?;
    let given = |key| field.get(key).filter(|text| text.text() != Ok(""));
    let effect = given("effect").map(effect).transpose()?;
    let key = given("key").map(|key| key.text().map(str::to_owned)).transpose()?;
    let value = match field.text_at("operator")? {
        Some("Exists") => TaintMatch::Exists,
        None | Some("" | "Equal") => {
            TaintMatch::Equal(field.text_at("value")?.unwrap_or_default().to_owned())
        }
        Some(other) => return Err(field.error(format!("unknown operator `{other}`"))),
    };
    Ok(Toleration { key, value, effect })
}

/// The topology spread constraints of a `spec`.
pub(super) fn spread(spec: Field<'_>, own: Own<'_>) -> Read<Vec<SpreadConstraint>> {
    let list = spec.list("topologySpreadConstraints")?;
    list.into_iter().map(|one| spread_constraint(one, own)).collect()
}

fn spread_constraint(field: Field<'_>, own: Own<'_>) -> Read<SpreadConstraint> {
    field.knows_only(&[
        "labelSelector",
        "matchLabelKeys",
        "maxSkew",
        "minDomains",
        "nodeAffinityPolicy",
        "nodeTaintsPolicy",
        "topologyKey",
        "whenUnsatisfiable",
    ])?;
    let number = |key| {
        let number = field.get(key).map_or(Ok(1), Field::integer::<u32>)?;
        let wrong = || field.error(format!("`{key}` has to be at least 1"));
        if number == 0 { Err(wrong()) } else { Ok(number) }
    };
    let hard = match field.required_text("whenUnsatisfiable")? {
        "DoNotSchedule" => true,
        "ScheduleAnyway" => false,
        other => return Err(field.error(format!("unknown `whenUnsatisfiable` `{other}`"))),
    };
    let honors = |key, by_default| match field.text_at(key)? {
        None => Ok(by_default),
        Some("Honor") => Ok(true),
        Some("Ignore") => Ok(false),
        Some(other) => Err(field.error(format!("unknown policy `{other}`"))),
    };
    if field.get("labelSelector").is_none() && !field.texts("matchLabelKeys")?.is_empty() {
        return Err(field.error("`matchLabelKeys` stands without a `labelSelector`"));
    }
    Ok(SpreadConstraint {
        topology: topology(field)?,
        max_skew: number("maxSkew")?,
        hard,
        min_domains: number("minDomains")?,
        selector: selector_of_pods(field, own)?,
        honors_affinity: honors("nodeAffinityPolicy", true)?,
        honors_taints: honors("nodeTaintsPolicy", false)?,
    })
}
