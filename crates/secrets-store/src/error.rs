//! The errors of the API.

use std::error;
use std::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// The reason why a response has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The API refused.
    Refused {
        /// The status of the response.
        status: StatusCode,
        /// The reasons that the API gives: usually one, possibly none.
        faults: Vec<Fault>,
    },
    /// The body is not in the documented format. The body itself is not kept.
    Unreadable {
        /// The status of the response.
        status: StatusCode,
        /// The position of the error in the body: line and column, from 1.
        at: (usize, usize),
    },
    /// A list has more pages than an account can have.
    Endless {
        /// The number of pages that were read.
        pages: u32,
    },
}

/// One reason. The codes are not documented, and several errors share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// 1000 or more.
    pub code: u32,
    /// Often a word such as `secret_not_found`, sometimes followed by a colon and a name.
    pub message: String,
    /// A URL with documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_url: Option<String>,
    /// The part of the request with the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<FaultSource>,
}

/// The part of a request with a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSource {
    /// A JSON Pointer (RFC 6901) into the request's body.
    #[serde(default)]
    pub pointer: Option<String>,
}

impl Error {
    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused { status, .. } | Self::Unreadable { status, .. } => *status,
            Self::Endless { .. } => StatusCode::OK,
        }
    }

    /// The reasons that the API gave.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Refused { faults, .. } => faults,
            Self::Unreadable { .. } | Self::Endless { .. } => &[],
        }
    }

    /// Whether the account, store or secret does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == StatusCode::NOT_FOUND
            || self.says(|word| matches!(word, "store_not_found" | "secret_not_found"))
    }

    /// Whether the API itself says that there is no such store. A 404 alone may be anybody's, and may be about the
    /// account.
    #[must_use]
    pub fn is_store_missing(&self) -> bool {
        self.status() == StatusCode::NOT_FOUND && self.says(|word| word == "store_not_found")
    }

    /// Whether the API itself says that there is no such secret in the store.
    #[must_use]
    pub fn is_secret_missing(&self) -> bool {
        self.status() == StatusCode::NOT_FOUND && self.says(|word| word == "secret_not_found")
    }

    /// Whether there is a conflict: a name is taken, or a store is not empty.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let in_the_way =
            |word: &str| matches!(word, "secret_name_already_exists" | "store_not_empty" | "Name exists");
        !self.is_quota() && (self.status() == StatusCode::CONFLICT || self.says(in_the_way))
    }

    /// Whether the secret or the store exists already. Not every conflict tells this.
    #[must_use]
    pub fn is_name_taken(&self) -> bool {
        self.says(|word| matches!(word, "secret_name_already_exists" | "Name exists"))
    }

    /// Whether the account has reached its limit of secrets or stores.
    #[must_use]
    pub fn is_quota(&self) -> bool {
        self.says(|word| word.starts_with("maximum_") && word.ends_with("_exceeded"))
    }

    /// Whether the credential is unknown, or is not permitted to do this.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(self.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    }

    /// Whether the same request may succeed later: after a rate limit or an error of the service.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.status() == StatusCode::TOO_MANY_REQUESTS || self.status().is_server_error()
    }

    /// Several errors share a code, so the words of the message decide.
    fn says(&self, known: impl Fn(&str) -> bool) -> bool {
        self.faults()
            .iter()
            .any(|fault| fault.message.split(':').next().is_some_and(|word| known(word.trim())))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, faults } => {
                write!(formatter, "the API answered {}", status.as_u16())?;
                for fault in faults {
                    write!(formatter, "; {} (code {})", fault.message, fault.code)?;
                }
                Ok(())
            }
            Self::Unreadable { status, at: (line, column) } => write!(
                formatter,
                "the API answered {} with a body that is not in its format, at line {line}, column {column}",
                status.as_u16()
            ),
            Self::Endless { pages } => write!(formatter, "the API's list goes on after {pages} pages"),
        }
    }
}

impl error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: u32, message: &str) -> Error {
        let fault = Fault { code, message: message.to_owned(), documentation_url: None, source: None };
        Error::Refused { status: StatusCode::from_u16(status).unwrap(), faults: vec![fault] }
    }

    #[test]
    fn each_observed_fault_is_what_it_is_and_nothing_else() {
        for (status, code, message, expected) in [
            (404, 7003, "Could not route to /accounts/x", "not_found"),
            (404, 1001, "store_not_found", "not_found"),
            (400, 1001, "secret_not_found", "not_found"),
            (409, 1003, "secret_name_already_exists: stripe-key", "conflict"),
            (400, 1003, "secret_name_already_exists: stripe-key", "conflict"),
            (409, 1003, "store_not_empty", "conflict"),
            (400, 10000, "Name exists", "conflict"),
            (409, 1003, "maximum_secrets_exceeded", "quota"),
            (400, 1003, "maximum_stores_exceeded", "quota"),
            (401, 10000, "Authentication error", "auth"),
            (403, 10000, "Authentication error", "auth"),
            (429, 10013, "Rate limited", "passing"),
            (500, 1000, "internal", "passing"),
            (400, 1001, "secret_name_empty", ""),
            (400, 1001, "secret_name_already_exists_not", ""),
        ] {
            let error = refused(status, code, message);
            let predicates = [
                ("not_found", error.is_not_found()),
                ("conflict", error.is_conflict()),
                ("quota", error.is_quota()),
                ("auth", error.is_auth()),
                ("passing", error.is_passing()),
            ];
            let held: Vec<_> = predicates.iter().filter(|(_, held)| *held).map(|(name, _)| *name).collect();
            assert_eq!(held.join(","), expected, "{status} {message}");
            let is_taken = expected == "conflict" && message != "store_not_empty";
            assert_eq!(error.is_name_taken(), is_taken, "{status} {message}");
        }
    }

    #[test]
    fn it_says_status_message_and_code() {
        let error = refused(404, 1001, "secret_not_found");
        assert_eq!(error.to_string(), "the API answered 404; secret_not_found (code 1001)");
    }

    #[test]
    fn only_the_api_s_own_word_proves_that_something_is_gone() {
        for (status, message, store, secret) in [
            (404, "store_not_found", true, false),
            (404, "secret_not_found", false, true),
            (404, "Could not route to /accounts/x", false, false),
            (404, "not found", false, false),
            (400, "secret_not_found", false, false),
            (502, "secret_not_found", false, false),
        ] {
            let error = refused(status, 1001, message);
            assert_eq!((error.is_store_missing(), error.is_secret_missing()), (store, secret), "{message}");
        }
        let bare = Error::Unreadable { status: StatusCode::NOT_FOUND, at: (1, 1) };
        assert!(!bare.is_store_missing() && !bare.is_secret_missing());
    }

    #[test]
    fn another_conflict_says_nothing_of_a_name() {
        let busy = refused(409, 1003, "store_is_being_migrated");
        assert!(busy.is_conflict() && !busy.is_name_taken());
    }
}
