//! What the rules on configurations of nginx say about themselves.

use seatrial_access::web::nginx::rules as nginx;
use seatrial_core::{Part, Rule, Severity};

/// The rules on configurations of nginx.
pub(super) static NGINX: &[&Rule] = &[
    rule!(
        nginx::INVALID,
        Error,
        "a configuration of nginx that nginx refuses",
        "`nginx.conf`, other main files that `web` in `seatrial.yaml` names, and all that they include \
         from the folder of the main file: braces and semicolons, arguments, directives where they may \
         not stand, locations outside of the one that encloses them, files that are included and are \
         not there. A path below `/etc/nginx/` is sought in the folder of the main file; of the files \
         that the packages of nginx bring (`mime.types`, `fastcgi_params` and their kin) none need be \
         there.",
        "nginx does not start, or keeps its old configuration. What the file would allow is not known: \
         no other rule judges it, and every assertion on web servers is undecided.",
        "As the message says. `nginx -t` says the same of an installed configuration."
    ),
    rule!(
        nginx::UNKNOWN_DIRECTIVE,
        Error,
        "a directive that nginx does not have",
        "The names of directives against those of nginx 1.22 as Debian builds it. Directives of \
         well-known other modules are let pass, and what they decide is unknown.",
        "A misspelt `deny` protects nothing, and nginx refuses the whole file.",
        "Write the name as the message suggests."
    ),
    rule!(
        nginx::UNREAD_INCLUDE,
        Warning,
        "a file is included that is not among the files",
        "`include` of one file outside of `/etc/nginx/`, such as that of a certificate tool. Anything \
         may stand in it, so that all that is decided around it is unknown: other rules are silent \
         there, and assertions undecided.",
        "What is not looked at may open what the rest protects.",
        "Keep the file beside the main file, under the path that is included, or accept this with a \
         reason."
    ),
    rule!(
        nginx::STOLEN_PREFIX,
        Warning,
        "a regular expression takes requests away from a protected prefix",
        "Whether there is a request below a `location /prefix/` with demands of its own (`deny`, \
         `auth_basic`, `auth_request`) that goes to a `location ~ expression` instead, and gets in there \
         where the demand would refuse it. Decided for all paths; the finding names one. An expression \
         that is found below the prefix alone is meant, and not reported.",
        "Of locations, the longest prefix wins only if no expression is found in the path: \
         `location /admin/ { deny all; }` does not protect `/admin/x.php` from `location ~ \\.php$`, \
         which runs it.",
        "Write `location ^~ /admin/`, put the expression inside of the prefix, or repeat the demand."
    ),
    rule!(
        nginx::RETURN_BEFORE_DENY,
        Warning,
        "`return` answers before `deny` or `auth_basic` are asked",
        "Locations that state a demand of their own and answer by `return` with a status of 200 to 299, \
         where a request gets the answer that the demand would refuse.",
        "`return` belongs to the rewrite phase, which is over before access is asked about: the demand \
         is never looked at.",
        "Serve the answer from a file or another location, which `try_files` leads to after access was \
         granted."
    ),
    rule!(
        nginx::ALIAS_TRAVERSAL,
        Error,
        "`alias` with a slash at its end, in a location without one, leads out of its folder",
        "`location /i` with `alias /d/`, where a request for `/i../x` is served from `/d/../x`.",
        "Whoever asks for `/i../x` reads the folder above: sources, keys, databases.",
        "Write both with the slash: `location /i/ { alias /d/; }`."
    ),
    rule!(
        nginx::ONE_FAMILY,
        Warning,
        "rules about addresses of one family leave the other open",
        "Levels whose `allow` and `deny` speak of IPv4 or of IPv6 alone, on a server that listens for \
         both, unless credentials are demanded as well.",
        "Whom no rule fits is let in: `deny 0.0.0.0/0` refuses nobody who comes by IPv6.",
        "End the rules with `deny all`."
    ),
    rule!(
        nginx::ALLOW_REFUSES_NOBODY,
        Warning,
        "`allow` without a `deny` refuses nobody",
        "Levels that state `allow` for some addresses and no `deny`. They inherit none: one rule of a \
         level replaces all rules of the levels around it.",
        "Whom no rule fits is let in: `location /api/ { allow 2001:db8::/32; }` inside of a server with \
         `deny all` opens `/api/` to everybody.",
        "End the rules with `deny all`."
    ),
    rule!(
        nginx::LIMIT_EXCEPT_GAP,
        Warning,
        "`limit_except` demands nothing of a method that changes something",
        "`limit_except` that names POST, PUT, PATCH, DELETE, MKCOL or MOVE, and demands credentials or \
         addresses of all other methods.",
        "The methods that are named are those that are *not* limited.",
        "Name those alone that everybody may use: mostly `limit_except GET`, which means HEAD as well."
    ),
    rule!(
        nginx::UNMERGED_SLASHES,
        Warning,
        "with `merge_slashes off`, a doubled slash gets around a location",
        "Servers with `merge_slashes off`: whether a path that a location refuses gets in with one more \
         slash.",
        "`//admin` is not below `location /admin`, but most services and every file system take it for \
         the same.",
        "Leave `merge_slashes` on, or write the location as an expression: `~ ^/+admin`."
    ),
    rule!(
        nginx::SATISFY_NOTHING,
        Warning,
        "`satisfy any` where nothing refuses lets everybody in",
        "Levels under `satisfy any` with `allow` for some, no `deny`, and no demand for credentials.",
        "`satisfy any` admits whom one check admits, and if none has anything to say, everybody.",
        "End the rules with `deny all`, or demand credentials as well."
    ),
    rule!(
        nginx::TRIED_PROTECTED,
        Warning,
        "`try_files` serves a file that its own location would refuse",
        "Arguments of `try_files` but the last one, in locations that serve files: whether the file that \
         is named is one that another location demands something for. `internal` locations are meant \
         for this, and not reported.",
        "Only the last argument is looked up as a request of its own. The others are served where \
         `try_files` stands, by the demands that stand there.",
        "Demand the same there, or make the file the last argument."
    ),
    rule!(
        nginx::EXACT_WITHOUT_CHILDREN,
        Warning,
        "an exact location demands something, and what is below it is served without",
        "`location = /admin` with demands of its own, where a request for `/admin/` gets in and goes to \
         the same service, or the same folder.",
        "Services mostly take `/admin/` for `/admin`.",
        "Write `location /admin/` as well, or a prefix in place of the exact location."
    ),
];
