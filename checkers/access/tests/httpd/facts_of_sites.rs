//! What is known of httpd, fact by fact: where paths lead, who answers, and what is refused.

use seatrial_access::Decision::{Allowed, Denied, Unknown};

use crate::facts::{SECRET, Who, check, check_as};

#[test]
fn aliases_lead_to_other_directories_with_their_sections() {
    check(
        &format!("Alias /pub \"ROOT/p\"\nAlias /open/ \"ROOT/d/\"\n{SECRET}"),
        &[
            ("GET", "/pub/a.txt", Denied, 403),
            ("GET", "/pub", Denied, 403),
            ("GET", "/public", Allowed, 404),
            ("GET", "/open/x.php", Allowed, 200),
        ],
    );
    check(
        "Alias /i/ \"ROOT/image\"\n<Directory \"ROOT/images\">\nRequire all denied\n</Directory>",
        &[("GET", "/i/s/pic.txt", Denied, 403)],
    );
}

#[test]
fn redirects_of_the_server_come_before_access_and_those_of_sections_behind() {
    check(
        "Redirect /p/a http://127.0.0.1/\nRedirect 403 /images\n\
         RedirectMatch 404 ^/d/.*\\.php$\n<Location />\nRequire all denied\n</Location>",
        &[
            ("GET", "/p/a", Allowed, 302),
            ("GET", "/p/a/x", Allowed, 302),
            ("GET", "/p/ax", Denied, 403),
            ("GET", "/images/pic.txt", Denied, 403),
            ("GET", "/d/x.php", Denied, 404),
        ],
    );
    check(
        "<Directory \"ROOT/p\">\nRedirect /p/a.txt http://127.0.0.1/\nRequire all denied\n</Directory>\n\
         <Location /d>\nRedirect http://127.0.0.1/\nRequire all denied\n</Location>\n\
         <Directory \"ROOT/images\">\nRedirect gone /images\n</Directory>",
        &[
            ("GET", "/p/a.txt", Denied, 403),
            ("GET", "/d/x.php", Allowed, 302),
            ("GET", "/images/pic.txt", Denied, 410),
        ],
    );
}

#[test]
fn rules_of_rewriting_that_answer_come_before_access() {
    check(
        "RewriteEngine On\nRewriteRule ^/p/ - [F]\nRewriteRule ^/d/x - [G,L]\n\
         RewriteRule ^/open - [L]\nRewriteRule ^/o - [F]\n\
         RewriteRule !^/[a-z.]*$ http://127.0.0.1/ [R=301]\n\
         <Location />\nRequire all denied\n</Location>",
        &[
            ("GET", "/p/a.txt", Denied, 403),
            ("GET", "/d/x.php", Denied, 410),
            ("GET", "/open.txt", Denied, 403),
            ("GET", "/images/pic.txt", Allowed, 301),
        ],
    );
    check("RewriteRule ^/p/ - [F]", &[("GET", "/p/a.txt", Allowed, 200)]);
    check(
        "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} POST\nRewriteRule ^/p/ - [F]",
        &[("GET", "/p/a.txt", Unknown, 200), ("GET", "/d/x.php", Allowed, 200)],
    );
}

#[test]
fn rules_of_rewriting_in_a_directory_come_behind_access() {
    check(
        "<Directory \"ROOT/p\">\nRewriteEngine On\nRewriteRule ^ - [F]\n</Directory>\n\
         <Directory \"ROOT/p/secret\">\nRewriteEngine Off\n</Directory>",
        &[("GET", "/p/a.txt", Denied, 403), ("GET", "/p/secret/f.txt", Allowed, 200)],
    );
}

#[test]
fn what_is_handed_to_another_server_meets_no_directories() {
    check(
        "ProxyPass /p http://127.0.0.1:1/\nProxyPass /d !\nProxyPass / http://127.0.0.1:1/\n\
         <Directory />\nRequire all denied\n</Directory>",
        &[("GET", "/p/a.txt", Allowed, 503), ("GET", "/d/x.php", Denied, 403)],
    );
    check(
        "ProxyPass /p http://127.0.0.1:1/\n<Proxy \"*\">\nRequire all denied\n</Proxy>",
        &[("GET", "/p/a.txt", Denied, 403)],
    );
}

#[test]
fn a_virtual_host_is_chosen_by_address_then_by_name() {
    let host = |address: &str, names: &str, path: &str| {
        format!(
            "<VirtualHost {address}>\n{names}\n<Location {path}>\nRequire all denied\n</Location>\n\
             </VirtualHost>\n"
        )
    };
    let text = host("*:PORT", "ServerName one.test", "/d")
        + &host("*:PORT", "ServerName two.test\nServerAlias *.two.test", "/p")
        + &host("[::1]:PORT", "ServerName one.test", "/images");
    for (name, from, denied) in [
        ("one.test", "127.0.0.1", "/d/x.php"),
        ("two.test", "127.0.0.1", "/p/a.txt"),
        ("a.two.test", "127.0.0.1", "/p/a.txt"),
        ("other.test", "127.0.0.1", "/d/x.php"),
        ("two.test", "::1", "/images/pic.txt"),
    ] {
        let cases = ["/d/x.php", "/p/a.txt", "/images/pic.txt"].map(|path| {
            if path == denied { ("GET", path, Denied, 403) } else { ("GET", path, Allowed, 200) }
        });
        check_as(&text, Who { host: name, from, user: "" }, &cases);
    }
}

