//! `ostiary token revoke`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use clap::Args;
use jiff::Timestamp;
use ostiary_core::authentication::jwt::{self, Value};
use ostiary_secrets_store::SecretValue;
use serde::{Deserialize, Serialize};

use super::issue::class_of;
use crate::failure::Failure;
use crate::output::Output;
use crate::shell::GivenOptions;
use crate::value_source::read_secret_text;

/// Revoke tokens: all tokens of a member so far, one token, or all tokens so far.
///
/// The store returns no value, so the list is kept in a file, which you then write to the secret.
#[derive(Args)]
pub struct Revoke {
    /// The member, such as agents/crawler-7: all tokens that were issued to it so far.
    #[arg(required_unless_present_any = ["token_file", "all"], conflicts_with_all = ["token_file", "all"])]
    subject: Option<String>,
    /// One token, in a file; `-` is standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "all")]
    token_file: Option<PathBuf>,
    /// All tokens that were issued so far.
    #[arg(long)]
    all: bool,
    /// The file with the list.
    #[arg(long, value_name = "PATH")]
    list: PathBuf,
    /// Begin a new list. It replaces the one in the store, whose tokens are then valid again.
    #[arg(long)]
    new: bool,
}

/// The list, in the form that the gateway reads.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// Tokens that were issued before this time are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// The same for single members.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sub: BTreeMap<String, i64>,
    /// Single tokens, each with the time of its expiry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    jti: BTreeMap<String, i64>,
}

#[derive(Serialize)]
struct Report<'r> {
    list: &'r List,
    bytes: usize,
}

impl Revoke {
    /// # Errors
    /// The list cannot be read or written, or is longer than the store accepts.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let now = Timestamp::now().as_second();
        let mut list = self.read()?;
        if let Some(subject) = &self.subject {
            class_of(subject)?;
            list.revoke_subject(subject, now);
        } else if let Some(path) = &self.token_file {
            let token = read_secret_text(Some(path), "Token: ")?;
            let (id, ends) = identity(token.trim())?;
            list.jti.insert(id, ends);
        } else {
            list.revoke_all(now);
        }
        list.forget(now);
        let text = serde_json::to_string(&list).map_err(Failure::failed)?;
        let path = self.list.display();
        if text.len() > SecretValue::LONGEST {
            let what = "bytes, and a secret can have at most 65,536";
            let instead = "revoke all tokens of a member, or all tokens with --all";
            return Err(Failure::failed(format_args!(
                "the list would have {} {what}: {instead}",
                text.len()
            )));
        }
        replace(&self.list, &format!("{text}\n"))
            .map_err(|error| Failure::failed(format_args!("cannot write {path}: {error}")))?;
        if output.is_json() {
            return output.json(&Report { list: &list, bytes: text.len() });
        }
        let what = if self.new { "a new list, " } else { "" };
        output.line(format!("Wrote {path}: {what}{} bytes of {}.", text.len(), SecretValue::LONGEST))?;
        output.line("\nNext, with the name of the secret in `revoked`. It replaces the list in the store: tokens that only")?;
        output.line("that list has are valid again.")?;
        let file = self.list.to_string_lossy();
        let update =
            GivenOptions::default().command("secrets update NAME --value").option("--value-file", &file);
        output.line(format!("  {update}"))
    }

    fn read(&self) -> Result<List, Failure> {
        let path = self.list.display();
        match fs::read_to_string(&self.list) {
            Ok(_) if self.new => Err(Failure::usage(format_args!(
                "{path} exists already; without --new, the list is continued"
            ))),
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::failed(format_args!("{path} is not a list of revoked tokens: {error}"))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.new => Ok(List::default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::usage(format_args!(
                "there is no {path}; the store returns no value, so a list that is not continued revokes none of the \
                 tokens before. For a gateway without a list, write --new"
            ))),
            Err(error) => Err(Failure::failed(format_args!("cannot read {path}: {error}"))),
        }
    }
}

impl List {
    /// Tokens that are issued from the next second on are valid.
    fn revoke_subject(&mut self, subject: &str, now: i64) {
        let limit = self.sub.entry(subject.to_owned()).or_default();
        *limit = later(*limit, now);
    }

    /// The limit of all tokens is not before that of any.
    fn revoke_all(&mut self, now: i64) {
        let limits = self.iat.into_iter().chain(self.sub.values().copied());
        self.iat = Some(limits.fold(later(0, now), i64::max));
        self.sub.clear();
        // A token whose expiry is that far in the future may be issued later than the limit.
        self.jti.clear();
    }

    /// Removes tokens that have expired, with the tolerance for clocks.
    fn forget(&mut self, now: i64) {
        self.jti.retain(|_, ends| *ends + 120 > now);
    }
}

/// The second after `now`, or the limit so far: this machine's clock may be behind the one that set it, and a lower
/// limit would make revoked tokens valid again.
fn later(limit: i64, now: i64) -> i64 {
    limit.max(now.saturating_add(1))
}

/// Replaces the file as a whole, because the list may be the only copy: a part of it would revoke too little.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays one, and its target is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}.{}", process::id()));
    let mut file = File::options().write(true).create_new(true).open(&new)?;
    if let Ok(known) = path.metadata() {
        file.set_permissions(known.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, &path)
}

/// The id of a token, and its expiry.
fn identity(token: &str) -> Result<(String, i64), Failure> {
    let claims = jwt::unverified_claims(token)
        .map_err(|why| Failure::failed(format_args!("this is not a signed token: {}", why.as_str())))?;
    let id = claims.get("jti").and_then(Value::as_text);
    let ends = match claims.get("exp") {
        Some(Value::Number(seconds)) => Some(*seconds),
        _ => None,
    };
    let (Some(id), Some(ends)) = (id, ends) else {
        return Err(Failure::failed("the token has no id or no expiry; revoke all tokens of its member"));
    };
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and no clock shows such a time")]
    let ends = ends as i64;
    Ok((id.to_owned(), ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_grows_and_forgets_what_has_ended() {
        let mut list = List::default();
        list.revoke_subject("agents/a", 1000);
        list.jti.insert("x".to_owned(), 1500);
        list.jti.insert("y".to_owned(), 800);
        list.forget(1000);
        let text = serde_json::to_string(&list).unwrap();
        assert_eq!(text, r#"{"sub":{"agents/a":1001},"jti":{"x":1500}}"#);
        assert_eq!(serde_json::from_str::<List>(&text).unwrap(), list);
        list.revoke_all(2000);
        assert_eq!(serde_json::to_string(&list).unwrap(), r#"{"iat":2001}"#);
        assert!(serde_json::from_str::<List>(r#"{"jit":{}}"#).is_err());
    }

    #[test]
    fn a_clock_that_is_behind_makes_no_token_valid_again() {
        let mut list: List = serde_json::from_str(r#"{"iat":5000,"sub":{"agents/a":9000}}"#).unwrap();
        list.revoke_subject("agents/a", 1000);
        list.revoke_subject("agents/b", 1000);
        assert_eq!(
            serde_json::to_string(&list).unwrap(),
            r#"{"iat":5000,"sub":{"agents/a":9000,"agents/b":1001}}"#
        );
        list.revoke_all(1000);
        assert_eq!(serde_json::to_string(&list).unwrap(), r#"{"iat":9000}"#);
        list.revoke_all(10_000);
        assert_eq!(serde_json::to_string(&list).unwrap(), r#"{"iat":10001}"#);
    }

    #[test]
    fn the_list_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("revoked.json");
        replace(&path, "one").unwrap();
        replace(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert!(replace(&folder.path().join("missing/revoked.json"), "one").is_err());
    }
}
