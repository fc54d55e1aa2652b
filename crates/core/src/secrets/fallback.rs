//! The fallback of step 5: tries the sources of a route's auth in their order. A source is passed over if it cannot be
//! read or used, or after the upstream has rejected its credential (`crates/core/src/upstream/attempts.rs`).

use serde::Serialize;

use crate::configuration::{Gateway, Grantee, OutputPlace, Placement, Route, Secret, SecretId, Source};
use crate::digest::Digest;
use crate::request_id::RequestId;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::feature::if_built_in;
use crate::runtime::reading::{Failure, Reading};
use crate::runtime::{Bindings, Clock};
use crate::secret_value::SecretValue;
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::credential::Credential;
use crate::secrets::credential_error::CredentialError;
use crate::secrets::exchange::{ExchangeError, obtain};
use crate::secrets::placement_syntax::syntax_of;
use crate::secrets::template::{SecretWithValue, Unusable, render};
use crate::signing::moment::Moment;

/// The name of a client certificate in the log, in the place of a secret's name. No secret can have this name.
const CERTIFICATE: &str = "[mtls]";

/// The outcome of one source, for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceNote<'g> {
    /// The secret's name.
    pub secret: &'g str,
    /// The source's binding.
    pub binding: &'g str,
    /// The source's position, from 1.
    pub source: usize,
    /// The reason why it was not used; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The status with which the upstream or the token endpoint rejected the credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reason why an exchange yielded no token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// A secret with its source at a position: the source's number among the secret's own, from 0, and the source.
type SourceAt<'g> = (SecretId, &'g Secret, usize, &'g Source);

/// The secrets that failed at a position.
type Failures = Vec<(SecretId, Failure)>;

/// Tries the sources of a route's auth in order.
///
/// All secrets of the auth use the same position, so that no request mixes an old and a new half of a pair. A secret
/// with one source uses it at every position. A value is usable if it fits its place in the
/// request; whether the upstream accepts it is not known here.
pub struct Resolver<'g> {
    gateway: &'g Gateway,
    route: &'g Route,
    /// What is put on the request: for this caller, and for no other one.
    auth: &'g [Placement],
    secrets: Vec<(SecretId, &'g Secret)>,
    position: usize,
    /// The end of the positions to try, exclusive.
    end: usize,
    rejected: Vec<Digest>,
    request_id: RequestId,
    /// Whether only a token that has not been used before is acceptable.
    is_fresh: bool,
    /// The number of credentials that have been exchanged for tokens.
    exchanges: u32,
    exchange_error: Option<ExchangeError>,
    /// The names of secrets for which tokens are signed with an invalid signature.
    invalidly_signed: Vec<&'g str>,
    /// The outcome of each source that was tried.
    pub notes: Vec<SourceNote<'g>>,
}

impl<'g> Resolver<'g> {
    /// Makes a resolver for the auth of this route, at the first position. `to` is who asks.
    #[must_use]
    pub fn new(gateway: &'g Gateway, route: &'g Route, to: Grantee, request_id: &RequestId) -> Self {
        let auth = route.auth_of(to);
        // In order and without duplicates. They are few, and another instance of `sort` would add a hundredth to the
        // Worker's size.
        let mut ids: Vec<SecretId> = Vec::new();
        for placement in auth {
            placement.each_template(&mut |template| {
                for id in template.secrets() {
                    let at = ids.partition_point(|known| *known < id);
                    if ids.get(at) != Some(&id) {
                        ids.insert(at, id);
                    }
                }
            });
        }
        let secrets: Vec<_> =
            ids.into_iter().filter_map(|id| gateway.secret(id).map(|secret| (id, secret))).collect();
        let certificates = auth.iter().map(|placement| placement.certificates().len());
        let lengths = secrets.iter().map(|(_, secret)| secret.sources.len()).chain(certificates);
        let end = lengths.max().unwrap_or_default().max(1);
        Self {
            gateway,
            route,
            auth,
            secrets,
            position: 0,
            end,
            rejected: Vec::new(),
            request_id: request_id.clone(),
            is_fresh: false,
            exchanges: 0,
            exchange_error: None,
            invalidly_signed: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A resolver that tries only this position, counted from 0, and obtains fresh tokens; `None` if no secret has
    /// the position.
    #[must_use]
    pub fn only(self, position: usize) -> Option<Self> {
        (position < self.end).then_some(Self { position, end: position + 1, is_fresh: true, ..self })
    }

    /// Signs with an invalid signature for these secrets: the control of a probe.
    #[must_use]
    pub fn with_invalid_signatures(self, names: Vec<&'g str>) -> Self {
        Self { invalidly_signed: names, ..self }
    }

    /// The source of each secret at this position, counted from 0.
    pub fn at(&self, position: usize) -> impl Iterator<Item = (SecretId, &'g Secret, &'g Source)> {
        let found = self.secrets.iter().filter_map(move |(id, secret)| at(*id, secret, position));
        found.map(|(id, secret, _, source)| (id, secret, source))
    }

    /// The secrets of the auth, in the order of the configuration.
    pub fn secrets(&self) -> impl Iterator<Item = (SecretId, &'g Secret)> {
        self.secrets.iter().copied()
    }

    /// The first position, counted from 0, at which [`next`](Self::next) would find every secret usable in these
    /// readings. Nothing is read, and no credential is exchanged for a token.
    pub async fn usable_position<B: Bindings + AuthRuntime>(
        &self,
        readings: &Readings<'g, B>,
        bindings: &B,
    ) -> Option<usize> {
        for position in self.position..self.end {
            let sources = self.sources_at(position);
            let Ok(values) = values_of(&sources, readings) else { continue };
            if let Ok(mut credential) = render(self.route, self.auth, &values, position, bindings)
                && (!B::FORMS.private_keys || credential.import(bindings).await)
            {
                return Some(position);
            }
        }
        None
    }

    fn sources_at(&self, position: usize) -> Vec<SourceAt<'g>> {
        self.secrets.iter().filter_map(|(id, secret)| at(*id, secret, position)).collect()
    }

    /// Whether a position is left to try.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.position < self.end
    }

