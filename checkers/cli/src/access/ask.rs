//! `seatrial access can` and `seatrial access who-can`.

use seatrial_access::Decision;
use seatrial_access::assertion::Resource;
use seatrial_access::rbac::{Action, Baseline, Policy, Request, ResourceAction, User};
use seatrial_access::report::{Answer, WhoCan};
use seatrial_access::web::{Question, WebAnswers};
use seatrial_gate::access::Loaded;
use seatrial_gate::web::WebKind;
use serde_json::json as object;

use super::arguments::{
    ActionArgs, AnswerArgs, AnswerFormat, CanArgs, ObjectArgs, WebKindName, WhoCanArgs,
};
use super::{bounds, json, objects};
use crate::output::{Failure, pair, write, write_text};
use crate::{Exit, Outcome};

pub(super) fn can(args: &CanArgs) -> Outcome {
    if let Some(asked) = &args.web {
        return web(args, asked);
    }
    // Both are there where no web server is asked.
    let (verb, resource) = (args.verb.as_deref(), args.resource.as_deref());
    let action = action(verb.unwrap_or_default(), resource.unwrap_or_default(), &args.object)?;
    let user = args.user.as_deref().unwrap_or_default();
    let user = User::with_groups(user, args.groups.iter().cloned());
    let answer = with_policy(&args.answer, |policy| {
        let answer = Answer::of(policy, Request { user, action });
        let summary = object!({ "decision": answer.decision });
        let document = json("access can", summary, &bounds(None), &answer)?;
        print(&args.answer, &answer.text(), &document)?;
        Ok(answer)
    })?;
    Ok(exit(answer.decision, &args.answer))
}

const fn exit(decision: Decision, args: &AnswerArgs) -> Exit {
    match decision {
        _ if args.exit_zero => Exit::Clean,
        Decision::Allowed => Exit::Clean,
        Decision::Denied => Exit::Found,
        Decision::Unknown => Exit::Undecided,
    }
}

/// `--web METHOD URL`: a web server decides.
fn web(args: &CanArgs, asked: &[String]) -> Outcome {
    let ([method, url], [path]) = (asked, args.answer.filename.as_slice()) else {
        return Err(Failure::new("one web server is asked: `--filename` names its configuration"));
    };
    let question = Question::new(method, url, args.from, args.web_user.clone());
    let question = question.map_err(Failure::new)?;
    let kind = match args.kind.unwrap_or_default() {
        WebKindName::Nginx => WebKind::Nginx,
        WebKindName::Httpd => WebKind::Httpd,
    };
    let (server, _) = seatrial_gate::web::load(kind, path).map_err(Failure::new)?;
    let answers = WebAnswers::of(&*server, question);
    let summary = object!({ "decision": answers.decision });
    let document = json("access can", summary, &bounds(None), &answers)?;
    print(&args.answer, &answers.text(), &document)?;
    Ok(exit(answers.decision, &args.answer))
}

pub(super) fn who_can(args: &WhoCanArgs) -> Outcome {
    let ActionArgs { verb, resource, object } = &args.action;
    let action = action(verb, resource, object)?;
    let unknown = with_policy(&args.answer, |policy| {
        let answer = WhoCan::of(policy, action);
        let unknown = answer.unknown.len();
        let summary = object!({ "subjects": answer.subjects.len(), "unknown": unknown });
        let document = json("access who-can", summary, &bounds(None), &answer)?;
        print(&args.answer, &answer.text(), &document)?;
        Ok(unknown)
    })?;
    let undecided = unknown > 0 && !args.answer.exit_zero;
    Ok(if undecided { Exit::Undecided } else { Exit::Clean })
}

/// Does something with the roles and bindings that the user names.
fn with_policy<T>(
    args: &AnswerArgs,
    ask: impl FnOnce(&Policy<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    pair(&args.output_format, &args.output)?;
    let Loaded { objects, .. } = objects(&args.filename)?;
    let baseline = (!args.no_builtin_roles).then(Baseline::kubernetes);
    ask(&Policy::read(&objects, baseline))
}

fn print(args: &AnswerArgs, text: &str, document: &str) -> Result<(), Failure> {
    for (format, target) in pair(&args.output_format, &args.output)? {
        match format {
            AnswerFormat::Full => write_text(&target, text)?,
            AnswerFormat::Json => write(&target, document)?,
        }
    }
    Ok(())
}

/// Reads `RESOURCE[.GROUP][/SUBRESOURCE]` or a URL, with the group and the namespace that `kubectl`
/// would take.
fn action(verb: &str, resource: &str, object: &ObjectArgs) -> Result<Action, Failure> {
    let ObjectArgs { name, namespace, all_namespaces } = object;
    let verb = verb.to_owned();
    if resource.starts_with('/') {
        return Ok(Action::Url { verb, path: resource.to_owned() });
    }
    let one = Failure::new(format!("`{resource}` is not one resource"));
    let target: Resource =
        resource.parse().map_err(|error| Failure::new(format!("`{resource}`: {error}")))?;
    let namespaced = target.is_namespaced();
    let Resource { resource: Some(resource), group: Some(group), subresource: Some(subresource) } =
        target
    else {
        return Err(one.help("`*` is a pattern of rules; a request is about one resource"));
    };
    let namespace = match namespace {
        Some(namespace) => namespace.clone(),
        None if *all_namespaces || !namespaced => String::new(),
        None => "default".to_owned(),
    };
    let name = name.clone();
    Ok(Action::Resource(ResourceAction { verb, group, resource, subresource, namespace, name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_as_kubectl_reads_them() {
        let read = |resource: &str, namespace: Option<&str>, all_namespaces| {
            let namespace = namespace.map(str::to_owned);
            let object = ObjectArgs { name: String::new(), namespace, all_namespaces };
            action("get", resource, &object).map(|action| action.to_string())
        };
        for (resource, namespace, all, expected) in [
            ("pods", None, false, "get pods -n default"),
            ("pods/log", Some("shop"), false, "get pods --subresource=log -n shop"),
            ("deployments", None, true, "get deployments.apps"),
            (
                "deployments.example.com/scale",
                None,
                false,
                "get deployments.example.com --subresource=scale -n default",
            ),
            ("nodes", None, false, "get nodes"),
            ("/healthz", None, false, "get /healthz"),
        ] {
            assert_eq!(read(resource, namespace, all).unwrap(), expected);
        }
        assert!(read(".apps", None, false).is_err() && read("*", None, false).is_err());
    }
}
