//! A route's secrets, resolved and put into the form in which they go on a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::candidates::Digest;
use crate::configuration::{Gateway, Part, Placement, Route, Secret, SecretId, Source, Template};
use crate::json;
use crate::runtime::Bindings;
use crate::secret_value::SecretValue;
use crate::secrets::{Failure, Reading, Readings};

/// All that a route's auth puts on one request.
#[derive(Debug, Default)]
pub struct Credential<'g> {
    /// Headers to set, in lower case, each once.
    pub headers: Vec<(&'g str, SecretValue)>,
    /// Query parameters to append, decoded, each once.
    pub parameters: Vec<(&'g str, SecretValue)>,
    /// What of the secrets was put in, each by its secret's name: a value, the field of one, or the pair of Basic as
    /// it is encoded.
    pub values: Vec<(&'g str, SecretValue)>,
}

/// Why there is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// No source is left that yields a value that can be used.
    Unavailable,
    /// The same, and all that are left hold what the upstream has refused.
    Repeated,
    /// A variable is not bound, or is no text that can stand where it is put.
    Misconfigured,
}

/// What became of one source, for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceNote<'g> {
    /// The secret's name.
    pub secret: &'g str,
    /// The source's binding.
    pub binding: &'g str,
    /// The source's position, from 1.
    pub source: usize,
    /// Why it did not serve; absent when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// With what the upstream refused the credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// Goes through the sources of a route's auth.
///
/// All secrets of the auth stand at the same position, so that no request carries half of a pair; a secret with
/// one source stays on it. What is asked of a value is only what the place that it goes to asks.
pub struct Resolver<'g> {
    gateway: &'g Gateway,
    route: &'g Route,
    secrets: Vec<(SecretId, &'g Secret)>,
    position: usize,
    /// Of the positions that are tried, the one after the last.
    end: usize,
    refused: Vec<Digest>,
    /// What became of each source that was looked at.
    pub notes: Vec<SourceNote<'g>>,
}

impl<'g> Resolver<'g> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(gateway: &'g Gateway, route: &'g Route) -> Self {
        let mut ids: Vec<SecretId> = route.auth.iter().flat_map(Placement::secrets).collect();
        ids.sort_unstable();
        ids.dedup();
        let secrets: Vec<_> =
            ids.into_iter().filter_map(|id| gateway.secret(id).map(|secret| (id, secret))).collect();
        let end = secrets.iter().map(|(_, secret)| secret.sources.len()).max().unwrap_or(1);
        Self { gateway, route, secrets, position: 0, end, refused: Vec::new(), notes: Vec::new() }
    }

    /// Tries this position alone, from 0; `None` where no secret has it.
    #[must_use]
    pub fn only(self, position: usize) -> Option<Self> {
        (position < self.end).then_some(Self { position, end: position + 1, ..self })
    }

    /// What is read at this position, from 0: of each secret one source, and where among its own it stands.
    pub fn at(&self, position: usize) -> impl Iterator<Item = (&'g Secret, usize, &'g Source)> {
        let found = self.secrets.iter().filter_map(move |(id, secret)| at(*id, secret, position));
        found.map(|(_, secret, position, source)| (secret, position, source))
    }

    /// Whether there is a position that was not looked at.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.position < self.end
    }

    /// Whether the upstream has refused a credential.
    #[must_use]
    pub const fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Notes that the upstream has refused this credential with that status. None like it is yielded from here on.
    pub fn refuse(&mut self, credential: &Credential<'_>, status: u16) {
        self.refused.push(credential.digest());
        self.mark(Failure::Refused, Some(status));
    }

    /// Notes that the upstream has given no answer to a credential that it was asked with in place of a refused one.
    pub fn unanswered(&mut self) {
        if self.has_refused() {
            self.mark(Failure::Unanswered, None);
        }
    }

    /// The credential from the next position at which every secret yields a value that can be used.
    pub async fn next<B: Bindings>(
        &mut self,
        readings: &mut Readings<'g, B>,
        bindings: &B,
    ) -> Result<Credential<'g>, Unresolved> {
        let mut repeated = self.has_next();
        while self.has_next() {
            let position = self.position;
            self.position += 1;
            let sources: Vec<(SecretId, &'g Secret, usize, &'g Source)> =
                self.secrets.iter().filter_map(|(id, secret)| at(*id, secret, position)).collect();
            readings.read(sources.iter().map(|(.., source)| *source)).await;

            let mut failures: Vec<(SecretId, Failure)> = Vec::new();
            let mut values: Vec<Resolved<'g, '_>> = Vec::new();
            for (id, secret, _, source) in &sources {
                match readings.of(source) {
                    Some(Reading::Value(value)) => {
                        values.push(Resolved { id: *id, name: &secret.name, value });
                    }
                    Some(reading) => failures.extend(reading.failure().map(|failure| (*id, failure))),
                    None => failures.push((*id, Failure::Error)),
                }
            }
            let mut credential = None;
            if failures.is_empty() {
                match render(self.route, &values, bindings) {
                    Ok(rendered) if self.has_refused() && self.refused.contains(&rendered.digest()) => {
                        let moving = sources.iter().filter(|(_, secret, ..)| secret.sources.len() > 1);
                        failures.extend(moving.map(|(id, ..)| (*id, Failure::Repeated)));
                    }
                    Ok(rendered) => credential = Some(rendered),
                    Err(Unusable::Variable) => return Err(Unresolved::Misconfigured),
                    Err(Unusable::Secrets(ids)) => {
                        failures.extend(ids.into_iter().map(|id| (id, Failure::Invalid)));
                    }
                }
            }
            repeated &= failures.iter().all(|(_, failure)| *failure == Failure::Repeated);
            self.note(&sources, &failures, credential.is_some());
            if let Some(credential) = credential {
                return Ok(credential);
            }
            let stuck = |(id, _): &(SecretId, Failure)| {
                self.gateway.secret(*id).is_none_or(|secret| secret.sources.len() < 2)
            };
            if failures.iter().any(stuck) {
                break;
            }
        }
        Err(if repeated { Unresolved::Repeated } else { Unresolved::Unavailable })
    }

    fn note(
        &mut self,
        sources: &[(SecretId, &'g Secret, usize, &'g Source)],
        failures: &[(SecretId, Failure)],
        served: bool,
    ) {
        for (id, secret, position, source) in sources {
            let failure = failures.iter().find(|(failed, _)| failed == id).map(|(_, failure)| *failure);
            // A secret with one source serves at every position.
            let noted =
                self.notes.iter().any(|note| note.binding == source.binding && note.failure.is_none());
            if (served && !noted) || failure.is_some() {
                self.notes.push(SourceNote {
                    secret: &secret.name,
                    binding: &source.binding,
                    source: position + 1,
                    failure,
                    status: None,
                });
            }
        }
    }

    /// What became of the sources of the credential that was yielded last, but for those that every one has.
    fn mark(&mut self, failure: Failure, status: Option<u16>) {
        let moving = |name: &str| {
            self.secrets.iter().any(|(_, secret)| secret.name == name && secret.sources.len() > 1)
        };
        for note in self.notes.iter_mut().filter(|note| note.failure.is_none() && moving(note.secret)) {
            note.failure = Some(failure);
            note.status = status;
        }
    }
}