#[test]
fn sections_of_the_main_server_come_before_those_of_a_virtual_host() {
    check(
        "<Location /d>\nRequire all granted\n</Location>\n<VirtualHost *:PORT>\n\
         <Location />\nRequire all denied\n</Location>\n</VirtualHost>",
        &[("GET", "/d/x.php", Denied, 403)],
    );
    check(
        "AllowEncodedSlashes On\n<VirtualHost *:PORT>\n</VirtualHost>",
        &[("GET", "/d%2fx.php", Allowed, 200)],
    );
    check(
        "AllowEncodedSlashes On\n<VirtualHost *:PORT>\nAllowEncodedSlashes Off\n</VirtualHost>",
        &[("GET", "/d%2fx.php", Denied, 404)],
    );
}

#[test]
fn trace_is_answered_before_anything_is_asked() {
    let deny = "<Location />\nRequire all denied\n</Location>";
    check(deny, &[("TRACE", "/a.txt", Allowed, 200)]);
    check(&format!("TraceEnable Off\n{deny}"), &[("TRACE", "/a.txt", Denied, 405)]);
}

#[test]
fn methods_may_be_allowed_by_name() {
    check(
        "<Location />\nAllowMethods GET\n</Location>\n<Location /d>\nAllowMethods reset\n</Location>",
        &[
            ("GET", "/a.txt", Allowed, 200),
            ("POST", "/a.txt", Denied, 405),
            ("POST", "/d/x.php", Allowed, 200),
        ],
    );
}

#[test]
fn what_is_not_modelled_is_unknown_and_other_paths_are_not() {
    check(
        "<Location /d>\nRequire expr \"true\"\n</Location>\n<Location /p>\n\
         Require env nothing\n</Location>\n<If \"false\">\nRequire all denied\n</If>\n",
        &[("GET", "/d/x.php", Unknown, 200), ("GET", "/p/a.txt", Unknown, 403)],
    );
    check(
        "<LocationMatch \"^/(?!d)\">\nRequire all denied\n</LocationMatch>",
        &[("GET", "/d/x.php", Unknown, 200)],
    );
}

#[test]
fn a_proxy_in_front_may_say_where_the_client_is() {
    check(
        "RemoteIPHeader X-Forwarded-For\n<Location /d>\nRequire ip 127\n</Location>",
        &[("GET", "/d/x.php", Unknown, 200)],
    );
    check(
        "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 10.0.0.1\n<Location /d>\n\
         Require ip 127\n</Location>",
        &[("GET", "/d/x.php", Allowed, 200)],
    );
}

#[test]
fn httpd_refuses_what_is_refused_here() {
    for (text, message) in [
        ("Requir all granted", "unknown directive `Requir`"),
        ("Require all granted", "`Require` is not allowed in a server"),
        (
            "<Location />\nDocumentRoot /x\n</Location>",
            "`DocumentRoot` is not allowed in `<Location>`",
        ),
        ("<Location />\nRequire not ip 10\n</Location>", "no effect in <RequireAny>"),
        (
            "<Location />\n<RequireAll>\nRequire not ip 10\n</RequireAll>\n</Location>",
            "<RequireAll> contains only negative authorization directives",
        ),
        (
            "<Location />\n<RequireNone>\nRequire all granted\n</RequireNone>\n</Location>",
            "<RequireNone> has no effect in <RequireAny>",
        ),
        ("<Location />\nRequire nothing\n</Location>", "unknown authorization provider `nothing`"),
        ("<Location />\n<Limit TRACE>\n</Limit>\n</Location>", "TRACE cannot be limited"),
        ("<Location />\nOrder deny\n</Location>", "`deny` is no order"),
        ("<Location />\nRequire ip 1.2.3.x\n</Location>", "`1.2.3.x` is no address"),
        ("<Directory />\nOptions Indexes +Includes\n</Directory>", "others have none"),
        ("<Directory />\nOptions +Includes Indexes\n</Directory>", "others have none"),
        ("<Directory />\nOptions All +Includes Indexes\n</Directory>", "others have none"),
        ("<Directory />\nOptions Indexes None\n</Directory>", "are the first option"),
        ("<Directory />\nOptions +All\n</Directory>", "are the first option"),
        ("SSLEngine On", "is of the module `ssl`, which is not loaded"),
        (
            "<Directory /a>\n<Location /b>\n</Location>\n</Directory>",
            "is not allowed in `<Directory>`",
        ),
    ] {
        let folder = std::path::Path::new("/nowhere");
        let config = crate::live::config(&crate::live::with_modules(text), folder, &Vec::new());
        let messages: Vec<_> = config.findings.iter().map(|it| it.message.as_str()).collect();
        assert!(messages.iter().any(|it| it.contains(message)), "{text}: {messages:?}");
        crate::live::assert_refused(text);
    }
}
