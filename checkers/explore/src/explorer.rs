//! A page on which a state space is walked, step by step.

use crate::{Instance, ModelId, Refusal};
use serde_json::json;
use std::net::SocketAddr;
use tiny_http::{Header, Method, Response, Server};

const PAGE: &str = include_str!("explorer.html");

/// Serves the page until the process ends; says at which address.
pub(crate) fn serve(
    instance: &dyn Instance,
    model: &ModelId,
    address: &str,
    serving: &mut dyn FnMut(SocketAddr),
) -> Result<(), Refusal> {
    let server = Server::http(address);
    let server =
        server.map_err(|error| Refusal::new(format!("cannot listen on `{address}`: {error}")))?;
    server.server_addr().to_ip().into_iter().for_each(serving);
    for request in server.incoming_requests() {
        let (status, kind, body) = answer(instance, model, request.method(), request.url());
        let response = Response::from_string(body).with_status_code(status);
        let header = Header::from_bytes("Content-Type", kind);
        let response = match header {
            Ok(header) => response.with_header(header),
            Err(()) => response,
        };
        // A reader who went away is no reason to stop.
        let _ = request.respond(response);
    }
    Ok(())
}

/// Status, content type and body for a request. `/state/3/0/1` is the state after initial state
/// 3 and its enabled actions 0 and then 1.
fn answer(
    instance: &dyn Instance,
    model: &ModelId,
    method: &Method,
    url: &str,
) -> (u16, &'static str, String) {
    const JSON: &str = "application/json";
    if *method != Method::Get {
        return (405, JSON, json!({ "error": "only GET is answered" }).to_string());
    }
    if url == "/" {
        return (200, "text/html; charset=utf-8", PAGE.to_owned());
    }
    let Some(path) = url.strip_prefix("/state") else {
        return (404, JSON, json!({ "error": "there is `/` and `/state/...`" }).to_string());
    };
    let ordinals: Result<Vec<u16>, _> =
        path.split('/').filter(|part| !part.is_empty()).map(str::parse).collect();
    let Ok(ordinals) = ordinals else {
        return (400, JSON, json!({ "error": "a path is made of numbers" }).to_string());
    };
    match instance.look(model, &ordinals) {
        Ok(view) => {
            (200, JSON, json!({ "model": model, "path": ordinals, "view": view }).to_string())
        }
        Err(refusal) => (404, JSON, json!({ "error": refusal.message }).to_string()),
    }
}
