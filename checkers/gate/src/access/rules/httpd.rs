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
    rule!(
        httpd::DENIAL_UNDONE,
        Warning,
        "`Require all granted` of a later section undoes a denial",
        "`<Location>` or `<Files>` with nothing but `Require all granted`, by which a request gets in \
         that a `Require` of an earlier kind of section would refuse. Reported where nothing is left of \
         the denial, or where it is that of `<Files>`; not where the path itself is what `<Location>` \
         names, nor for the denial of `<Directory \"/\">`, which is the default of most \
         configurations. Decided for all paths; the finding names one request.",
        "Of all sections that say `Require`, the last one in force counts alone: `<Directory>` from \
         the root on, then `<Files>`, then `<Location>`. `<Location \"/\"> Require all granted` opens \
         every directory that is denied, and `.htpasswd` with it.",
        "Take it out, grant it to `<Directory>` instead, or write `AuthMerging And` beside it."
    ),
    rule!(
        httpd::LIMIT_GAP,
        Warning,
        "`<Limit>` leaves methods open that change something",
        "`Require`, `Order` and `Deny` inside `<Limit>`, where a request by a method that it names is \
         refused, and the same by PUT, POST, DELETE or PATCH gets in. Decided for all paths; the finding \
         names one request.",
        "For methods that it does not name, `<Limit>` demands nothing at all: `<Limit GET POST>` lets \
         PUT through to whatever answers it, and programs take methods that nobody knows for GET.",
        "Take the demand out of `<Limit>`, or name what may go without it: `<LimitExcept GET>`."
    ),
    rule!(
        httpd::ORDER_RESET,
        Warning,
        "`Allow` without `Order` resets what an outer section denies",
        "Sections that say `Allow` and neither `Order` nor `Deny`, by which a request gets in that \
         `Deny` or `Order` of another section would refuse. Decided for all paths; the finding names one \
         request.",
        "mod_access_compat merges nothing: a section that says anything of it starts with \
         `Order deny,allow` and no `Deny`, so that everybody is let in whom its `Allow` does not name.",
        "Repeat `Order` and `Deny` beside `Allow`, or say all of it by `Require`, without \
         mod_access_compat."
    ),
    rule!(
        httpd::ALLOW_REFUSES_NOBODY,
        Warning,
        "`Allow` without any `Deny` refuses nobody",
        "Sections with `Allow from` addresses, no `Deny`, and no `Order` that denies by default.",
        "Without `Order allow,deny`, whom nothing speaks of is let in: `Allow from 10.0.0.0/8` alone lets \
         everybody in.",
        "Write `Require ip 10.0.0.0/8`, or `Order allow,deny` beside it."
    ),
    rule!(
        httpd::MERGED_OPEN,
        Warning,
        "`AuthMerging Or` adds what lets everybody in",
        "Sections with `AuthMerging Or`, where what they require by themselves refuses a request that \
         gets in, as does everybody else with it. Decided for all paths; the finding names one request.",
        "`Or` lets in whom either section lets in: beside `Require all granted` of an outer one, the \
         `Require` of the section has no effect.",
        "Write `AuthMerging And` where both are to be met, or take it out: then the section counts alone."
    ),
    rule!(
        httpd::ONE_FAMILY,
        Warning,
        "what refuses all addresses of one family leaves the other open",
        "`Deny from`, or `Require not ip` beside `Require all granted` alone, of all IPv4 addresses and no \
         IPv6 address, or the reverse, where clients of both reach the server.",
        "A client that has both kinds of addresses uses the one that is not refused.",
        "Write `Require all denied` or `Deny from all`, which are about all families."
    ),
    rule!(
        httpd::HTACCESS_IGNORED,
        Warning,
        "a `.htaccess` file that refuses somebody has no effect, or refuses everything",
        "`.htaccess` files below the folder of the main file with `Order`, `Deny`, or any `Require` but \
         `all granted`, where `AllowOverride` lets httpd read none in this directory in any site, or does not \
         allow a directive of it in any.",
        "`AllowOverride None` is the default of httpd 2.4: a denial in a file that is not read protects \
         nothing. A directive that is not allowed makes httpd answer everything below with 500.",
        "Say it in `<Directory>`, or write `AllowOverride AuthConfig` for the directory."
    ),
];
