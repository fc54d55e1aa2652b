//! The list of revoked tokens, which is the value of a secret.

use std::error::Error;
use std::fmt;

use super::json::Value;
use crate::secret_value::SecretValue;

/// Which tokens count no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RevocationList {
    /// No token that was issued before this time counts.
    issued: Option<f64>,
    /// The same for one subject.
    subjects: Vec<(String, f64)>,
    /// Single tokens.
    ids: Vec<String>,
}

impl RevocationList {
    /// Reads a JSON object. `iat` is a time: no token that was made before it counts. `sub` has a time for each of its
    /// subjects. `jti` has a member for each token, whose value is of no account here.
    ///
    /// # Errors
    /// For anything else: a list that is not understood must not admit what it may have revoked.
    pub fn parse(value: &SecretValue) -> Result<Self, InvalidRevocationList> {
        let parsed = Value::parse(value.expose().as_bytes()).ok_or(InvalidRevocationList::NoJson)?;
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

/// Why a value is no list of revoked tokens. It says where, and nothing of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidRevocationList {
    /// It is no JSON, has a member twice, or more of it than is read.
    NoJson,
    /// It is JSON, and no object.
    NoObject,
    /// The time of all tokens is no number.
    Time,
    /// The subjects are no object.
    Subjects,
    /// The time of one subject is no number.
    SubjectTime {
        /// Of the subject, from 1.
        position: usize,
    },
    /// The ids are no object.
    Ids,
    /// It has a member that is not known.
    Member {
        /// Of the member, from 1.
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
