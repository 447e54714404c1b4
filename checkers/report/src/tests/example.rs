//! The example: a few manifests with defects of each shape.

use std::sync::Arc;

use seatrial_core::{
    Bound, Changed, Edit, Finding, Fix, Location, Part, ResourceId, Rule, Safety, Severity,
    SourceFile, Span, Step, Story, Undecided,
};

use crate::{CheckedObject, Documents, FileOutcome, Report, Sources, Suppressed, SuppressedBy};

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replcas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels:
        app: web
        tier: frontend # größer, 名前
    spec:
      containers:
        - name: web
          image: example.com/web:latest
          ports:
            - name: http
              containerPort: 8080
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app: wbe
  ports:
    - port: 80
      targetPort: htttp
";

/// Windows line ends, a byte order mark, a tab, wide characters, and an escape sequence.
const SETTINGS: &str = "\u{feff}apiVersion: v1\r
kind: ConfigMap\r
metadata: {name: \"設定\", labels: {\"zoë\": \"\u{1b}[31mred\"}}\r
data:\r
  名前:\t\"値\", port: 80\r
";

fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(path, text))
}

/// The place of the first `text` behind the first `after`.
fn place(file: &SourceFile, after: &str, text: &str) -> Location {
    let from = file.text().find(after).unwrap();
    let start = from + file.text()[from..].find(text).unwrap();
    file.location(Span::new(start, start + text.len()))
}

