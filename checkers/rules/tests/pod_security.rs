//! The profiles `pss-baseline` and `pss-restricted` accept exactly the pods that the Pod Security
//! Standards accept, in each version: held against a second account of the standards, written down
//! directly, on random pods.
//!
//! The second account follows the checks of Pod Security admission (`kubernetes/pod-security-admission`,
//! which the documentation describes), control by control.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use seatrial_core::{Found, SourceFile};
use seatrial_rules::invariants::{Invariants, Profile};
use serde_json::{Value, json};

/// The minor versions at which the standards change, and those before.
const MINORS: [u32; 10] = [25, 27, 28, 29, 30, 31, 32, 34, 35, 37];

static INVARIANTS: LazyLock<Vec<Invariants>> = LazyLock::new(|| {
    let of_minor = |minor: &u32| {
        let mut invariants = Invariants::builtin();
        let version = ("kubernetes-version".to_owned(), format!("1.{minor}"));
        invariants.set_parameters(&BTreeMap::from([version]));
        invariants
    };
    MINORS.iter().map(of_minor).collect()
});

/// The ids of the rules of a profile that deny a pod.
fn denied_by(version: usize, profile: Profile, pod: &Value) -> Vec<String> {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("pod.json", pod.to_string())));
    let invariants = &INVARIANTS[version];
    let profiles = invariants.profiles();
    let in_profile = |id: &str| profiles.get(id).is_some_and(|of| of.contains(&profile));
    let active = invariants.active(&manifest.objects, in_profile);
    let mut found = Found::default();
    active.check(&manifest.objects[0], &mut found, |_| {});
    assert!(found.undecided.is_empty());
    found.findings.iter().map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn flag(value: &Value, pointer: &str) -> Option<bool> {
    value.pointer(pointer).and_then(Value::as_bool)
}

fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["/initContainers", "/containers", "/ephemeralContainers"];
    lists.into_iter().flat_map(|list| items(spec, list))
}

/// The security contexts of the pod and of its containers, with whatever they hold at a pointer.
fn contexts<'v>(spec: &'v Value, pointer: &'v str) -> impl Iterator<Item = &'v Value> {
    let all = std::iter::once(spec).chain(containers(spec));
    all.filter_map(move |holder| holder.pointer("/securityContext")?.pointer(pointer))
}

fn in_user_namespace(spec: &Value) -> bool {
    flag(spec, "/hostUsers") == Some(false)
}

fn is_windows(spec: &Value) -> bool {
    text(spec, "/os/name") == "windows"
}

const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Safe kernel parameters, and the minor version since which each is allowed.
const SYSCTLS: [(&str, u32); 14] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
    ("net.ipv4.tcp_notsent_lowat", 37),
];

const CONFINED: [&str; 2] = ["RuntimeDefault", "Localhost"];

fn selinux_is_allowed(minor: u32, options: &Value) -> bool {
    let kind = text(options, "/type");
    let known = ["", "container_t", "container_init_t", "container_kvm_t"].contains(&kind)
        || (minor >= 31 && kind == "container_engine_t");
    known && text(options, "/user").is_empty() && text(options, "/role").is_empty()
}

fn probes_name_no_host(container: &Value) -> bool {
    let holders = [
        "/livenessProbe",
        "/readinessProbe",
        "/startupProbe",
        "/lifecycle/postStart",
        "/lifecycle/preStop",
    ];
    let actions = ["httpGet", "tcpSocket"];
    holders.iter().all(|holder| {
        actions.iter().all(|action| text(container, &format!("{holder}/{action}/host")).is_empty())
    })
}

/// The Baseline standard.
fn baseline(minor: u32, pod: &Value) -> bool {
    let spec = &pod["spec"];
    let added = |c: &Value| {
        items(c, "/securityContext/capabilities/add")
            .iter()
            .all(|name| CAPABILITIES.contains(&name.as_str().unwrap()))
    };
    let annotations = pod.pointer("/metadata/annotations").and_then(Value::as_object);
    let apparmor = annotations.into_iter().flatten().all(|(key, value)| {
        let value = value.as_str().unwrap();
        !key.starts_with("container.apparmor.security.beta.kubernetes.io/")
            || value.is_empty()
            || value == "runtime/default"
            || value.starts_with("localhost/")
    });
    let sysctls = items(spec, "/securityContext/sysctls").iter().all(|sysctl| {
        let name = text(sysctl, "/name");
        SYSCTLS.iter().any(|&(known, since)| known == name && minor >= since)
    });
    let unmasked = |c: &Value| !["", "Default"].contains(&text(c, "/securityContext/procMount"));
    ["/hostNetwork", "/hostPID", "/hostIPC"].iter().all(|it| flag(spec, it) != Some(true))
        && containers(spec).all(|c| flag(c, "/securityContext/privileged") != Some(true))
        && containers(spec).all(added)
        && items(spec, "/volumes").iter().all(|volume| volume.get("hostPath").is_none())
        && containers(spec)
            .flat_map(|c| items(c, "/ports"))
            .all(|port| port.get("hostPort").and_then(Value::as_u64).unwrap_or(0) == 0)
        && contexts(spec, "/appArmorProfile").all(|it| CONFINED.contains(&text(it, "/type")))
        && apparmor
        && contexts(spec, "/seLinuxOptions").all(|options| selinux_is_allowed(minor, options))
        && ((minor >= 35 && in_user_namespace(spec)) || !containers(spec).any(unmasked))
        && contexts(spec, "/seccompProfile").all(|it| CONFINED.contains(&text(it, "/type")))
        && sysctls
        && contexts(spec, "/windowsOptions/hostProcess").all(|it| it != &json!(true))
        && (minor < 34 || containers(spec).all(probes_name_no_host))
}

