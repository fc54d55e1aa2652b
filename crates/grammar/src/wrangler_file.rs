//! Finds the file that wrangler uses as a Worker's configuration.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// The names, in the order in which wrangler looks for them.
const NAMES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/// The file with which a framework's build makes wrangler deploy another file.
const REDIRECTION: &str = ".wrangler/deploy/config.json";

/// The file that wrangler uses in this folder by default.
///
/// # Errors
/// There is no file, or wrangler would use another one than a user expects.
pub fn find_wrangler(folder: &Path) -> Result<PathBuf, WranglerFileError> {
    let redirection = folder.join(REDIRECTION);
    if redirection.exists() {
        return Err(WranglerFileError::Redirected(redirection));
    }
    let mut present = NAMES.into_iter().filter(|name| folder.join(name).exists());
    match (present.next(), present.next()) {
        (Some(taken), None) => Ok(folder.join(taken)),
        (Some(taken), Some(passed)) => Err(WranglerFileError::Several { taken, passed }),
        (None, _) => Err(WranglerFileError::Missing(folder.to_owned())),
    }
}

/// The reason why it is not clear which file is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WranglerFileError {
    /// The folder has none.
    Missing(PathBuf),
    /// The folder has more than one.
    Several {
        /// The file that wrangler uses.
        taken: &'static str,
        /// A file that wrangler ignores.
        passed: &'static str,
    },
    /// This file makes wrangler deploy another one.
    Redirected(PathBuf),
}

impl fmt::Display for WranglerFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(folder) => {
                let [first, second, last] = NAMES;
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                write!(formatter, "there is no {first}, {second} or {last} in `{}`", folder.display())
            }
            Self::Several { taken, passed } => write!(
                formatter,
                "{taken} is beside {passed}: wrangler uses {taken} and ignores {passed}; keep one of the two"
            ),
            Self::Redirected(file) => write!(
                formatter,
                "{} makes wrangler deploy the file that it names; remove it, or name the file that is deployed",
                file.display()
            ),
        }
    }
}

impl Error for WranglerFileError {}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn one_file_is_taken_and_two_are_not() {
        let root = std::env::temp_dir().join(format!("ostiary-wrangler-file-{}", std::process::id()));
        for (number, (present, expected)) in [
            (&["wrangler.toml"][..], Ok("wrangler.toml")),
            (&["wrangler.jsonc"], Ok("wrangler.jsonc")),
            (&["wrangler.json"], Ok("wrangler.json")),
            (&["wrangler.toml", "wrangler.jsonc"], Err("wrangler.jsonc is beside wrangler.toml")),
            (&["wrangler.jsonc", "wrangler.json"], Err("wrangler.json is beside wrangler.jsonc")),
            (&[], Err("there is no wrangler.json, wrangler.jsonc or wrangler.toml in ")),
            (&["wrangler.toml", REDIRECTION], Err("config.json makes wrangler deploy the file")),
        ]
        .into_iter()
        .enumerate()
        {
            let folder = root.join(number.to_string());
            fs::create_dir_all(folder.join(".wrangler/deploy")).unwrap();
            for name in present {
                fs::write(folder.join(name), "").unwrap();
            }
            let found = find_wrangler(&folder).map_err(|error| error.to_string());
            match expected {
                Ok(name) => assert_eq!(found, Ok(folder.join(name))),
                Err(part) => assert!(found.as_ref().is_err_and(|told| told.contains(part)), "{found:?}"),
            }
        }
        fs::remove_dir_all(root).unwrap();
    }
}
