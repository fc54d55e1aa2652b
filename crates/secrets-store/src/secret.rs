//! Secrets: their metadata, and the changes to them.

use serde::{Deserialize, Serialize};

use crate::{Scope, SecretId, SecretName, SecretValue, Status, StoreId};

/// The metadata of a secret. The API never returns its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The identifier in paths.
    pub id: SecretId,
    /// The name in bindings. It is not a [`SecretName`], because a list can contain a name that the API no longer
    /// accepts.
    pub name: String,
    /// The store that contains it.
    pub store_id: StoreId,
    /// Whether it can be used.
    pub status: Status,
    /// The time of creation, in RFC 3339 format.
    pub created: String,
    /// The time of the last change, in RFC 3339 format.
    pub modified: String,
    /// The comment.
    #[serde(default)]
    pub comment: Option<String>,
    /// The services that may use it; empty if the API does not return them.
    #[serde(default)]
    pub scopes: Vec<Scope>,
}

/// A secret to create.
#[derive(Debug)]
pub struct NewSecret {
    /// The name, which must be new in its store.
    pub name: SecretName,
    /// The value, which only the services in `scopes` can read.
    pub value: SecretValue,
    /// The services that may use it, one or more.
    pub scopes: Vec<Scope>,
    /// The comment.
    pub comment: Option<String>,
}

/// The changes to a secret; `None` changes nothing. A name cannot change.
#[derive(Debug, Default)]
pub struct Changes {
    /// The new value. The old one is lost.
    pub value: Option<SecretValue>,
    /// The new scopes, which replace all old ones.
    pub scopes: Option<Vec<Scope>>,
    /// The new comment.
    pub comment: Option<String>,
}

/// A secret to create with the value of another one.
#[derive(Clone, Debug)]
pub struct Duplicate {
    /// The name, which must be new in its store.
    pub name: SecretName,
    /// The services that may use it, one or more. They are not copied from the other secret.
    pub scopes: Vec<Scope>,
    /// The comment.
    pub comment: Option<String>,
}

/// The JSON form of a [`NewSecret`].
#[derive(Serialize)]
pub(crate) struct NewSecretBody<'a> {
    name: &'a SecretName,
    value: &'a str,
    scopes: &'a [Scope],
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

impl<'a> From<&'a NewSecret> for NewSecretBody<'a> {
    fn from(secret: &'a NewSecret) -> Self {
        Self {
            name: &secret.name,
            value: secret.value.expose(),
            scopes: &secret.scopes,
            comment: secret.comment.as_deref(),
        }
    }
}

/// The JSON form of [`Changes`].
#[derive(Serialize)]
pub(crate) struct ChangesBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<&'a [Scope]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

impl<'a> From<&'a Changes> for ChangesBody<'a> {
    fn from(changes: &'a Changes) -> Self {
        Self {
            value: changes.value.as_ref().map(SecretValue::expose),
            scopes: changes.scopes.as_deref(),
            comment: changes.comment.as_deref(),
        }
    }
}

/// The JSON form of a [`Duplicate`].
#[derive(Serialize)]
pub(crate) struct DuplicateBody<'a> {
    name: &'a SecretName,
    scopes: &'a [Scope],
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

impl<'a> From<&'a Duplicate> for DuplicateBody<'a> {
    fn from(duplicate: &'a Duplicate) -> Self {
        Self { name: &duplicate.name, scopes: &duplicate.scopes, comment: duplicate.comment.as_deref() }
    }
}