/// The Restricted standard.
fn restricted(minor: u32, pod: &Value) -> bool {
    const VOLUMES: [&str; 9] = [
        "configMap",
        "downwardAPI",
        "emptyDir",
        "projected",
        "secret",
        "csi",
        "persistentVolumeClaim",
        "ephemeral",
        "image",
    ];
    let spec = &pod["spec"];
    let volumes = items(spec, "/volumes").iter().flat_map(|volume| volume.as_object().unwrap());
    let core = volumes.map(|(key, _)| key).all(|key| key == "name" || VOLUMES.contains(&&**key));
    let unmasked = |c: &Value| !["", "Default"].contains(&text(c, "/securityContext/procMount"));
    let of_linux = is_windows(spec)
        || containers(spec).all(|c| {
            let drops = items(c, "/securityContext/capabilities/drop").contains(&json!("ALL"));
            let adds = items(c, "/securityContext/capabilities/add").iter();
            let has_profile =
                [spec, c].iter().any(|it| it.pointer("/securityContext/seccompProfile").is_some());
            flag(c, "/securityContext/allowPrivilegeEscalation") == Some(false)
                && drops
                && adds.into_iter().all(|name| name == "NET_BIND_SERVICE")
                && has_profile
        });
    let of_pod = flag(spec, "/securityContext/runAsNonRoot");
    let non_root = of_pod != Some(false)
        && containers(spec)
            .all(|c| flag(c, "/securityContext/runAsNonRoot").or(of_pod) == Some(true))
        && contexts(spec, "/runAsUser").all(|user| user != &json!(0));
    baseline(minor, pod)
        && core
        && !containers(spec).any(unmasked)
        && of_linux
        && ((minor >= 35 && in_user_namespace(spec)) || non_root)
}

/// The choice of no value.
const NOTHING: u8 = u8::MAX;

/// Makes a pod of choices: each takes the next one, and nothing once they are used up.
struct Choices<'t> {
    tape: std::slice::Iter<'t, u8>,
    /// Whether to begin with what the Restricted standard asks for.
    restricted: bool,
}