    /// Whether the upstream has rejected a credential.
    #[must_use]
    pub const fn has_rejected(&self) -> bool {
        !self.rejected.is_empty()
    }

    /// Records that the upstream has rejected this credential with this status. An equal credential is not yielded
    /// again.
    pub fn mark_rejected<S: AuthRuntime>(&mut self, credential: &Credential<'_>, status: u16) {
        self.rejected.push(credential.digest::<S>());
        self.mark(Failure::Rejected, Some(status));
    }

    /// Records that the upstream did not respond to the credential that was tried after a rejected one.
    pub fn mark_unanswered(&mut self) {
        if self.has_rejected() {
            self.mark(Failure::Unanswered, None);
        }
    }

    /// Falls back: the credential of the next position at which every secret yields a usable value.
    pub async fn next<B: Bindings + Clock + AuthRuntime>(
        &mut self,
        readings: &mut Readings<'g, B>,
        bindings: &B,
    ) -> Result<Credential<'g>, CredentialError> {
        let mut repeated = self.has_next();
        while self.has_next() {
            let position = self.position;
            self.position += 1;
            let sources = self.sources_at(position);
            readings.read(sources.iter().map(|(.., source)| *source)).await;

            let outcome = match values_of(&sources, readings) {
                Err(failures) => Err(failures),
                Ok(values) => match render(self.route, self.auth, &values, position, bindings) {
                    Ok(rendered)
                        if self.has_rejected() && self.rejected.contains(&rendered.digest::<B>()) =>
                    {
                        Err(moving(&sources).map(|id| (id, Failure::Repeated)).collect())
                    }
                    Ok(mut rendered) => match self.prepared(&mut rendered, bindings).await {
                        Ok(()) => Ok(rendered),
                        Err(failure) => Err(failed_together(&sources, failure)),
                    },
                    Err(Unusable::Variable) => return Err(CredentialError::Misconfigured),
                    Err(Unusable::Secrets(ids)) => {
                        Err(ids.into_iter().map(|id| (id, Failure::Invalid)).collect())
                    }
                },
            };
            let (credential, failures) = match outcome {
                Ok(credential) => (Some(credential), Failures::new()),
                Err(failures) => (None, failures),
            };
            repeated &= failures.iter().all(|(_, failure)| *failure == Failure::Repeated);
            self.note(&sources, &failures, credential.is_some());
            self.note_certificate(credential.as_ref());
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
        Err(if repeated { CredentialError::Repeated } else { CredentialError::Unavailable })
    }

