//! The form in which an API expects its key.

/// The form in which an API expects its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `Authorization: Basic`, with the key as password.
    Basic {
        /// The user name, which is not secret.
        username: String,
    },
    /// `Authorization: Basic` from a secret that is a JSON object.
    BasicFields {
        /// The field with the user name.
        username: String,
        /// The field with the password.
        password: String,
    },
    /// A header.
    Header {
        /// Its name.
        name: String,
        /// The text before the key.
        before: String,
    },
    /// A query parameter.
    Query {
        /// Its name.
        name: String,
    },
}
