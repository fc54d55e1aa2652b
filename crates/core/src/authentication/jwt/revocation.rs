//! The list of revoked tokens, which is the value of a secret.

use std::error::Error;
use std::fmt;

use super::json::Value;
use crate::secret_value::SecretValue;

/// The revoked tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RevocationList {
    /// All tokens that were issued before this time are revoked.
    issued: Option<f64>,
    /// The same for one subject.
    subjects: Vec<(String, f64)>,
    /// Single tokens.
    ids: Vec<String>,
}

impl RevocationList {
    /// Parses a JSON object, which can have as many members as fit into a secret. `iat` is a time; all tokens that were issued before it are revoked. `sub` has such a time
    /// for each of its subjects. `jti` has a member for each token, whose value is ignored.
    ///
    /// # Errors
    /// Returns an error for anything else, because an invalid list must not admit a token that it may have revoked.
    pub fn parse(value: &SecretValue) -> Result<Self, InvalidRevocationList> {
        let parsed =
            Value::parse_of_any_length(value.expose().as_bytes()).ok_or(InvalidRevocationList::NoJson)?;
        let Value::Object(members) = parsed else { return Err(InvalidRevocationList::NoObject) };
        let mut list = Self::default();
        for (position, (name, value)) in (1..).zip(members) {
            match (name.as_str(), value) {
                ("iat", Value::Number(time)) => list.issued = Some(time),
                ("iat", _) => return Err(InvalidRevocationList::Time),
                ("sub", Value::Object(subjects)) => list.subjects = times(subjects)?,
                ("sub", _) => return Err(InvalidRevocationList::Subjects),
                ("jti", Value::Object(ids)) => list.ids = ids.into_iter().map(|(id, _)| id).collect(),
                ("jti", _) => return Err(InvalidRevocationList::Ids),
                _ => return Err(InvalidRevocationList::Member { position }),
            }
        }
        Ok(list)
    }

    /// Whether it revokes the token with this subject and this id, which was issued at this time.
    #[must_use]
    pub fn revokes(&self, subject: &str, id: &str, issued: f64) -> bool {
        self.issued.is_some_and(|time| issued < time)
            || self.subjects.iter().any(|(known, time)| known == subject && issued < *time)
            || self.ids.iter().any(|known| known == id)
    }
}

fn times(subjects: Vec<(String, Value)>) -> Result<Vec<(String, f64)>, InvalidRevocationList> {
    let time = |(position, (subject, value)): (usize, (String, Value))| match value {
        Value::Number(time) => Ok((subject, time)),
        _ => Err(InvalidRevocationList::SubjectTime { position }),
    };
    (1..).zip(subjects).map(time).collect()
}

/// The reason why a value is not a list of revoked tokens. It has a position, and no part of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidRevocationList {
    /// It is not JSON, has a member twice, or exceeds the limits.
    NoJson,
    /// It is JSON, but not an object.
    NoObject,
    /// The time for all tokens is not a number.
    Time,
    /// The subjects are not an object.
    Subjects,
    /// The time for one subject is not a number.
    SubjectTime {
        /// The position of the subject, from 1.
        position: usize,
    },
    /// The ids are not an object.
    Ids,
    /// It has an unknown member.
    Member {
        /// The position of the member, from 1.
        position: usize,
    },
}

impl fmt::Display for InvalidRevocationList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJson => formatter.write_str("it is not JSON, or has a member twice"),
            Self::NoObject => formatter.write_str("it is JSON, and not an object"),
            Self::Time => formatter.write_str("its `iat` is not a number of seconds"),
            Self::Subjects => formatter.write_str("its `sub` is not an object"),
            Self::SubjectTime { position } => {
                write!(formatter, "member {position} of its `sub` is not a number of seconds")
            }
            Self::Ids => formatter.write_str("its `jti` is not an object"),
            Self::Member { position } => {
                write!(formatter, "its member {position} is none of `iat`, `sub` and `jti`")
            }
        }
    }
}

impl Error for InvalidRevocationList {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_no_limit_but_the_length_of_a_secret() {
        let ids: Vec<String> = (0..3_000).map(|at| format!("\"id{at}\":1766592000")).collect();
        for member in ["jti", "sub"] {
            let text = format!("{{\"{member}\":{{{}}}}}", ids.join(","));
            assert!(text.len() < 65_536);
            let list = RevocationList::parse(&SecretValue::new(text)).unwrap();
            assert!(list.revokes("id2999", "id2999", 1.0), "{member}");
            assert!(!list.revokes("id3000", "id3000", 1.0), "{member}");
        }
        let twice = format!("{{\"jti\":{{{},\"id0\":1}}}}", ids.join(","));
        assert_eq!(RevocationList::parse(&SecretValue::new(twice)), Err(InvalidRevocationList::NoJson),);
    }

    #[test]
    fn the_reason_names_the_place_and_not_the_value() {
        for (value, expected) in [
            ("", "it is not JSON, or has a member twice"),
            ("canary", "it is not JSON, or has a member twice"),
            (r#"{"jti":{"canary":1,"canary":2}}"#, "it is not JSON, or has a member twice"),
            (r#"["canary"]"#, "it is JSON, and not an object"),
            (r#"{"iat":"canary"}"#, "its `iat` is not a number of seconds"),
            (r#"{"sub":["canary"]}"#, "its `sub` is not an object"),
            (r#"{"sub":{"canary/a":1,"canary/b":"x"}}"#, "member 2 of its `sub` is not a number of seconds"),
            (r#"{"jti":["canary"]}"#, "its `jti` is not an object"),
            (r#"{"iat":1,"canary":{}}"#, "its member 2 is none of `iat`, `sub` and `jti`"),
        ] {
            let told = RevocationList::parse(&SecretValue::new(value.to_owned())).unwrap_err();
            assert_eq!(told.to_string(), expected);
        }
        assert!(
            RevocationList::parse(&SecretValue::new(r#"{"iat":1,"sub":{},"jti":{"a":0}}"#.to_owned()))
                .is_ok()
        );
    }
}
