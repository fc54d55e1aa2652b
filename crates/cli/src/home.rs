//! The folder of a gateway's configuration, and the clone of Ostiary that builds it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::failure::Failure;
use crate::shell::quoted;
use crate::source_folder;

/// The path of the schema of gateway.toml in this repository.
const SCHEMA: &str = "docs/gateway.schema.json";
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// The `.gitignore` of a gateway's folder: files that are built or secret.
const IGNORED: &str = "/build\n/.wrangler\n.dev.vars*\n";

/// The folder of a gateway's configuration, relative to the clone.
pub struct Home {
    folder: PathBuf,
    clone: Clone,
}

enum Clone {
    /// The folder is the clone itself, with the demo's configuration.
    Here,
    /// The clone is elsewhere, at this path relative to the folder.
    At(PathBuf),
    /// No clone was found. The usual path is used.
    Missing,
}

impl Home {
    /// # Errors
    /// The folder does not exist.
    pub fn find(folder: &Path) -> Result<Self, Failure> {
        let folder = folder
            .canonicalize()
            .map_err(|error| Failure::usage(format_args!("the folder {}: {error}", folder.display())))?;
        let clone = match source_folder::find(&folder) {
            None => Clone::Missing,
            Some(clone) if clone == folder => Clone::Here,
            Some(clone) => Clone::At(source_folder::path_from(&folder, &clone)),
        };
        Ok(Self { folder, clone })
    }

    /// The first line of a new gateway.toml, which names the schema for editors.
    pub fn first_line(&self) -> String {
        let schema = match &self.clone {
            Clone::Here => Path::new(".").join(SCHEMA),
            Clone::At(path) => path.join(SCHEMA),
            Clone::Missing => Path::new(source_folder::USUAL).join(SCHEMA),
        };
        let is_explicit = schema.is_absolute() || schema.starts_with(".") || schema.starts_with("..");
        let prefix = if is_explicit { "" } else { "./" };
        format!("#:schema {prefix}{}\n", schema.display())
    }

    /// The name of the folder.
    pub fn folder_name(&self) -> String {
        self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The command that builds the Worker; `None` in the clone, whose template contains it.
    pub fn build_command(&self) -> Option<String> {
        match &self.clone {
            Clone::Here => None,
            Clone::At(_) | Clone::Missing => Some(self.make("--silent", "build")),
        }
    }

    /// The command that runs the gateway, for the current folder; `None` if its file is not called gateway.toml,
    /// because `make` reads no other one.
    pub fn dev_command(&self, gateway: &Path) -> Option<String> {
        if gateway.file_name()? != "gateway.toml" {
            return None;
        }
        let make = self.make("", "dev");
        let is_here = env::current_dir().is_ok_and(|current| current == self.folder);
        let folder = quoted(&self.folder.to_string_lossy());
        Some(if is_here { make } else { format!("cd {folder} && {make}") })
    }

    /// The words that run wrangler in the folder.
    pub fn wrangler_words(&self) -> String {
        let clone = match &self.clone {
            Clone::Here => Path::new(""),
            Clone::At(path) => path,
            Clone::Missing => Path::new(source_folder::USUAL),
        };
        quoted(&source_folder::wrangler(clone).to_string_lossy())
    }

    fn make(&self, options: &str, target: &str) -> String {
        let options = if options.is_empty() { String::new() } else { format!("{options} ") };
        let clone = match &self.clone {
            Clone::Here => return format!("make {options}{target}"),
            Clone::At(path) => path.display().to_string(),
            Clone::Missing => source_folder::USUAL.to_owned(),
        };
        let clone = quoted(clone.trim_end_matches('/'));
        format!("make {options}--directory {clone} {target} GATEWAY=\"$PWD\"")
    }

    /// The command for cloning Ostiary, if there is no clone.
    pub fn clone_step(&self) -> Option<String> {
        let usual = source_folder::USUAL;
        matches!(self.clone, Clone::Missing).then(|| {
            format!("  Clone Ostiary, which builds the Worker, into this folder:\n    git clone {REPOSITORY} {usual}")
        })
    }

    /// Writes a `.gitignore`, or adds what one lacks, unless the folder is the clone: `.wrangler` has the values of the
    /// local store. Returns whether it was changed.
    ///
    /// # Errors
    /// Returns an error if it cannot be read or written.
    pub fn ignore_what_is_built(&self) -> Result<bool, Failure> {
        let path = self.folder.join(".gitignore");
        let told =
            |what: &str, error| Failure::failed(format_args!("cannot {what} {}: {error}", path.display()));
        let before = match fs::read_to_string(&path) {
            _ if matches!(self.clone, Clone::Here) => return Ok(false),
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(told("read", error)),
        };
        let after = with_ignored(&before);
        if after == before {
            return Ok(false);
        }
        fs::write(&path, after).map_err(|error| told("write", error)).map(|()| true)
    }
}

/// The text of a `.gitignore`, with the lines that it lacks at its end.
fn with_ignored(text: &str) -> String {
    let plain = |line: &str| line.trim().trim_matches('/').to_owned();
    let known: Vec<String> = text.lines().map(plain).collect();
    let missing = IGNORED.lines().filter(|line| !known.contains(&plain(line)));
    let missing: String = missing.flat_map(|line| [line, "\n"]).collect();
    let end = if text.is_empty() || text.ends_with('\n') || missing.is_empty() { "" } else { "\n" };
    format!("{text}{end}{missing}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ignored_yet_is_added() {
        assert_eq!(with_ignored(""), IGNORED);
        assert_eq!(with_ignored(IGNORED), IGNORED);
        assert_eq!(with_ignored("build/\n.wrangler\n.dev.vars*\n"), "build/\n.wrangler\n.dev.vars*\n");
        assert_eq!(with_ignored("/mine\n/build"), "/mine\n/build\n/.wrangler\n.dev.vars*\n");
    }
}
