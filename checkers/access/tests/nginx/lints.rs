//! What is found in a configuration happens: the request that a finding names gets in at a running
//! nginx, where one that the same demand is asked about does not.

use seatrial_access::web::nginx::{lint, rules};
use seatrial_access::web::{Client, Local, Reply};

use crate::live::Trial;

/// A server, the rule, and a request that the demand refuses.
const CASES: &[(&str, &str, &str)] = &[
    (
        "location /d/ { deny all; } location ~ \\.php$ { return 200 run; }",
        rules::STOLEN_PREFIX,
        "GET /d/index.html",
    ),
    (
        "location /d/ { CREDENTIALS } location ~ zz { return 200 z; }",
        rules::STOLEN_PREFIX,
        "GET /d/index.html",
    ),
    (
        "location /s { allow 10.0.0.0/8; deny all; return 200 up; } location /t { deny all; }",
        rules::RETURN_BEFORE_DENY,
        "GET /t",
    ),
    (
        "location /i { alias ROOT/images/; } location = /secret.txt { deny all; }",
        rules::ALIAS_TRAVERSAL,
        "GET /secret.txt",
    ),
    ("location / { deny ::/0; } location = /t { deny all; }", rules::ONE_FAMILY, "GET /t"),
    (
        "deny all; location = /a.txt { allow 10.0.0.0/8; }",
        rules::ALLOW_REFUSES_NOBODY,
        "GET /open.txt",
    ),
    (
        "deny all; location = /a.txt { satisfy any; allow 10.0.0.0/8; }",
        rules::SATISFY_NOTHING,
        "GET /open.txt",
    ),
    (
        "location /r { limit_except GET POST { CREDENTIALS } proxy_pass http://127.0.0.1:BACK; }",
        rules::LIMIT_EXCEPT_GAP,
        "PUT /r",
    ),
    (
        "merge_slashes off; location /d { deny all; } location / { proxy_pass http://127.0.0.1:BACK; }",
        rules::UNMERGED_SLASHES,
        "GET /d",
    ),
    (
        "location /w/ { try_files /secret.txt =404; } location = /secret.txt { deny all; }",
        rules::TRIED_PROTECTED,
        "GET /secret.txt",
    ),
    (
        "location = /r { deny all; proxy_pass http://127.0.0.1:BACK; }
         location / { proxy_pass http://127.0.0.1:BACK; }",
        rules::EXACT_WITHOUT_CHILDREN,
        "GET /r",
    ),
];

const CREDENTIALS: &str = "auth_basic x; auth_basic_user_file USERS1;";

/// The first request that a text names.
fn request(text: &str) -> Option<(&str, &str)> {
    let words: Vec<_> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
    pairs
        .into_iter()
        .find(|(method, path)| matches!(*method, "GET" | "POST" | "PUT") && path.starts_with('/'))
}

#[test]
fn what_is_found_gets_in_at_a_running_server() {
    let mut shown = Vec::new();
    for (server, rule, refused) in CASES {
        let server = server.replace("CREDENTIALS", CREDENTIALS);
        let listen = "listen 127.0.0.1:PORT; listen [::1]:PORT; root ROOT;";
        let trial = Trial::start(&format!("server {{ {listen}\n{server}\n}}"));
        assert_eq!(trial.config.findings, [], "{server}");
        let found = lint(&trial.config).findings;
        let found: Vec<_> = found.iter().filter(|it| it.rule == *rule).collect();
        let [found] = found.as_slice() else { panic!("{server} {found:?}") };
        shown.push(*rule);
        let status = |(method, path): (&str, &str)| {
            let mut asked = trial.request(method, path);
            asked.endpoint.local = Local::Address("127.0.0.1".parse().unwrap());
            asked.client = Client::Address("127.0.0.1".parse().unwrap());
            trial.ask(&asked, Reply::Success)
        };
        if !trial.is_live() {
            continue;
        }
        let (control, _) = status(request(refused).unwrap());
        assert!(matches!(control, 401 | 403), "{control} {server}");
        // Rules on addresses name no request: it is the one for a path of the location.
        let open = match *rule {
            rules::ALLOW_REFUSES_NOBODY | rules::SATISFY_NOTHING => ("GET", "/a.txt"),
            rules::ONE_FAMILY => ("GET", "/open.txt"),
            rules::ALIAS_TRAVERSAL => ("GET", "/i../secret.txt"),
            _ => request(&found.message).unwrap(),
        };
        let (let_in, body) = status(open);
        let missing = let_in == 404 && *rule == rules::STOLEN_PREFIX;
        assert!(let_in == 200 || missing, "{let_in} {server}\n{}", found.message);
        if matches!(*rule, rules::ALIAS_TRAVERSAL | rules::TRIED_PROTECTED) {
            assert_eq!(body, "file secret.txt");
        }
    }
    shown.sort_unstable();
    shown.dedup();
    let mut all = rules::LINTS.to_vec();
    all.sort_unstable();
    assert_eq!(shown, all);
}