impl Choices<'_> {
    /// One of some values, or none.
    fn pick(&mut self, values: &[Value]) -> Option<Value> {
        let choice = usize::from(*self.tape.next()?);
        if choice == usize::from(NOTHING) {
            None
        } else {
            values.get(choice % values.len()).cloned()
        }
    }

    fn set(&mut self, object: &mut Value, field: &str, values: &[Value]) {
        if let Some(value) = self.pick(values) {
            object[field] = value;
        }
    }

    /// A security context of the pod or of a container.
    fn context(&mut self, context: &mut Value, of_pod: bool) {
        let profile = |kind: &str| json!({"type": kind});
        let confined = ["RuntimeDefault", "Localhost", "Unconfined"].map(profile);
        self.set(context, "seccompProfile", &confined);
        self.set(context, "appArmorProfile", &confined);
        self.set(context, "runAsNonRoot", &[json!(true), json!(true), json!(false)]);
        self.set(context, "runAsUser", &[json!(1000), json!(0)]);
        let labels = ["container_t", "container_engine_t", "spc_t"].map(profile);
        let labels = [&labels[..], &[json!({"user": "u"}), json!({"role": "r"})]].concat();
        self.set(context, "seLinuxOptions", &labels);
        let host_process = |on: bool| json!({"hostProcess": on});
        self.set(context, "windowsOptions", &[host_process(false), host_process(true)]);
        if of_pod {
            let sysctl = |(name, _): &(&str, u32)| json!([{"name": name, "value": "1"}]);
            let mut sysctls: Vec<_> = SYSCTLS.iter().map(sysctl).collect();
            sysctls.push(json!([{"name": "kernel.msgmax", "value": "1"}]));
            self.set(context, "sysctls", &sysctls);
            return;
        }
        self.set(context, "privileged", &[json!(false), json!(true)]);
        self.set(context, "procMount", &[json!("Default"), json!("Unmasked")]);
        self.set(context, "allowPrivilegeEscalation", &[false, false, true].map(Value::from));
        let mut capabilities = context.get("capabilities").cloned().unwrap_or_else(|| json!({}));
        let all = json!(["ALL"]);
        self.set(&mut capabilities, "drop", &[all.clone(), all, json!(["NET_RAW"])]);
        let added = [json!(["NET_BIND_SERVICE"]), json!(["CHOWN"]), json!(["SYS_ADMIN", "KILL"])];
        self.set(&mut capabilities, "add", &added);
        context["capabilities"] = capabilities;
    }

    fn container(&mut self, index: usize) -> Value {
        let mut container = json!({"name": format!("c{index}"), "image": "web:1"});
        let drop_all =
            json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
        let mut context = if self.restricted { drop_all } else { json!({}) };
        self.context(&mut context, false);
        container["securityContext"] = context;
        let port =
            |host: u32| json!([{"containerPort": 80}, {"containerPort": 81, "hostPort": host}]);
        self.set(&mut container, "ports", &[port(0), port(81)]);
        let get = |host: &str| json!({"httpGet": {"port": 80, "host": host}});
        let dial = json!({"tcpSocket": {"port": 80, "host": "db"}});
        let probes = [get(""), get("db"), dial.clone()];
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            self.set(&mut container, probe, &probes);
        }
        self.set(
            &mut container,
            "lifecycle",
            &[json!({"preStop": dial}), json!({"postStart": get("x")})],
        );
        container
    }

    fn pod(&mut self) -> Value {
        let mut spec = json!({});
        for (index, list) in
            ["containers", "initContainers", "ephemeralContainers"].iter().enumerate()
        {
            if index == 0 || self.pick(&[json!(1)]).is_some() {
                spec[list] = json!([self.container(index)]);
            }
        }
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            self.set(&mut spec, field, &[json!(false), json!(false), json!(true)]);
        }
        self.set(&mut spec, "hostUsers", &[json!(true), json!(false), json!(false)]);
        let host = |path: &str| json!([{"name": "v", "hostPath": {"path": path}}]);
        let volumes = [
            json!([{"name": "v", "emptyDir": {}}]),
            json!([{"name": "v", "image": {}}, {"name": "w", "secret": {}}]),
            json!([{"name": "v", "nfs": {}}]),
            host("/srv"),
            host("/etc"),
            host("/run/containerd/containerd.sock"),
        ];
        self.set(&mut spec, "volumes", &volumes);
        let good = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
        let mut context = if self.restricted { good } else { json!({}) };
        self.context(&mut context, true);
        spec["securityContext"] = context;
        self.set(&mut spec, "os", &[json!({"name": "linux"}), json!({"name": "windows"})]);
        let mut metadata = json!({"name": "pod"});
        let key = "container.apparmor.security.beta.kubernetes.io/c0";
        let annotations = ["runtime/default", "localhost/x", "unconfined"].map(|v| json!({key: v}));
        self.set(&mut metadata, "annotations", &annotations);
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    }
}

/// Takes away what the API server refuses in a pod for Windows, before any policy is asked.
fn without_linux(pod: &mut Value) {
    if !is_windows(&pod["spec"]) {
        return;
    }
    let spec = pod["spec"].as_object_mut().unwrap();
    for field in ["hostPID", "hostIPC", "hostUsers"] {
        spec.remove(field);
    }
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let fields = [
        "seccompProfile",
        "appArmorProfile",
        "runAsUser",
        "seLinuxOptions",
        "sysctls",
        "privileged",
        "procMount",
        "allowPrivilegeEscalation",
        "capabilities",
    ];
    let strip = |holder: &mut Value| {
        if let Some(context) = holder["securityContext"].as_object_mut() {
            for field in fields {
                context.remove(field);
            }
        }
    };
    strip(&mut pod["spec"]);
    for list in lists {
        pod["spec"][list].as_array_mut().into_iter().flatten().for_each(strip);
    }
}

/// How a pod fares under both accounts.
fn compare(tape: &[u8], restrict: bool, version: usize) -> Result<[bool; 2], TestCaseError> {
    let mut pod = Choices { tape: tape.iter(), restricted: restrict }.pod();
    without_linux(&mut pod);
    let minor = MINORS[version];
    let expected = [baseline(minor, &pod), restricted(minor, &pod)];
    for (profile, expected) in
        [Profile::PssBaseline, Profile::PssRestricted].into_iter().zip(expected)
    {
        let denied = denied_by(version, profile, &pod);
        prop_assert_eq!(
            denied.is_empty(),
            expected,
            "{} 1.{}: {:?}\n{}",
            profile,
            minor,
            denied,
            pod
        );
    }
    Ok(expected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Mostly empty choices, so that single faults are met as well as many.
    #[test]
    fn the_profiles_are_the_standards(
        tape in prop::collection::vec(prop_oneof![9 => Just(NOTHING), 2 => 0u8..60], 0..130),
        restrict in any::<bool>(),
        version in 0..MINORS.len(),
    ) {
        compare(&tape, restrict, version)?;
    }
}

#[test]
fn an_empty_pod_is_accepted_by_the_one_and_a_careful_one_by_both() {
    for version in 0..MINORS.len() {
        assert_eq!(compare(&[], false, version).unwrap(), [true, false]);
        assert_eq!(compare(&[], true, version).unwrap(), [true, true]);
    }
}
