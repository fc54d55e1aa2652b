//! Compares a file of values with a store, by name. Values cannot be read from the store.

use std::collections::BTreeMap;

use ostiary_secrets_store::{Secret, SecretId};
use serde::Serialize;

use super::prover::Proof;
use crate::batch::Entry;

/// The result for one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// In the file only.
    Missing,
    /// In both, and the gateway has proved that the values are equal.
    Same,
    /// In both, and the gateway has proved that the values differ.
    Differs,
    /// In both; it is unknown whether the values are equal, because no gateway that binds the secret was asked.
    Present,
    /// In both; the gateway binds the secret and could not read it.
    Unread,
    /// In the store only.
    Extra,
}

/// One name.
#[derive(Debug)]
pub struct Line {
    /// The name of the secret.
    pub name: String,
    /// The result.
    pub difference: Difference,
    /// The entry of the file; `None` if it is only in the store.
    pub entry: Option<Entry>,
    /// The id in the store; `None` if it is only in the file.
    pub id: Option<SecretId>,
    /// Why the gateway could not read it.
    pub reason: Option<String>,
}

/// Compares by name. `prove` compares the store's value with the file's, if this is possible.
///
/// # Errors
/// The errors of `prove`.
pub fn compare<E>(
    entries: Vec<Entry>,
    secrets: Vec<Secret>,
    mut prove: impl FnMut(&Entry) -> Result<Proof, E>,
) -> Result<Vec<Line>, E> {
    let mut present: BTreeMap<String, SecretId> =
        secrets.into_iter().map(|secret| (secret.name, secret.id)).collect();
    let mut lines = Vec::new();
    for entry in entries {
        let name = entry.name.to_string();
        let id = present.remove(&name);
        let (difference, reason) = match &id {
            None => (Difference::Missing, None),
            Some(_) => match prove(&entry)? {
                Proof::Equal => (Difference::Same, None),
                Proof::Different => (Difference::Differs, None),
                Proof::Unbound => (Difference::Present, None),
                Proof::Unread(outcome) => (Difference::Unread, Some(outcome)),
            },
        };
        lines.push(Line { name, difference, entry: Some(entry), id, reason });
    }
    let extra = |(name, id)| {
        let difference = Difference::Extra;
        Line { name, difference, entry: None, id: Some(id), reason: None }
    };
    lines.extend(present.into_iter().map(extra));
    Ok(lines)
}

impl Difference {
    /// The sign of a diff.
    pub fn sign(self) -> char {
        match self {
            Self::Missing => '+',
            Self::Same => '=',
            Self::Differs => '~',
            Self::Present | Self::Unread => '?',
            Self::Extra => '-',
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use ostiary_secrets_store::{SecretValue, Status};

    use super::*;

    #[test]
    fn compares_by_name_and_by_proof_where_there_is_one() {
        let entry = |name: &str| Entry {
            name: name.parse().unwrap(),
            value: SecretValue::parse(name.to_owned()).unwrap(),
            scopes: None,
            comment: None,
        };
        let secret = |name: &str| Secret {
            id: "i".parse().unwrap(),
            name: name.to_owned(),
            store_id: "s".parse().unwrap(),
            status: Status::Active,
            created: String::new(),
            modified: String::new(),
            comment: None,
            scopes: Vec::new(),
        };
        let entries = ["new", "same", "other", "unproved", "unread"].map(entry).into();
        let secrets = ["unproved", "unread", "other", "same", "SAME", "extra"].map(secret).into();
        let lines = compare::<Infallible>(entries, secrets, |entry| {
            Ok(match entry.name.as_str() {
                "same" => Proof::Equal,
                "other" => Proof::Different,
                "unread" => Proof::Unread("timeout".to_owned()),
                _ => Proof::Unbound,
            })
        });
        let Ok(lines) = lines;
        let shown: Vec<String> =
            lines.iter().map(|line| format!("{} {}", line.difference.sign(), line.name)).collect();
        assert_eq!(shown, ["+ new", "= same", "~ other", "? unproved", "? unread", "- SAME", "- extra"]);
    }
}
