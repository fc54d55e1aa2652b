//! Templates: texts with placeholders.
use super::request_value::RequestValue;
use super::secret::SecretId;
use super::text::{List, Text};

/// A text with placeholders.
///
/// A [`Part::Text`] is never empty and never next to another one, so equal templates are equal values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Template {
    /// The parts, in order.
    pub parts: List<Part>,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Part {
    /// Literal text.
    Text(Text),
    /// `${name}`: the value of a secret.
    Secret(SecretId),
    /// `${name.field}`: a string field of a secret whose value is a JSON object.
    Field(SecretId, Text),
    /// `${var.NAME}`: an entry of `[vars]` in `wrangler.toml`, read at run time.
    Variable(Text),
    /// `${caller.NAME}`: a value that each caller of the route has. Only in [`Route::auth`](super::Route::auth). An
    /// auth with such a part is never rendered: each [`Grant`](super::Grant) has a copy with its caller's own values.
    Caller(Text),
    /// `${request.…}`: a value of the request, or one that is computed for it. Only in forms that are computed for each
    /// attempt.
    Request(RequestValue),
}

impl Template {
    /// The secrets that this template needs, in order of appearance, repeats included.
    pub fn secrets(&self) -> impl Iterator<Item = SecretId> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Secret(secret) | Part::Field(secret, _) => Some(*secret),
            Part::Text(_) | Part::Variable(_) | Part::Caller(_) | Part::Request(_) => None,
        })
    }

    /// The variables that this template needs, in order of appearance, repeats included.
    pub fn variables(&self) -> impl Iterator<Item = &str> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_ref()),
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Caller(_) | Part::Request(_) => None,
        })
    }

    /// The names of the callers' values that this template needs, in order of appearance, repeats included.
    pub fn caller_values(&self) -> impl Iterator<Item = &str> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Caller(name) => Some(name.as_ref()),
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Variable(_) | Part::Request(_) => None,
        })
    }
}
