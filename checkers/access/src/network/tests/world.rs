//! A little world of namespaces, pods and policies, and how it is written as manifests.

use std::fmt::Write as _;

use crate::network::Protocol;

pub(super) const KEYS: [&str; 2] = ["app", "tier"];
pub(super) const VALUES: [&str; 3] = ["a", "b", "c"];

/// Key and value.
pub(super) type Label = (&'static str, &'static str);

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) namespaces: Vec<Ns>,
    pub(super) pods: Vec<Pod>,
    pub(super) policies: Vec<Np>,
    pub(super) cluster: Vec<Cp>,
}

#[derive(Debug, Clone)]
pub(super) struct Ns {
    pub(super) name: &'static str,
    pub(super) labels: Vec<Label>,
    pub(super) has_object: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Pod {
    pub(super) namespace: &'static str,
    pub(super) labels: Vec<Label>,
    /// Name, protocol, number.
    pub(super) ports: Vec<(&'static str, Protocol, u16)>,
    pub(super) host: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Sel(pub(super) Vec<Req>);

#[derive(Debug, Clone)]
pub(super) struct Req {
    pub(super) key: &'static str,
    pub(super) op: Op,
}

#[derive(Debug, Clone)]
pub(super) enum Op {
    In(Vec<&'static str>),
    NotIn(Vec<&'static str>),
    Exists,
    DoesNotExist,
}

#[derive(Debug, Clone)]
pub(super) enum Port {
    All(Protocol),
    Range(Protocol, u16, u16),
    Named(Protocol, &'static str),
}

#[derive(Debug, Clone)]
pub(super) enum Who {
    /// Namespaces and pods; of a `NetworkPolicy`, one may be left out.
    Pods(Option<Sel>, Option<Sel>),
    Block(&'static str, Vec<&'static str>),
}

#[derive(Debug, Clone)]
pub(super) struct NpRule {
    pub(super) peers: Vec<Who>,
    pub(super) ports: Vec<Port>,
}

#[derive(Debug, Clone)]
pub(super) struct Np {
    pub(super) namespace: &'static str,
    pub(super) subject: Sel,
    /// Whether `Ingress` and `Egress` are given as types.
    pub(super) types: Option<(bool, bool)>,
    pub(super) ingress: Option<Vec<NpRule>>,
    pub(super) egress: Option<Vec<NpRule>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Admin,
    /// There is one at most, without a priority; it cannot pass on.
    Baseline,
    ClusterAdmin,
    ClusterBaseline,
}

impl Kind {
    pub(super) const fn is_baseline(self) -> bool {
        matches!(self, Self::Baseline | Self::ClusterBaseline)
    }

    const fn is_first_version(self) -> bool {
        matches!(self, Self::Admin | Self::Baseline)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Allow,
    Deny,
    Pass,
}

#[derive(Debug, Clone)]
pub(super) struct CpRule {
    pub(super) act: Act,
    pub(super) peers: Vec<Who>,
    pub(super) ports: Option<Vec<Port>>,
}

#[derive(Debug, Clone)]
pub(super) struct Cp {
    pub(super) kind: Kind,
    pub(super) priority: i64,
    pub(super) subject: (Sel, Option<Sel>),
    pub(super) ingress: Vec<CpRule>,
    pub(super) egress: Vec<CpRule>,
}

impl World {
    pub(super) fn id(&self, pod: usize) -> String {
        format!("{}/p{pod}[Pod]", self.pods[pod].namespace)
    }

    /// The world as manifests.
    pub(super) fn yaml(&self) -> String {
        let mut text = String::new();
        for ns in self.namespaces.iter().filter(|ns| ns.has_object) {
            let labels = labels(&ns.labels);
            let name = ns.name;
            writeln!(text, "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {labels}}}}}").unwrap();
        }
        for (at, pod) in self.pods.iter().enumerate() {
            let ports = pod.ports.iter().map(|(name, protocol, number)| {
                format!("{{name: {name}, protocol: {protocol}, containerPort: {number}}}")
            });
            writeln!(
                text,
                "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{at}, namespace: {}, labels: {}}}, \
                 spec: {{hostNetwork: {}, containers: [{{name: c, ports: [{}]}}]}}}}",
                pod.namespace, labels(&pod.labels), pod.host, ports.collect::<Vec<_>>().join(", "),
            )
            .unwrap();
        }
        for (at, policy) in self.policies.iter().enumerate() {
            writeln!(text, "---\n{}", policy.yaml(at)).unwrap();
        }
        for (at, policy) in self.cluster.iter().enumerate() {
            writeln!(text, "---\n{}", policy.yaml(at)).unwrap();
        }
        text
    }
}

fn labels(labels: &[Label]) -> String {
    let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", labels.join(", "))
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
}

impl Sel {
    fn yaml(&self) -> String {
        let show = |req: &Req| {
            let (op, values) = match &req.op {
                Op::In(values) => ("In", values.as_slice()),
                Op::NotIn(values) => ("NotIn", values.as_slice()),
                Op::Exists => ("Exists", &[][..]),
                Op::DoesNotExist => ("DoesNotExist", &[][..]),
            };
            let values = list(values, |value| (*value).to_owned());
            let values = if values == "[]" { String::new() } else { format!(", values: {values}") };
            format!("{{key: {}, operator: {op}{values}}}", req.key)
        };
        format!("{{matchExpressions: {}}}", list(&self.0, show))
    }
}

impl Np {
    fn yaml(&self, at: usize) -> String {
        let mut spec = format!("podSelector: {}", self.subject.yaml());
        if let Some((ingress, egress)) = self.types {
            let types = [(ingress, "Ingress"), (egress, "Egress")];
            let types: Vec<_> = types.iter().filter(|it| it.0).map(|it| it.1).collect();
            write!(spec, ", policyTypes: [{}]", types.join(", ")).unwrap();
        }
        for (field, peers, rules) in
            [("ingress", "from", &self.ingress), ("egress", "to", &self.egress)]
        {
            if let Some(rules) = rules {
                let rule = |rule: &NpRule| {
                    let ports = list(&rule.ports, np_port);
                    format!("{{{peers}: {}, ports: {ports}}}", list(&rule.peers, np_peer))
                };
                write!(spec, ", {field}: {}", list(rules, rule)).unwrap();
            }
        }
        format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: np{at}, \
             namespace: {}}}, spec: {{{spec}}}}}",
            self.namespace
        )
    }
}

fn np_peer(who: &Who) -> String {
    match who {
        Who::Pods(namespaces, pods) => {
            let fields = [("namespaceSelector", namespaces), ("podSelector", pods)];
            let fields = fields
                .iter()
                .filter_map(|(key, sel)| sel.as_ref().map(|sel| format!("{key}: {}", sel.yaml())));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Who::Block(cidr, except) => {
            let except = list(except, |block| format!("'{block}'"));
            format!("{{ipBlock: {{cidr: '{cidr}', except: {except}}}}}")
        }
    }
}

fn np_port(port: &Port) -> String {
    match port {
        Port::All(protocol) => format!("{{protocol: {protocol}}}"),
        Port::Range(protocol, first, last) => {
            format!("{{protocol: {protocol}, port: {first}, endPort: {last}}}")
        }
        Port::Named(protocol, name) => format!("{{protocol: {protocol}, port: {name}}}"),
    }
}

impl Cp {
    fn yaml(&self, at: usize) -> String {
        let priority = self.priority;
        let (version, kind, name, order) = match self.kind {
            Kind::Admin => (
                "v1alpha1",
                "AdminNetworkPolicy",
                format!("cp{at}"),
                format!("priority: {priority}, "),
            ),
            Kind::Baseline => {
                ("v1alpha1", "BaselineAdminNetworkPolicy", "default".to_owned(), String::new())
            }
            Kind::ClusterAdmin | Kind::ClusterBaseline => {
                let tier = if self.kind.is_baseline() { "Baseline" } else { "Admin" };
                let order = format!("tier: {tier}, priority: {priority}, ");
                ("v1alpha2", "ClusterNetworkPolicy", format!("cp{at}"), order)
            }
        };
        let rules = |rules: &[CpRule], peers: &str| list(rules, |rule| self.rule(rule, peers));
        let (ingress, egress) = (rules(&self.ingress, "from"), rules(&self.egress, "to"));
        format!(
            "{{apiVersion: policy.networking.k8s.io/{version}, kind: {kind}, metadata: {{name: {name}}}, \
             spec: {{{order}subject: {}, ingress: {ingress}, egress: {egress}}}}}",
            cp_pods(&self.subject.0, self.subject.1.as_ref()),
        )
    }

    fn rule(&self, rule: &CpRule, peers: &str) -> String {
        let admin = self.kind.is_first_version();
        let act = match rule.act {
            Act::Allow if admin => "Allow",
            Act::Allow => "Accept",
            Act::Deny => "Deny",
            Act::Pass => "Pass",
        };
        let (field, show) = if admin {
            ("ports", anp_port as fn(&Port) -> String)
        } else {
            ("protocols", cnp_port as fn(&Port) -> String)
        };
        let ports = rule.ports.as_ref();
        let ports =
            ports.map_or_else(String::new, |ports| format!(", {field}: {}", list(ports, show)));
        format!("{{action: {act}, {peers}: {}{ports}}}", list(&rule.peers, cp_peer))
    }
}

fn cp_pods(namespaces: &Sel, pods: Option<&Sel>) -> String {
    match pods {
        None => format!("{{namespaces: {}}}", namespaces.yaml()),
        Some(pods) => format!(
            "{{pods: {{namespaceSelector: {}, podSelector: {}}}}}",
            namespaces.yaml(),
            pods.yaml()
        ),
    }
}

fn cp_peer(who: &Who) -> String {
    match who {
        Who::Pods(namespaces, pods) => {
            cp_pods(namespaces.as_ref().unwrap_or(&Sel(vec![])), pods.as_ref())
        }
        Who::Block(cidr, _) => format!("{{networks: ['{cidr}']}}"),
    }
}

fn anp_port(port: &Port) -> String {
    match port {
        Port::All(protocol) => {
            format!("{{portRange: {{protocol: {protocol}, start: 1, end: 65535}}}}")
        }
        Port::Range(protocol, first, last) if first == last => {
            format!("{{portNumber: {{protocol: {protocol}, port: {first}}}}}")
        }
        Port::Range(protocol, first, last) => {
            format!("{{portRange: {{protocol: {protocol}, start: {first}, end: {last}}}}}")
        }
        Port::Named(_, name) => format!("{{namedPort: {name}}}"),
    }
}

fn cnp_port(port: &Port) -> String {
    let of = |protocol: &Protocol, port: String| {
        format!("{{{}: {{destinationPort: {{{port}}}}}}}", protocol.as_str().to_lowercase())
    };
    match port {
        Port::All(protocol) => of(protocol, "range: {start: 1, end: 65535}".to_owned()),
        Port::Range(protocol, first, last) if first == last => {
            of(protocol, format!("number: {first}"))
        }
        Port::Range(protocol, first, last) => {
            of(protocol, format!("range: {{start: {first}, end: {last}}}"))
        }
        Port::Named(_, name) => format!("{{destinationNamedPort: {name}}}"),
    }
}
