//! Where results go: formats and files, as a user names them.

use std::fmt;
use std::path::PathBuf;

/// Where one result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// Why formats and files do not pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpaired {
    /// A file is without a format.
    MoreFiles,
    /// More than one format is without a file.
    MoreFormats,
}

impl Unpaired {
    /// What to do about it, where `format` and `output` are the names of the two flags.
    pub fn help(self, format: &str, output: &str) -> String {
        match self {
            Self::MoreFiles => format!("give each `{output}` its `{format}`"),
            Self::MoreFormats => format!("write the others to files with `{output}`"),
        }
    }
}

impl fmt::Display for Unpaired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::MoreFiles => "there are more files than formats",
            Self::MoreFormats => "only one format can go to standard output",
        })
    }
}

impl std::error::Error for Unpaired {}

/// Pairs formats with files by position; `-` is standard output. Formats without a file go to
/// standard output, where there is room for one. Without any format, it is the default one.
pub fn pair<F: Copy + Default>(
    formats: &[F],
    files: &[PathBuf],
) -> Result<Vec<(F, Target)>, Unpaired> {
    let default = [F::default()];
    let formats = if formats.is_empty() { &default } else { formats };
    if files.len() > formats.len() {
        return Err(Unpaired::MoreFiles);
    }
    let targets = files.iter().map(|path| match path.to_str() {
        Some("-") => Target::Stdout,
        _ => Target::File(path.clone()),
    });
    let pairs: Vec<_> =
        formats.iter().copied().zip(targets.chain(std::iter::repeat(Target::Stdout))).collect();
    if pairs.iter().filter(|(_, target)| *target == Target::Stdout).count() > 1 {
        return Err(Unpaired::MoreFormats);
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_pair_with_files_and_one_may_go_to_standard_output() {
        let (file, none) = (|| PathBuf::from("a"), [0; 0]);
        let target = || Target::File(file());
        for (formats, files, expected) in [
            (&none as &[i32], vec![], Ok(vec![(0, Target::Stdout)])),
            (&none, vec![file()], Ok(vec![(0, target())])),
            (&[1, 2], vec![file()], Ok(vec![(1, target()), (2, Target::Stdout)])),
            (&[1, 2], vec!["-".into(), file()], Ok(vec![(1, Target::Stdout), (2, target())])),
            (&[1, 2], vec![], Err(Unpaired::MoreFormats)),
            (&[1, 2], vec!["-".into(), "-".into()], Err(Unpaired::MoreFormats)),
            (&[1], vec![file(), file()], Err(Unpaired::MoreFiles)),
        ] {
            assert_eq!(pair(formats, &files), expected, "{formats:?} {files:?}");
        }
    }
}
