use super::super::tests::{expect, found};
use super::*;

/// A Pod with a container and more in its spec.
fn pod(container: &str, more: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, \
         {container}}}], {more}}}\n"
    )
}

const CONFIG: &str = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-config}\ndata: {port: '80'}\n\
                      binaryData: {logo: aGk=}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: \
                      web-secret}\ndata: {user: aGk=}\nstringData: {password: x}\n";

fn env(reference: &str, name: &str, key: &str) -> String {
    let container =
        format!("env: [{{name: E, valueFrom: {{{reference}: {{name: {name}, key: {key}}}}}}}]");
    pod(&container, "")
}

#[test]
fn configuration_that_is_there_is_fine() {
    for text in [
        env("configMapKeyRef", "web-config", "port"),
        env("configMapKeyRef", "web-config", "logo"),
        env("secretKeyRef", "web-secret", "user"),
        env("secretKeyRef", "web-secret", "password"),
        env("secretKeyRef", "'${NAME}'", "x"),
        env("secretKeyRef", "none, optional: true", "x"),
        env("secretKeyRef", "web-secret, optional: true", "none"),
        env("configMapKeyRef", "kube-root-ca.crt", "ca.crt"),
        pod("envFrom: [{configMapRef: {name: web-config}}, {secretRef: {name: web-secret}}]", ""),
        pod("envFrom: [{configMapRef: {name: none, optional: true}}]", ""),
        pod(
            "",
            "volumes: [{name: v, configMap: {name: web-config, items: [{key: port, path: p}]}}]",
        ),
        pod("", "volumes: [{name: v, secret: {secretName: web-secret}}]"),
        pod(
            "",
            "volumes: [{projected: {sources: [{secret: {name: web-secret, items: [{key: user}]}}]}}]",
        ),
        pod("", "volumes: [{name: v, emptyDir: {}}], imagePullSecrets: [{name: web-secret}]"),
        // Not for this rule: the schema says so.
        env("secretKeyRef", "1", "x"),
    ] {
        expect(&RULE, &(CONFIG.to_owned() + &text), &[]);
    }
}

#[test]
fn a_key_that_is_not_there_is_an_error() {
    let at_env = "/spec/containers/0/env/0/valueFrom";
    for (text, expected) in [
        (
            env("configMapKeyRef", "web-config", "prot"),
            format!(
                "error {at_env}/configMapKeyRef/key <prot> ConfigMap `web-config` has no key `prot`; <port> \
                 this key is there; help: did you mean `port`?"
            ),
        ),
        (
            env("secretKeyRef", "web-secret", "token"),
            format!(
                "error {at_env}/secretKeyRef/key <token> Secret `web-secret` has no key `token`; <password> \
                 the keys of this Secret are here; help: add the key, or mark the reference `optional: true`"
            ),
        ),
        (
            pod("", "volumes: [{secret: {secretName: web-secret, items: [{key: usr}]}}]"),
            "error /spec/volumes/0/secret/items/0/key <usr> Secret `web-secret` has no key `usr`; <user> \
             this key is there; help: did you mean `user`?"
                .to_owned(),
        ),
        (
            pod("", "volumes: [{projected: {sources: [{}, {configMap: {name: web-config, items: [{key: logoo}]}}]}}]"),
            "error /spec/volumes/0/projected/sources/1/configMap/items/0/key <logoo> ConfigMap `web-config` \
             has no key `logoo`; <logo> this key is there; help: did you mean `logo`?"
                .to_owned(),
        ),
    ] {
        expect(&RULE, &(CONFIG.to_owned() + &text), &[&expected]);
    }
}

#[test]
fn keys_that_others_fill_in_are_not_judged() {
    let token = "---\n{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {name: t}}\n";
    expect(&RULE, &(token.to_owned() + &env("secretKeyRef", "t", "token")), &[]);
    let empty = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: e}}\n";
    expect(
        &RULE,
        &(empty.to_owned() + &env("configMapKeyRef", "e", "k")),
        &[
            "note /spec/containers/0/env/0/valueFrom/configMapKeyRef/key <k> ConfigMap `e` has no keys, so \
           something else must add `k`; <e> this ConfigMap is empty",
        ],
    );
}