fn resource(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> ResourceId {
    ResourceId {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

fn rule(id: &'static str, part: Part, severity: Severity, summary: &'static str) -> Rule {
    let explanation = format!(
        "## What it checks\n\nThat no object has this problem: {summary}.\n\n\
         ## Why it matters\n\nThe API server says no, or the application does not work.\n\n\
         ## What to do\n\n* Read the message.\n* Run `seatrial explain {id}`.\n"
    );
    Rule { id: id.into(), part, severity, summary: summary.into(), explanation: explanation.into() }
}

/// The findings of the Deployment: one with a certain edit, one over several lines.
fn web_findings(web: &SourceFile, deployment: &ResourceId) -> Vec<Finding> {
    let misspelt = place(web, "spec", "replcas");
    let mut unknown =
        Finding::new("unknown-field", Severity::Error, misspelt.clone(), "unknown field `replcas`")
            .of(deployment, "/spec/replcas")
            .labelled("not a field of `DeploymentSpec`")
            .because("the API server rejects it under strict validation, and drops it otherwise");
    unknown.fix = Some(Fix {
        description: "write `replicas`".to_owned(),
        safety: Safety::Unsafe,
        edits: vec![Edit { location: misspelt, replacement: "replicas".to_owned() }],
    });
    let container = place(
        web,
        "containers",
        "name: web\n          image: example.com/web:latest\n          ports:\n            \
         - name: http\n              containerPort: 8080\n",
    );
    let limits = Finding::new(
        "memory-limit-missing",
        Severity::Warning,
        container,
        "container `web` has no memory limit",
    )
    .of(deployment, "/spec/template/spec/containers/0")
    .help("set `resources.limits.memory`");
    let lost = Finding::new(
        "fault-not-survived",
        Severity::Warning,
        place(web, "kind", "Deployment"),
        "`web` does not survive a node",
    )
    .of(deployment, "")
    .told(story(place(web, "template", "template")));
    vec![unknown, limits, lost]
}

/// A story of two steps, one of which goes by a line.
fn story(line: Location) -> Story {
    let changed = |place: &str, from: Option<&str>, to: Option<&str>| Changed {
        place: place.to_owned(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    let step = |who: &str, what: &str, changes: Vec<Changed>| Step {
        who: who.to_owned(),
        what: what.to_owned(),
        changes,
        location: None,
    };
    let binds = vec![changed("ready", None, Some("1"))];
    let loses =
        vec![changed("ready", Some("1"), Some("0")), changed("a pod of web", Some("ready"), None)];
    let bound = step("scheduler", "binds `web-0` to `node-1`", binds);
    Story {
        steps: vec![
            Step { location: Some(line), ..bound },
            step("fault", "takes `node-1` down", loses),
        ],
        end: Some("no pod is ready".to_owned()),
        gist: Some("ready".to_owned()),
        ..Story::default()
    }
}

/// The findings of the Service: both refer to the other file.
fn service_findings(web: &SourceFile, service: &SourceFile, id: &ResourceId) -> Vec<Finding> {
    let selector = Finding::new(
        "service-selector-unmatched",
        Severity::Error,
        place(service, "selector", "app: wbe"),
        "the selector of the Service matches no pod",
    )
    .of(id, "/spec/selector")
    .labelled("no pod has this label")
    .related_to(place(web, "labels:", "app: web"), "the nearest pod is labelled here")
    .because("1 pod template in namespace `shop` was compared")
    .help("write `app: web`");
    let port = Finding::new(
        "service-port-unmatched",
        Severity::Note,
        place(service, "targetPort", "htttp"),
        "port `htttp` is named by no container",
    )
    .of(id, "/spec/ports/0/targetPort")
    .related_to(place(service, "selector", "app: wbe"), "the pods selected here")
    .related_to(place(web, "- name: http", "http"), "a port of another name");
    vec![selector, port]
}

fn settings_findings(settings: &SourceFile) -> Vec<Finding> {
    let id = resource("v1", "ConfigMap", None, "設定");
    vec![
        Finding::new(
            "label-invalid",
            Severity::Error,
            place(settings, "labels", "\"zoë\""),
            "label `zoë` has value `\u{1b}[31mred`",
        )
        .of(&id, "/metadata/labels/zoë")
        .labelled("ASCII letters, digits, `-`, `_` and `.` only"),
        Finding::new(
            "syntax",
            Severity::Error,
            place(settings, "名前", ", port"),
            "expected the end of the line",
        )
        .labelled("unexpected text"),
    ]
}

fn coverage(report: &mut Report) {
    let files = &mut report.coverage.files;
    for path in ["apps/web.yaml", "apps/service.yaml", "config/settings.yaml"] {
        files.add(path, FileOutcome::Checked);
    }
    files.add("charts/web/deployment.yaml", FileOutcome::Template);
    files.add("ci/pipeline.yaml", FileOutcome::NotKubernetes);
    files.add("docs/mkdocs.yaml", FileOutcome::NotKubernetes);
    files.add("logo.yaml", FileOutcome::Unreadable);
    report.coverage.documents = Documents {
        total: 8,
        kubernetes: 5,
        empty: 1,
        not_kubernetes: 2,
        templates: 0,
        malformed: 0,
    };
    let objects = &mut report.coverage.objects;
    (0..3).for_each(|_| objects.add_with_schema());
    (0..2).for_each(|_| objects.add_without_schema("example.com/v1", "Widget"));
    report.coverage.policies = 12;
}

/// A report with one of everything, and the files it speaks of.
pub(super) fn example() -> (Report, Sources) {
    let web = file("apps/web.yaml", WEB);
    let service = file("apps/service.yaml", SERVICE);
    let settings = file("config/settings.yaml", SETTINGS);
    let deployment = resource("apps/v1", "Deployment", Some("shop"), "web");
    let service_id = resource("v1", "Service", Some("shop"), "web");
    let mut report = Report::new("0.1.0", "check", "1.37");
    report.bounds =
        vec![Bound { name: "evaluation steps per policy".into(), value: "10000000".into() }];
    report.findings.extend(web_findings(&web, &deployment));
    report.findings.extend(service_findings(&web, &service, &service_id));
    report.findings.extend(settings_findings(&settings));
    let unreadable = Location::start_of("logo.yaml".into());
    report.findings.push(
        Finding::new("unreadable-file", Severity::Error, unreadable, "not UTF-8 text")
            .because("byte 0x89 at offset 0"),
    );
    report.undecided.push(Undecided {
        location: place(&web, "apiVersion", "apiVersion"),
        rule: "deploy-rights".into(),
        reason: "`authorizer` needs a cluster".into(),
        resource: Some(deployment.clone()),
    });
    let accepted = Finding::new(
        "mutable-image-tag",
        Severity::Warning,
        place(&web, "image", "example.com/web:latest"),
        "image `example.com/web:latest` has a tag that moves",
    )
    .of(&deployment, "/spec/template/spec/containers/0/image");
    report.suppressed.push(Suppressed {
        finding: accepted,
        suppressed_by: SuppressedBy::Annotation,
        reason: "the registry of the demo keeps one tag".into(),
        suppressed_at: Some(place(&web, "metadata", "metadata")),
    });
    report.rules = vec![
        rule("unknown-field", Part::Schema, Severity::Error, "a field that the API does not have"),
        rule("syntax", Part::Parse, Severity::Error, "text that is no YAML"),
        rule(
            "service-selector-unmatched",
            Part::Reference,
            Severity::Error,
            "a Service that selects no pod",
        ),
        rule("memory-limit-missing", Part::Invariant, Severity::Warning, "no memory limit"),
    ];
    report.objects = vec![
        CheckedObject { location: place(&web, "api", "apiVersion"), resource: deployment },
        CheckedObject { location: place(&service, "api", "apiVersion"), resource: service_id },
        CheckedObject {
            location: place(&settings, "api", "apiVersion"),
            resource: resource("v1", "ConfigMap", None, "設定"),
        },
    ];
    coverage(&mut report);
    (report.sorted(), [web, service, settings].into_iter().collect())
}

/// A report on one object with nothing to say.
pub(super) fn clean() -> Report {
    let mut report = Report::new("0.1.0", "check", "1.37");
    report.coverage.files.add("a.yaml", FileOutcome::Checked);
    report.coverage.documents.total = 1;
    report.coverage.documents.kubernetes = 1;
    report.coverage.objects.add_with_schema();
    report.objects = vec![CheckedObject {
        location: Location::start_of("a.yaml".into()),
        resource: resource("v1", "ConfigMap", None, "settings"),
    }];
    report
}
