//! Any text is read in every dialect without a panic, in bounded time, with every span inside the
//! text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seatrial_parse::settings::{Dialect, comments, read};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in Dialect::ALL {
        let settings = read(text, dialect);
        let of_settings = settings.settings.iter().flat_map(|s| [s.name_span, s.value_span]);
        let of_problems = settings.problems.iter().flat_map(|problem| {
            let related = problem.related.iter().map(|(span, _)| *span);
            related.chain([problem.span])
        });
        let of_skipped = settings.skipped.iter().map(|skipped| skipped.span);
        let found = comments(text, dialect, &settings);
        let of_comments = found.iter().map(|comment| comment.span);
        for span in of_settings.chain(of_problems).chain(of_skipped).chain(of_comments) {
            assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }
});
