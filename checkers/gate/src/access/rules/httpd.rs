//! What the rules on configurations of Apache httpd say about themselves.

use seatrial_access::web::httpd::rules as httpd;
use seatrial_core::{Part, Rule, Severity};

/// The rules on configurations of httpd.
pub(super) static HTTPD: &[&Rule] = &[
    rule!(
        httpd::INVALID,
        Error,
        "a configuration of Apache httpd that httpd refuses",
        "`httpd.conf` and `apache2.conf`, other main files that `web` in `seatrial.yaml` names, all that \
         they include from the folder of the main file, and the `.htaccess` files below it: sections \
         that are not closed, arguments, directives where they may not stand, files that are included \
         and are not there.",
        "httpd does not start, or keeps its old configuration; a broken `.htaccess` file makes it refuse \
         all of its directory. What the files would allow is not known, and every assertion on web \
         servers is undecided.",
        "As the message says. `apachectl configtest` says the same of an installed configuration."
    ),
    rule!(
        httpd::UNKNOWN_DIRECTIVE,
        Error,
        "a directive that Apache httpd does not have",
        "The names of directives against those of httpd 2.4 and its modules, as Debian builds them.",
        "A misspelt `Require` protects nothing, and httpd refuses the whole file.",
        "Write the name as the message suggests, or load the module that has it."
    ),
];