    /// The credential of the current position, with a fresh token.
    pub async fn renew<B: Bindings + Clock + AuthRuntime>(
        &mut self,
        readings: &mut Readings<'g, B>,
        bindings: &B,
    ) -> Result<Credential<'g>, CredentialError> {
        let end = std::mem::replace(&mut self.end, self.position);
        self.position = self.position.saturating_sub(1);
        self.is_fresh = true;
        let renewed = self.next(readings, bindings).await;
        self.is_fresh = false;
        self.end = end;
        renewed
    }

    async fn prepared<B: Bindings + Clock + AuthRuntime>(
        &mut self,
        credential: &mut Credential<'g>,
        runtime: &B,
    ) -> Result<(), Failure> {
        if B::FORMS.jwt && !self.invalidly_signed.is_empty() {
            credential.invalidate_signatures(&self.invalidly_signed);
        }
        if_built_in(const { B::FORMS.private_keys || B::FORMS.exchange }, || {
            self.prepare(credential, runtime)
        })
        .await
        .unwrap_or(Ok(()))
    }

    /// Imports keys, and exchanges credentials for tokens.
    async fn prepare<B: Bindings + Clock + AuthRuntime>(
        &mut self,
        credential: &mut Credential<'g>,
        runtime: &B,
    ) -> Result<(), Failure> {
        if B::FORMS.private_keys && !credential.import(runtime).await {
            return Err(Failure::Invalid);
        }
        if !B::FORMS.exchange || credential.exchanges.is_empty() {
            return Ok(());
        }
        credential.identity = Some(credential.digest::<B>());
        for pending in std::mem::take(&mut credential.exchanges) {
            // Attempts count up from 1, and exchanges count down from the maximum, so that all nonces differ.
            let moment = Moment::new(runtime.now(), &self.request_id, u32::MAX - self.exchanges);
            self.exchanges += 1;
            let token = obtain(&pending, self.is_fresh, runtime, &moment).await;
            let token = token.map_err(|why| {
                self.exchange_error = Some(why);
                Failure::Exchange
            })?;
            credential.is_reused |= token.is_reused;
            for (output, template) in &pending.put {
                let value = template.fill_with_token(&token.text);
                let value = std::str::from_utf8(value.expose()).unwrap_or_default();
                if syntax_of(&output.place).check(value).is_err() {
                    self.exchange_error = Some(ExchangeError::NoToken(None));
                    return Err(Failure::Exchange);
                }
                let value = SecretValue::new(value.to_owned());
                match &output.place {
                    OutputPlace::Header(name) => credential.headers.push((name.as_str(), value)),
                    OutputPlace::Query(name) => credential.parameters.push((name, value)),
                    OutputPlace::Body(place) => credential.fields.push((place, value)),
                }
            }
            credential.values.push((pending.name, token.text));
        }
        Ok(())
    }

    fn note(&mut self, sources: &[SourceAt<'g>], failures: &[(SecretId, Failure)], served: bool) {
        for (id, secret, position, source) in sources {
            let failure = failures.iter().find(|(failed, _)| failed == id).map(|(_, failure)| *failure);
            // A secret with one source serves at every position.
            let noted = self.notes.iter().any(|note| {
                note.secret == secret.name && note.binding == source.binding && note.failure.is_none()
            });
            if (served && !noted) || failure.is_some() {
                let error = self.exchange_error.filter(|_| failure == Some(Failure::Exchange));
                self.notes.push(SourceNote {
                    secret: &secret.name,
                    binding: &source.binding,
                    source: position + 1,
                    failure,
                    status: error.and_then(ExchangeError::status),
                    error: error.map(ExchangeError::as_str),
                });
            }
        }
    }

    fn note_certificate(&mut self, credential: Option<&Credential<'g>>) {
        let Some(binding) = credential.and_then(|credential| credential.certificate) else { return };
        let bindings = || self.auth.iter().flat_map(Placement::certificates);
        let Some(position) = bindings().position(|known| known == binding) else { return };
        let note = SourceNote {
            secret: CERTIFICATE,
            binding,
            source: position + 1,
            failure: None,
            status: None,
            error: None,
        };
        // A single source serves at every position, and is recorded once.
        if !self.notes.iter().any(|known| known.failure.is_none() && known.binding == note.binding) {
            self.notes.push(note);
        }
    }

    /// Records a failure of the sources of the current credential, except those that every position uses.
    fn mark(&mut self, failure: Failure, status: Option<u16>) {
        let moving = |name: &str| {
            self.secrets.iter().any(|(_, secret)| secret.name == name && secret.sources.len() > 1)
                || (name == CERTIFICATE
                    && self.auth.iter().any(|placement| placement.certificates().len() > 1))
        };
        for note in self.notes.iter_mut().filter(|note| note.failure.is_none() && moving(note.secret)) {
            note.failure = Some(failure);
            note.status = status;
        }
    }
}

fn at(id: SecretId, secret: &Secret, position: usize) -> Option<SourceAt<'_>> {
    let position = if secret.sources.len() == 1 { 0 } else { position };
    secret.sources.get(position).map(|source| (id, secret, position, source))
}

/// The values of these sources, or why there are not all of them.
fn values_of<'g, 'r, B: Bindings>(
    sources: &[SourceAt<'g>],
    readings: &'r Readings<'g, B>,
) -> Result<Vec<SecretWithValue<'g, 'r>>, Failures> {
    let mut failures = Failures::new();
    let mut values = Vec::new();
    for (id, secret, _, source) in sources {
        match readings.get(source) {
            Some(Reading::Value(value)) => {
                values.push(SecretWithValue { id: *id, name: &secret.name, value });
            }
            Some(reading) => failures.extend(reading.failure().map(|failure| (*id, failure))),
            None => failures.push((*id, Failure::Error)),
        }
    }
    if failures.is_empty() { Ok(values) } else { Err(failures) }
}

/// The secrets that have another source at another position.
fn moving(sources: &[SourceAt<'_>]) -> impl Iterator<Item = SecretId> {
    sources.iter().filter(|(_, secret, ..)| secret.sources.len() > 1).map(|(id, ..)| *id)
}

/// The failure of a credential as a whole, as a failure of the secrets that the next position changes, or of all if it
/// changes none.
fn failed_together(sources: &[SourceAt<'_>], failure: Failure) -> Failures {
    let mut ids: Vec<SecretId> = moving(sources).collect();
    if ids.is_empty() {
        ids.extend(sources.iter().map(|(id, ..)| *id));
    }
    ids.into_iter().map(|id| (id, failure)).collect()
}
