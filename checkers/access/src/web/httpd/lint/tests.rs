use std::collections::BTreeMap;

use seatrial_core::SourceFile;

use super::super::read::{Files, read};
use super::super::rules::*;
use super::*;

/// `.htaccess` files by the directories that they are in.
struct InMemory(BTreeMap<String, Arc<SourceFile>>);

impl Files for InMemory {
    fn included(&mut self, _: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        Ok(Vec::new())
    }

    fn in_directories(&mut self, _: &str) -> Vec<(String, Arc<SourceFile>)> {
        self.0.iter().map(|(name, file)| (name.clone(), Arc::clone(file))).collect()
    }
}

/// The ids of what is found in a site, with a `.htaccess` in `/srv/www/d`.
fn found(text: &str, htaccess: &str) -> Vec<String> {
    let text = format!("Listen 80\nServerName x\nDocumentRoot \"/srv/www\"\n{text}");
    let mut files = BTreeMap::new();
    if !htaccess.is_empty() {
        let file = SourceFile::new("srv/www/d/.htaccess", htaccess);
        files.insert("/srv/www/d".to_owned(), Arc::new(file));
    }
    let config =
        read(&Arc::new(SourceFile::new("httpd.conf", text.as_str())), &mut InMemory(files));
    assert_eq!(config.findings, [], "{text}");
    let found = lint(&config);
    assert_eq!(found.undecided, [], "{text}");
    found.findings.iter().map(|it| it.rule.to_string()).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn mistakes_are_found_and_nothing_else() {
    let denied = "Require all denied\n";
    let secret = format!("<Files \".ht*\">\n{denied}</Files>\n");
    let root = format!(
        "<Directory \"/\">\n{denied}</Directory>\n<Directory \"/srv/www\">\nRequire all granted\n\
         </Directory>\n"
    );
    for (text, rules) in [
        (root.clone(), &[][..]),
        (format!("{root}{secret}"), &[]),
        (format!("{secret}<Location \"/\">\nRequire all granted\n</Location>"), &[DENIAL_UNDONE]),
        (
            format!("{secret}<Location \"/\">\nAuthMerging And\nRequire all granted\n</Location>"),
            &[],
        ),
        (format!("{secret}<Location \"/.htx\">\nRequire all granted\n</Location>"), &[]),
        (
            format!(
                "<Directory \"/srv/www/a\">\n{denied}</Directory>\n<Location \"/a\">\nRequire all \
                 granted\n</Location>"
            ),
            &[DENIAL_UNDONE],
        ),
        // Only a part is taken out.
        (
            format!(
                "<Directory \"/srv/www/a\">\n{denied}</Directory>\n<Location \"/a/b\">\nRequire all \
                 granted\n</Location>"
            ),
            &[],
        ),
        (format!("<Location \"/a\">\n<Limit POST>\n{denied}</Limit>\n</Location>"), &[LIMIT_GAP]),
        (format!("<Location \"/a\">\n<LimitExcept GET>\n{denied}</LimitExcept>\n</Location>"), &[]),
        (
            format!("<Location \"/a\">\n<Limit POST PUT DELETE PATCH>\n{denied}</Limit>\n</Location>"),
            &[],
        ),
        (
            "<Directory \"/srv/www/a\">\nDeny from all\n<Files x>\nAllow from 10\n</Files>\n\
             </Directory>"
                .to_owned(),
            &[ORDER_RESET],
        ),
        (
            "<Directory \"/srv/www/a\">\nDeny from all\n<Files x>\nOrder deny,allow\nDeny from all\n\
             Allow from 10\n</Files>\n</Directory>"
                .to_owned(),
            &[],
        ),
        ("<Location \"/a\">\nAllow from 10\n</Location>".to_owned(), &[ALLOW_REFUSES_NOBODY]),
        ("<Location \"/a\">\nOrder allow,deny\nAllow from 10\n</Location>".to_owned(), &[]),
        ("<Location \"/a\">\nAllow from all\n</Location>".to_owned(), &[]),
        (
            format!("{root}<Location \"/a\">\nAuthMerging Or\nRequire ip 10\n</Location>"),
            &[MERGED_OPEN],
        ),
        (
            "<Directory \"/srv/www\">\nRequire ip 192.0.2.0/24\n</Directory>\n<Location \"/a\">\n\
             AuthMerging Or\nRequire ip 10\n</Location>"
                .to_owned(),
            &[],
        ),
        ("<Location \"/a\">\nDeny from 0.0.0.0/1 128.0.0.0/1\n</Location>".to_owned(), &[ONE_FAMILY]),
        (
            "<Location \"/a\">\n<RequireAll>\nRequire all granted\nRequire not ip ::/1 8000::/1\n\
             </RequireAll>\n</Location>"
                .to_owned(),
            &[ONE_FAMILY],
        ),
        ("<Location \"/a\">\nDeny from 10\n</Location>".to_owned(), &[]),
    ] {
        assert_eq!(found(&text, ""), rules, "{text}");
    }
}

#[test]
fn htaccess_files_without_effect_are_found() {
    for (over, htaccess, rules) in [
        ("AllowOverride None", "Require all denied\n", &[HTACCESS_IGNORED][..]),
        ("AllowOverride None", "<Files x>\nDeny from all\n</Files>\n", &[HTACCESS_IGNORED]),
        ("AllowOverride None", "AddType text/plain .x\n", &[]),
        ("AllowOverride None", "Require all granted\n", &[]),
        ("AllowOverride AuthConfig", "Require all denied\n", &[]),
        ("AllowOverride Limit", "Require all denied\n", &[HTACCESS_IGNORED]),
        ("AllowOverride Limit Nonfatal=All", "Require all denied\n", &[]),
    ] {
        let text = format!("<Directory \"/srv/www\">\n{over}\n</Directory>");
        assert_eq!(found(&text, htaccess), rules, "{over} {htaccess}");
    }
}