impl Credential<'_> {
    /// Equal for credentials that look the same to the upstream.
    fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for (name, value) in self.headers.iter().chain(&self.parameters) {
            for piece in [name, value.expose()] {
                hash.update(piece.len().to_le_bytes());
                hash.update(piece);
            }
        }
        hash.finalize().into()
    }
}

fn at(id: SecretId, secret: &Secret, position: usize) -> Option<(SecretId, &Secret, usize, &Source)> {
    let position = if secret.sources.len() == 1 { 0 } else { position };
    secret.sources.get(position).map(|source| (id, secret, position, source))
}

/// A secret with its value.
struct Resolved<'g, 'v> {
    id: SecretId,
    name: &'g str,
    value: &'v SecretValue,
}

/// Why values could not be put in their places.
enum Unusable {
    /// One of these secrets has a value that cannot stand there.
    Secrets(Vec<SecretId>),
    /// A variable has.
    Variable,
}

fn render<'g>(
    route: &'g Route,
    values: &[Resolved<'g, '_>],
    bindings: &impl Bindings,
) -> Result<Credential<'g>, Unusable> {
    let mut credential = Credential::default();
    let mut injected = Vec::new();
    for placement in route.auth.iter() {
        let mut text = |template: &Template, accepts: fn(&str) -> bool| {
            fill(template, values, bindings, accepts, &mut injected)
        };
        match placement {
            Placement::Bearer(token) => {
                let token = text(token, is_header_text)?;
                credential.headers.push(("authorization", joined("Bearer ", token.expose())));
            }
            Placement::Basic { username, password } => {
                let username = text(username, is_basic_username)?;
                let password = text(password, is_basic_password)?;
                let pair = SecretValue::new([username.expose(), password.expose()].join(":"));
                let encoded = SecretValue::new(STANDARD.encode(pair.expose()));
                credential.headers.push(("authorization", joined("Basic ", encoded.expose())));
                // Its secret is the password, but where that is none.
                let secret = placement.secrets().last();
                let secret = values.iter().find(|resolved| Some(resolved.id) == secret);
                injected.extend(secret.map(|resolved| (resolved.name, encoded)));
            }
            Placement::Header { name, value } => {
                credential.headers.push((name.as_str(), text(value, is_header_text)?));
            }
            Placement::Query { name, value } => {
                credential.parameters.push((name.as_ref(), text(value, |_| true)?));
            }
        }
    }
    credential.values = injected;
    Ok(credential)
}

