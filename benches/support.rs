//! What the benchmarks of whole processes share: manifests as teams write them, and what one run of
//! the binary costs.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::sys::resource::{UsageWho, getrusage};

/// Objects that one call of [`application`] writes.
const PER_APPLICATION: usize = 8;

/// CPU time, wall time and the largest resident size (KiB) of one run; the size is the largest of
/// all runs so far.
pub(crate) fn measure(arguments: &[&str]) -> io::Result<(Duration, Duration, i64)> {
    measure_kept(arguments, None)
}

/// The same, with results of earlier runs from a folder and kept there.
pub(crate) fn measure_kept(
    arguments: &[&str],
    cache: Option<&Path>,
) -> io::Result<(Duration, Duration, i64)> {
    let before = children()?;
    let started = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
    match cache {
        Some(folder) => command.env_remove("SEATRIAL_NO_CACHE").env("XDG_CACHE_HOME", folder),
        None => command.env("SEATRIAL_NO_CACHE", "1"),
    };
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let wall = started.elapsed();
    assert!(status.success(), "{status}");
    let after = children()?;
    Ok((after.0.saturating_sub(before.0), wall, after.1))
}

/// CPU time and largest resident size (KiB) of all child processes so far.
fn children() -> io::Result<(Duration, i64)> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().unsigned_abs(), 0)
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    Ok((seconds(usage.user_time()) + seconds(usage.system_time()), usage.max_rss()))
}

/// Spreads so many objects over so many files of a hundred folders.
pub(crate) fn write_manifests(folder: &Path, files: usize, objects: usize) -> io::Result<()> {
    let applications = objects.div_ceil(PER_APPLICATION);
    let mut documents: Vec<_> = (0..applications).flat_map(application).collect();
    documents.truncate(objects);
    for index in 0..files {
        let (from, to) = (index * objects / files, (index + 1) * objects / files);
        let name = format!("{:03}/manifest-{index:05}.yaml", index % 100);
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, documents[from..to].join("---\n"))?;
    }
    Ok(())
}

/// The manifests of one service, as teams write them; every tenth has a fault.
fn application(index: usize) -> [String; PER_APPLICATION] {
    let namespace = format!("team-{}", index % 50);
    let meta = |name: &str| {
        format!(
            "metadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    \
             app.kubernetes.io/name: svc-{index}\n    app.kubernetes.io/part-of: {namespace}\n"
        )
    };
    let app = format!("svc-{index}");
    let privileged = index.is_multiple_of(10);
    let mut containers = String::new();
    for (container, port) in [("app", 8080), ("sidecar", 8081)] {
        let _ = write!(
            containers,
            "      - name: {container}\n        image: registry.example.com/{app}/{container}:1.{index}.0\n        \
             ports:\n        - name: {container}-http\n          containerPort: {port}\n        env:\n        \
             - name: LOG_LEVEL\n          value: info\n        - name: REGION\n          valueFrom:\n            \
             configMapKeyRef:\n              name: {app}\n              key: region\n        resources:\n          \
             requests:\n            cpu: 100m\n            memory: 128Mi\n          limits:\n            memory: 256Mi\n        \
             readinessProbe:\n          httpGet:\n            path: /ready\n            port: {container}-http\n        \
             livenessProbe:\n          httpGet:\n            path: /live\n            port: {container}-http\n        \
             securityContext:\n          allowPrivilegeEscalation: false\n          privileged: {privileged}\n          \
             readOnlyRootFilesystem: true\n          runAsNonRoot: true\n          capabilities:\n            drop: [ALL]\n        \
             volumeMounts:\n        - name: tmp\n          mountPath: /tmp\n"
        );
    }
    [
        format!(
            "apiVersion: apps/v1\nkind: Deployment\n{}spec:\n  selector:\n    matchLabels:\n      \
             app.kubernetes.io/name: {app}\n  template:\n    metadata:\n      labels:\n        \
             app.kubernetes.io/name: {app}\n    spec:\n      serviceAccountName: {app}\n      containers:\n\
             {containers}      volumes:\n      - name: tmp\n        emptyDir: {{}}\n",
            meta(&app)
        ),
        format!(
            "apiVersion: v1\nkind: Service\n{}spec:\n  selector:\n    app.kubernetes.io/name: {app}\n  ports:\n  \
             - name: http\n    port: 80\n    targetPort: app-http\n",
            meta(&app)
        ),
        format!(
            "apiVersion: v1\nkind: ConfigMap\n{}data:\n  region: eu-1\n  level: info\n",
            meta(&app)
        ),
        format!("apiVersion: v1\nkind: ServiceAccount\n{}", meta(&app)),
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n{}spec:\n  minReplicas: 2\n  \
             maxReplicas: 6\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: {app}\n  \
             metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target:\n        type: Utilization\n        \
             averageUtilization: 70\n",
            meta(&app)
        ),
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\n{}spec:\n  maxUnavailable: 1\n  selector:\n    \
             matchLabels:\n      app.kubernetes.io/name: {app}\n",
            meta(&app)
        ),
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{}spec:\n  podSelector:\n    matchLabels:\n      \
             app.kubernetes.io/name: {app}\n  policyTypes: [Ingress]\n  ingress:\n  - ports:\n    - port: 8080\n",
            meta(&app)
        ),
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\n{}spec:\n  rules:\n  - host: {app}.example.com\n    http:\n      \
             paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n            name: {app}\n            \
             port:\n              name: http\n",
            meta(&app)
        ),
    ]
}
