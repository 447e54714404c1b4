//! What is found in a configuration happens: the request that a finding names gets in at a running
//! httpd, where one that the same demand is asked about does not.

use seatrial_access::web::httpd::{lint, rules};

use crate::live::{BASE, Htaccess, Trial};

/// A configuration, the rule, the request that gets in, and one that is refused.
type Case = (&'static str, &'static str, [&'static str; 2], [&'static str; 2]);

const CASES: &[Case] = &[
    (
        "<Files \".ht*\">\nRequire all denied\n</Files>\n<Directory \"ROOT/d\">\nRequire all denied\n\
         </Directory>\n<Location \"/\">\nRequire all granted\n</Location>\n<Location /p>\n\
         Require all denied\n</Location>",
        rules::DENIAL_UNDONE,
        ["GET", "/.htsecret"],
        ["GET", "/p/a.txt"],
    ),
    (
        "<Location /d>\n<Limit GET PUT>\nRequire all denied\n</Limit>\n</Location>",
        rules::LIMIT_GAP,
        ["POST", "/d/index.html"],
        ["GET", "/d/index.html"],
    ),
    (
        "<Directory \"ROOT/d\">\nOrder allow,deny\nDeny from all\n<Files \"x.php\">\n\
         Allow from 10.0.0.0/8\n</Files>\n</Directory>",
        rules::ORDER_RESET,
        ["GET", "/d/x.php"],
        ["GET", "/d/index.html"],
    ),
    (
        "<Location /d>\nAllow from 10.0.0.0/8\n</Location>\n<Location /p>\nOrder allow,deny\n\
         Allow from 10.0.0.0/8\n</Location>",
        rules::ALLOW_REFUSES_NOBODY,
        ["GET", "/d/x.php"],
        ["GET", "/p/a.txt"],
    ),
    (
        "<Directory \"ROOT\">\nRequire all granted\n</Directory>\n<Location /d>\nAuthMerging Or\n\
         Require ip 10.0.0.0/8\n</Location>\n<Location /p>\nRequire ip 10.0.0.0/8\n</Location>",
        rules::MERGED_OPEN,
        ["GET", "/d/x.php"],
        ["GET", "/p/a.txt"],
    ),
    (
        "<Location /d>\nDeny from ::/1 8000::/1\n</Location>\n<Location /p>\nDeny from all\n\
         </Location>",
        rules::ONE_FAMILY,
        ["GET", "/d/x.php"],
        ["GET", "/p/a.txt"],
    ),
    (
        "<Directory \"ROOT/d\">\nAllowOverride None\n</Directory>\n<Directory \"ROOT/p\">\n\
         AllowOverride AuthConfig\n</Directory>",
        rules::HTACCESS_IGNORED,
        ["GET", "/d/x.php"],
        ["GET", "/p/a.txt"],
    ),
];

#[test]
fn what_is_found_gets_in_at_a_running_server() {
    let mut shown = Vec::new();
    for &(text, rule, open, refused) in CASES {
        let denial = || "Require all denied\n".to_owned();
        let htaccess: Htaccess = match rule {
            rules::HTACCESS_IGNORED => vec![("d", denial()), ("p", denial())],
            _ => Vec::new(),
        };
        let trial = Trial::start(&format!("{BASE}{text}"), &htaccess);
        assert_eq!(trial.config.findings, [], "{text}");
        let found = lint(&trial.config).findings;
        let found: Vec<_> = found.iter().filter(|it| it.rule == rule).collect();
        assert!(!found.is_empty(), "{text}");
        shown.push(rule);
        if trial.is_live() {
            let status = |[method, path]: [&str; 2]| trial.ask(&trial.request(method, path)).0;
            assert_eq!((status(open), status(refused)), (200, 403), "{text}");
        }
    }
    shown.sort_unstable();
    assert_eq!(shown, rules::LINTS);
}