/// Whether the value of this secret can stand wherever the route puts it.
#[must_use]
pub fn fits(route: &Route, id: SecretId, value: &SecretValue) -> bool {
    let stands = |template: &Template, accepts: fn(&str) -> bool| {
        template.parts.iter().all(|part| match part {
            Part::Secret(secret) if *secret == id => accepts(value.expose()),
            Part::Field(secret, name) if *secret == id => {
                json::string_field(value, name).is_some_and(|field| accepts(field.expose()))
            }
            _ => true,
        })
    };
    route.auth.iter().all(|placement| match placement {
        Placement::Bearer(value) | Placement::Header { value, .. } => stands(value, is_header_text),
        Placement::Basic { username, password } => {
            stands(username, is_basic_username) && stands(password, is_basic_password)
        }
        Placement::Query { value, .. } => stands(value, |_| true),
    })
}

/// Joins a template's parts. A value is put in as it is and never looked at again: `${x}` in it means nothing.
/// What of it is secret is added to `injected`.
fn fill<'g>(
    template: &Template,
    values: &[Resolved<'g, '_>],
    bindings: &impl Bindings,
    accepts: fn(&str) -> bool,
    injected: &mut Vec<(&'g str, SecretValue)>,
) -> Result<SecretValue, Unusable> {
    let invalid = || Unusable::Secrets(template.secrets().collect());
    let resolved = |id: &SecretId| values.iter().find(|known| known.id == *id).ok_or_else(invalid);
    let mut pieces: Vec<SecretValue> = Vec::with_capacity(template.parts.len());
    for part in template.parts.iter() {
        let piece = match part {
            Part::Text(text) => SecretValue::new(text.clone().into_owned()),
            Part::Secret(id) => SecretValue::new(resolved(id)?.value.expose().to_owned()),
            Part::Field(id, name) => json::string_field(resolved(id)?.value, name).ok_or_else(invalid)?,
            Part::Variable(name) => SecretValue::new(bindings.variable(name).ok_or(Unusable::Variable)?),
        };
        if !accepts(piece.expose()) {
            return Err(if matches!(part, Part::Variable(_)) { Unusable::Variable } else { invalid() });
        }
        if let Part::Secret(id) | Part::Field(id, _) = part {
            injected.push((resolved(id)?.name, SecretValue::new(piece.expose().to_owned())));
        }
        pieces.push(piece);
    }
    // `concat` allocates once for all, so that no shorter copy of a secret is left behind in freed memory.
    Ok(SecretValue::new(pieces.iter().map(SecretValue::expose).collect::<Vec<_>>().concat()))
}

fn joined(scheme: &str, text: &str) -> SecretValue {
    SecretValue::new([scheme, text].concat())
}

/// Visible ASCII and space: what every server reads alike (RFC 9110 §5.5 allows more, and calls it opaque).
fn is_header_text(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// RFC 7617 §2: no colon, since that ends it, and no control character.
fn is_basic_username(text: &str) -> bool {
    !text.contains(':') && is_basic_password(text)
}

/// RFC 7617 §2: no control character.
fn is_basic_password(text: &str) -> bool {
    !text.contains(char::is_control)
}
