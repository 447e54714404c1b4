//! What the rules on parameters say about themselves.

use seatrial_core::{Part, Rule, Severity};

/// A value that is not of its parameter's type.
pub static TYPE: Rule = Rule::fixed(
    "parameter-type",
    Part::Parameter,
    Severity::Warning,
    "a value that is not of its parameter's type, or has a unit that does not exist",
    "## What it checks\n\nThe value of a parameter is a boolean, a number, a port or an octal \
     permission where the documentation of the system says so, where working configurations \
     have it so, or where the words of its name mean it in any system (`….enabled`, \
     `….interval.ms`, `….port`). A number may have a unit of time or of storage; words that \
     stand for a number (`none`, `auto`, `unlimited`) pass.\n\n\
     ## Why it matters\n\nMany systems fall back to a default without a word, others do not \
     start.\n\n\
     ## What to do\n\nCorrect the value. What is documented is reported as an error, what is \
     learned as a warning; each finding names its evidence.\n\n\
     ## Known limits\n\nA value with `${…}` is not looked at, nor is a computed one of a Django \
     settings module. Numbers are not told apart by whether they may have a fraction.",
);

/// A value that no parameter can have.
pub static IMPOSSIBLE: Rule = Rule::fixed(
    "impossible-value",
    Part::Parameter,
    Severity::Warning,
    "a path with an empty part, an IP address that is none, or a URL that names no place",
    "## What it checks\n\nWhat is written like an IPv4 address is one (`256.0.0.0` is not), a \
     path has no empty part (`/var//log`), and something stands behind the scheme of a URL \
     (`file:/` names nothing).\n\n\
     ## Why it matters\n\nAn address that is none is tried as a host name, and the failure shows \
     far from its cause. Two slashes are where a variable was empty or two paths were joined.\n\n\
     ## What to do\n\nCorrect the value.\n\n\
     ## Known limits\n\nFile systems take `//` for `/`: a path with it may work.",
);

/// A value beyond the natural limits of its type.
pub static RANGE: Rule = Rule::fixed(
    "parameter-range",
    Part::Parameter,
    Severity::Warning,
    "a number beyond the limits of its type",
    "## What it checks\n\nA port lies between 0 and 65535, a permission has octal digits only, and \
     a whole number without a unit fits 32 bits unless it is a size.\n\n\
     ## Why it matters\n\nMost numbers are read into 32-bit integers; one that does not fit stops \
     the start, or wraps round.\n\n\
     ## What to do\n\nWrite a smaller number, or a size with its unit.\n\n\
     ## Known limits\n\nSome parameters are read into 64 bits. Names that speak of bytes, multiples \
     of 1024 and the largest numbers of 32 and 64 bits pass; for others this is a warning.",
);

/// A word that a parameter does not know.
pub static CHOICE: Rule = Rule::fixed(
    "parameter-choice",
    Part::Parameter,
    Severity::Warning,
    "a value that is not one of those its parameter knows",
    "## What it checks\n\nA parameter for which the documentation lists the values has one of them; \
     of a list, every part. Letter case does not count. Without documentation, a parameter whose \
     values are words in capitals in working configurations has no word in small letters.\n\n\
     ## Why it matters\n\nThe system does not start, or takes its default.\n\n\
     ## What to do\n\nUse one of the values listed.",
);

/// A smaller limit above a larger one.
pub static ORDER: Rule = Rule::fixed(
    "parameter-order",
    Part::Parameter,
    Severity::Warning,
    "a parameter that exceeds the one that limits it",
    "## What it checks\n\nTwo parameters of one file of which the first must not exceed the second: \
     those that the documentation relates, and those whose names differ in `min` and `max`, `low` \
     and `high` or words like them. Units are converted.\n\n\
     ## Why it matters\n\nThe system refuses to start, or one of the two is silently ignored.\n\n\
     ## What to do\n\nLower the first or raise the second.\n\n\
     ## Known limits\n\nNegative numbers and a limit of zero switch limits off in many systems, and \
     are not compared; nor are values whose units differ in kind.",
);

