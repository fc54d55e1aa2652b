//! Secrets: what the API says of one, and what it is told.

use serde::{Deserialize, Serialize};

use crate::{Scope, SecretId, SecretName, SecretValue, Status, StoreId};

/// What the API says of a secret. Its value is not among it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// What paths call it.
    pub id: SecretId,
    /// What bindings call it. Not a [`SecretName`]: a name that the API would not take today can be listed.
    pub name: String,
    /// Where it is.
    pub store_id: StoreId,
    /// Whether it can be used yet.
    pub status: Status,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339; of the last change of value, scopes or comment.
    pub modified: String,
    /// What people say of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// Who may use it; empty where the API does not say.
    #[serde(default)]
    pub scopes: Vec<Scope>,
}

/// A secret to create.
#[derive(Debug)]
pub struct NewSecret {
    /// Not yet in its store.
    pub name: SecretName,
    /// What only the services in `scopes` will see.
    pub value: SecretValue,
    /// One or more.
    pub scopes: Vec<Scope>,
    /// What people should know of it.
    pub comment: Option<String>,
}

/// What is to become of a secret; `None` leaves a thing as it is. A name cannot change.
#[derive(Debug, Default)]
pub struct Changes {
    /// In place of the old one, which is lost.
    pub value: Option<SecretValue>,
    /// In place of all old ones.
    pub scopes: Option<Vec<Scope>>,
    /// In place of the old one.
    pub comment: Option<String>,
}

/// A secret to create with the value of another one.
#[derive(Clone, Debug)]
pub struct Duplicate {
    /// Not yet in its store.
    pub name: SecretName,
    /// One or more; they are not taken over.
    pub scopes: Vec<Scope>,
    /// What people should know of it.
    pub comment: Option<String>,
}

/// A [`NewSecret`] as it is sent.
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

/// [`Changes`] as they are sent.
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

/// A [`Duplicate`] as it is sent.
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
