//! `seatrial init`: files for what lies in a folder.

use std::path::Path;

use seatrial_core::Target;
use seatrial_gate::init::Facts;

use crate::args::InitArgs;
use crate::output::{Failure, say, write};
use crate::{Exit, Outcome};

pub(crate) fn run(args: &InitArgs) -> Outcome {
    if !args.folder.is_dir() {
        let folder = args.folder.display();
        return Err(Failure::new(format!("`{folder}` is no folder")));
    }
    let text = args.target.text(&Facts::of(&args.folder));
    let path = match &args.output {
        Some(path) if path == Path::new("-") => {
            write(&Target::Stdout, &text)?;
            return Ok(Exit::Clean);
        }
        Some(path) => path.clone(),
        None => args.folder.join(args.target.file()),
    };
    if path.exists() && !args.force {
        let why = format!("`{}` is there already", path.display());
        let help = "`--output -` prints what to add to it, `--force` replaces it";
        return Err(Failure::new(why).help(help));
    }
    if let Some(folder) = path.parent() {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|error| Failure::new(format!("`{}`: {error}", folder.display())))?;
    }
    write(&Target::File(path.clone()), &text)?;
    say(&format!("wrote {}; {}", path.display(), args.target.next()));
    Ok(Exit::Clean)
}