/// A parameter that another one switches off.
pub static EFFECT: Rule = Rule::fixed(
    "parameter-without-effect",
    Part::Parameter,
    Severity::Warning,
    "a parameter that has no effect because another one switches it off",
    "## What it checks\n\nA parameter that is set while the one it depends on, in the same file, has a \
     value under which it is not looked at: by the documentation, or because it stands below a \
     switch that is off (`x.enabled` and `x.interval`); the latter is a guess, and a note. The \
     switch is reported, with the other as a related place.\n\n\
     ## Why it matters\n\nSomeone thought it had an effect.\n\n\
     ## What to do\n\nSwitch it on, or remove the parameter.\n\n\
     ## Known limits\n\nA relation that a working configuration breaks is not reported.",
);

/// A parameter that the version does not have.
pub static REMOVED: Rule = Rule::fixed(
    "removed-parameter",
    Part::Parameter,
    Severity::Warning,
    "a parameter that was removed or renamed, or that came with a later version",
    "## What it checks\n\nNo parameter is set that the documentation of the system lists as removed \
     or renamed, or that a later version introduced.\n\n\
     ## Why it matters\n\nMost systems ignore what they do not know.\n\n\
     ## What to do\n\nUse the parameter that took its place, if there is one.",
);

/// A parameter that nobody knows.
pub static UNKNOWN: Rule = Rule::fixed(
    "unknown-parameter",
    Part::Parameter,
    Severity::Warning,
    "a parameter that the system does not have",
    "## What it checks\n\nEvery parameter is in the list of those that the system documents, or begins \
     like those whose names users make up. The nearest name is suggested.\n\n\
     ## Why it matters\n\nMost systems ignore what they do not know: a misspelt parameter keeps its \
     default.\n\n\
     ## What to do\n\nCorrect the name, or remove the parameter.\n\n\
     ## Known limits\n\nThe list is that of one version, and of what is documented.",
);

/// A line or an element that sets no parameter.
pub static INVALID: Rule = Rule::fixed(
    "invalid-configuration",
    Part::Parameter,
    Severity::Error,
    "a part of a configuration file that cannot be read",
    "## What it checks\n\nThe file is written as the system reads it: a line sets a parameter, quotes \
     and elements are closed, a value has a name.\n\n\
     ## Why it matters\n\nSome systems do not start, others read something else than was meant.\n\n\
     ## What to do\n\nCorrect the text at the place named. All other parameters are checked all the \
     same.\n\n\
     ## Known limits\n\nFiles that a configuration includes are named in a note, and not read.",
);

/// A parameter that is set twice.
pub static REPEATED: Rule = Rule::fixed(
    "repeated-parameter",
    Part::Parameter,
    Severity::Warning,
    "a parameter that is set twice in one file",
    "## What it checks\n\nEvery parameter is set once. Directives of Redis may be repeated.\n\n\
     ## Why it matters\n\nThe last one silently wins.\n\n\
     ## What to do\n\nRemove one of the two.",
);

/// A part of a configuration that is not looked at.
pub static SKIPPED: Rule = Rule::fixed(
    "skipped-configuration",
    Part::Parameter,
    Severity::Note,
    "a part of a configuration file that is not looked at",
    "## What it checks\n\nNothing: it names what is left out. Of a Django settings module only \
     assignments to upper-case names are looked at, of Hadoop's XML only properties that have a \
     value. Files that a configuration includes are not read.\n\n\
     ## Why it matters\n\nWhat is not looked at is not checked.\n\n\
     ## What to do\n\nNothing, if it is no parameter.",
);

/// All rules, in the order of their ids.
pub static RULES: [&Rule; 11] = [
    &IMPOSSIBLE,
    &INVALID,
    &CHOICE,
    &ORDER,
    &RANGE,
    &TYPE,
    &EFFECT,
    &REMOVED,
    &REPEATED,
    &SKIPPED,
    &UNKNOWN,
];
