//! What is asked about credentials, as texts: whether they are those of a user of a file, of one of
//! some names, or of a member of a group.

use std::collections::BTreeSet;

use super::condition::Users;

const AS: &str = " as ";
const OR: &str = " or ";
const IN: &str = " in ";

/// Credentials of a user of a file who has one of some names.
pub(super) fn named(file: &str, names: &BTreeSet<String>) -> String {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    format!("{file}{AS}{}", names.join(OR))
}

/// Credentials of a user of a file who is in a group of a file of groups.
pub(super) fn grouped(file: &str, group: &str, members: &str) -> String {
    format!("{file}{IN}{}", group_of(group, members))
}

/// A group, as what is known of it is called among [`Users`].
pub(super) fn group_of(group: &str, members: &str) -> String {
    format!("group {group} of {members}")
}

/// Whether what is asked is true of a user with a name, whom every file of users accepts of which it
/// is not known whom it accepts.
pub(super) fn accepts(asked: &str, name: &str, users: &Users) -> bool {
    if let Some((_, names)) = asked.rsplit_once(AS) {
        return names.split(OR).any(|it| it == name);
    }
    let known = asked.rsplit_once(IN).map_or(asked, |(_, group)| group);
    users.get(known).is_none_or(|it| it.contains(name))
}

/// Whether there may be a user of whom just `chosen` of all that is asked is true: one of a name is
/// a user of the file, and has no other name.
pub(super) fn possible(chosen: &BTreeSet<String>, all: &BTreeSet<&str>) -> bool {
    let whole = |asked: &str| {
        let file = asked.rsplit_once(AS).or_else(|| asked.rsplit_once(IN)).map(|(file, _)| file);
        file.is_none_or(|file| !all.contains(file) || chosen.contains(file))
    };
    let names = |asked: &'_ str| -> Option<BTreeSet<String>> {
        asked.rsplit_once(AS).map(|(_, it)| it.split(OR).map(str::to_owned).collect())
    };
    let asked: Vec<(BTreeSet<String>, bool)> =
        all.iter().filter_map(|it| names(it).map(|names| (names, chosen.contains(*it)))).collect();
    let candidates: BTreeSet<Option<&String>> =
        asked.iter().flat_map(|(names, _)| names.iter().map(Some)).chain([None]).collect();
    let is_one = candidates.iter().any(|candidate| {
        asked.iter().all(|(names, is)| candidate.is_some_and(|it| names.contains(it)) == *is)
    });
    // A user of one file may have the name of another user of another file: only the name counts.
    let one_file = asked.is_empty() || is_one || several_files(all);
    chosen.iter().all(|it| whole(it)) && one_file
}

/// Whether names are asked about in several files, where credentials need not be those of one user.
fn several_files(all: &BTreeSet<&str>) -> bool {
    let files: BTreeSet<&str> =
        all.iter().filter_map(|it| it.rsplit_once(AS).map(|(file, _)| file)).collect();
    files.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_names_are_users_and_have_one_name() {
        let all = BTreeSet::from(["/u", "/u as ann", "/u as ann or bob"]);
        for (chosen, is) in [
            (&[][..], true),
            (&["/u"], true),
            (&["/u as ann"], false),
            (&["/u", "/u as ann"], false),
            (&["/u", "/u as ann or bob"], true),
            (&["/u", "/u as ann", "/u as ann or bob"], true),
        ] {
            let chosen = chosen.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(possible(&chosen, &all), is, "{chosen:?}");
        }
    }

    #[test]
    fn what_is_asked_is_true_of_names() {
        let known = |name: &str| BTreeSet::from([name.to_owned()]);
        let users = Users::from([
            ("/u".to_owned(), known("ann")),
            ("group g of /g".to_owned(), known("bob")),
        ]);
        for (asked, name, is) in [
            ("/u", "ann", true),
            ("/u", "bob", false),
            ("/other", "bob", true),
            ("/u as ann or bob", "bob", true),
            ("/u as ann", "bob", false),
            ("/u in group g of /g", "bob", true),
            ("/u in group g of /g", "ann", false),
        ] {
            assert_eq!(accepts(asked, name, &users), is, "{asked} {name}");
        }
    }
}