#[test]
fn an_object_that_may_live_elsewhere_is_a_note_unless_the_world_is_closed() {
    for (text, pointer, name) in [
        (env("configMapKeyRef", "other", "x"), "/spec/containers/0/env/0/valueFrom/configMapKeyRef/name", "ConfigMap"),
        (pod("envFrom: [{secretRef: {name: other}}]", ""), "/spec/containers/0/envFrom/0/secretRef/name", "Secret"),
        (pod("", "volumes: [{configMap: {name: other}}]"), "/spec/volumes/0/configMap/name", "ConfigMap"),
        (pod("", "volumes: [{secret: {secretName: other}}]"), "/spec/volumes/0/secret/secretName", "Secret"),
        (pod("", "volumes: [{csi: {nodePublishSecretRef: {name: other}}}]"), "/spec/volumes/0/csi/nodePublishSecretRef/name", "Secret"),
        (pod("", "volumes: [{azureFile: {secretName: other}}]"), "/spec/volumes/0/azureFile/secretName", "Secret"),
        (pod("", "imagePullSecrets: [{name: other}]"), "/spec/imagePullSecrets/0/name", "Secret"),
        (
            "---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: s}, imagePullSecrets: [{name: other}]}\n".to_owned(),
            "/imagePullSecrets/0/name",
            "Secret",
        ),
        (
            "---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {tls: [{secretName: other}]}}\n".to_owned(),
            "/spec/tls/0/secretName",
            "Secret",
        ),
    ] {
        let expected = format!("note {pointer} <other> no inspected {name} is named `other`");
        expect(&RULE, &text, &[&expected]);
        assert_eq!(found(&RULE, &[&text], true), [expected.replace("note", "error")]);
    }
}

#[test]
fn a_near_name_was_meant() {
    expect(
        &RULE,
        &(CONFIG.to_owned() + &pod("envFrom: [{configMapRef: {name: web-confg}}]", "")),
        &[
            "error /spec/containers/0/envFrom/0/configMapRef/name <web-confg> no inspected ConfigMap is named \
           `web-confg`; <web-config> this ConfigMap has a near name; help: did you mean `web-config`?",
        ],
    );
}

#[test]
fn the_other_kind_and_other_namespaces_are_pointed_at() {
    expect(
        &RULE,
        &(CONFIG.to_owned() + &pod("envFrom: [{configMapRef: {name: web-secret}}]", "")),
        &[
            "note /spec/containers/0/envFrom/0/configMapRef/name <web-secret> no inspected ConfigMap is named \
           `web-secret`; <web-secret> this is a Secret, not a ConfigMap",
        ],
    );
    let text = "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: a}}\n---\n\
                {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: b}, spec: {imagePullSecrets: [{name: s}]}}\n";
    expect(
        &RULE,
        text,
        &[
            "note /spec/imagePullSecrets/0/name <s> no inspected Secret is named `s`; <s> this Secret is in \
           the namespace `a`, out of reach",
        ],
    );
}

#[test]
fn what_controllers_make_is_there() {
    for maker in [
        "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: other}, spec: {target: {name: made}}}",
        "{apiVersion: external-secrets.io/v1beta1, kind: ExternalSecret, metadata: {name: made}, spec: {}}",
        "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: made}, spec: {}}",
        "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: x}, spec: {secretName: made}}",
        "{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, secretGenerator: [{name: made}]}",
    ] {
        let text = format!("{maker}\n{}", env("secretKeyRef", "made", "any"));
        assert!(found(&RULE, &[&text], true).is_empty(), "{maker}");
    }
    let ingress = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, annotations: \
                   {cert-manager.io/issuer: x}}, spec: {tls: [{secretName: made}]}}";
    assert!(found(&RULE, &[ingress], true).is_empty());
}

#[test]
fn an_object_that_is_used_often_is_reported_once() {
    let two = "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: a}}}, {name: B, valueFrom: \
               {secretKeyRef: {name: s, key: b}}}]";
    let found = found(&RULE, &[&pod(two, "")], false);
    assert_eq!(
        found,
        [
            "note /spec/containers/0/env/0/valueFrom/secretKeyRef/name <s> no inspected Secret is named `s`"
        ]
    );
}
