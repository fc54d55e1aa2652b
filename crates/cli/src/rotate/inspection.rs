//! Reads the target's sources through the gateway.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ostiary_secrets_store::{Secret, Status, StoreId};

use super::found::{Found, Holding, Verdict};
use super::report::{Event, Report};
use super::target::{NewValue, Target};
use crate::api::Api;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::operator::{Operator, nonce};
use crate::patience::Tries;
use crate::printable::Printable;
use crate::probed::Probed;

/// Reads the sources.
pub struct Inspection<'a> {
    /// The target that has the sources.
    pub target: &'a Target,
    /// The new value of each of the target's secrets, in their order.
    pub values: &'a [NewValue],
    /// The API that writes values.
    pub api: &'a Api,
    /// The gateway that reads them.
    pub operator: &'a Operator,
}

/// Each secret of the stores, by store and name.
type Stored<'a> = BTreeMap<(&'a StoreId, String), Secret>;

impl Inspection<'_> {
    /// Reads each source, and checks that the stores have a secret for it.
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer, or reads another secret than the one that would be written.
    pub fn look(&self, report: &mut Report<'_>) -> Result<Vec<Found>, Failure> {
        let mut all = Vec::new();
        let stored = self.stored()?;
        for source in 0..self.target.sources() {
            let holding = self.holding(source, &stored)?;
            report.event(Event::found(source, holding))?;
            all.push(Found { holding, verdict: Verdict::Unknown });
        }
        report.know(stored.into_values().collect());
        Ok(all)
    }

    /// What the gateway reads from this source now.
    ///
    /// # Errors
    /// Returns an error if it does not answer.
    pub fn read(&self, source: usize) -> Result<Holding, Failure> {
        self.read_among(source, None, &mut None)
    }

    /// Reads one source. After a failure it reads again, because a slow source must not be overwritten as one that does
    /// not work.
    fn holding(&self, source: usize, stored: &Stored<'_>) -> Result<Holding, Failure> {
        let mut tries = Tries::default();
        loop {
            let mut missing = None;
            let holding = self.read_among(source, Some(stored), &mut missing)?;
            let is_clear = !matches!(holding, Holding::Unreadable | Holding::Unread);
            if is_clear || !tries.again() {
                return missing
                    .map_or(Ok(holding), |binding| check_missing(binding, stored).map(|()| holding));
            }
        }
    }

    /// `missing` becomes a binding for which the gateway reads no secret.
    fn read_among<'b>(
        &'b self,
        source: usize,
        stored: Option<&Stored<'_>>,
        missing: &mut Option<&'b Binding>,
    ) -> Result<Holding, Failure> {
        let mut holding = Holding::New;
        for (new, places) in self.values.iter().zip(&self.target.secrets) {
            let secret = &new.secret;
            let read = self.operator.read(secret, source)?;
            let Some(binding) = places.sources.get(source) else { continue };
            read.check_binding(secret, binding)?;
            let outcome = read.outcome(secret);
            if let (Some(stored), "ok" | "invalid" | "empty") = (stored, outcome) {
                check_stored(binding, stored)?;
            }
            if outcome == "missing" {
                *missing = Some(binding);
            }
            holding = holding.max(held(&read, new));
            if holding == Holding::Unread {
                break;
            }
        }
        Ok(holding)
    }

    /// The secrets of the target's stores.
    fn stored(&self) -> Result<Stored<'_>, Failure> {
        let bindings = self.target.secrets.iter().flat_map(|secret| &secret.sources);
        let mut ids: Vec<&StoreId> = bindings.map(|binding| &binding.store).collect();
        ids.dedup();
        let mut stored = Stored::new();
        for id in ids {
            let secrets = self.api.secrets(id)?.into_iter();
            let present = secrets.filter(|secret| secret.status != Status::Deleted);
            stored.extend(present.map(|secret| ((id, secret.name.clone()), secret)));
        }
        Ok(stored)
    }

    /// Checks that the source does not hold the operator's own token, with which the gateway is asked.
    ///
    /// # Errors
    /// Returns an error if it does, because the gateway would refuse the command after the write; and if that is not
    /// known, because the source could not be read.
    pub fn check_operator(&self, source: usize) -> Result<(), Failure> {
        for new in self.values {
            let read = self.operator.read_patiently(&new.secret, source)?;
            if read.is_unread(&new.secret) {
                return Err(Failure::failed(format_args!(
                    "the gateway could not read {}, so it is not known whether it holds the token of \
                     OSTIARY_OPERATOR_TOKEN, which would end with this write",
                    self.target.source_name(source)
                )));
            }
            if self.operator.is_own(&read, &new.secret) {
                return Err(Failure::failed(format_args!(
                    "{} holds the token of OSTIARY_OPERATOR_TOKEN, which would end with this write; set the variable \
                     to a token that remains, such as the new one, once it is accepted",
                    self.target.source_name(source)
                )));
            }
        }
        Ok(())
    }

    /// Whether the value of `source` may be newer than that of `holder`: it comes after it, because the first half of a
    /// rotation writes the last source, or the store has changed it later. The times alone do not tell that it is
    /// older, because the store also changes them with a comment or the scopes.
    ///
    /// # Errors
    /// Returns an error if the store does not answer.
    pub fn may_be_newer(&self, source: usize, holder: usize) -> Result<bool, Failure> {
        let stored = self.stored()?;
        let [own, other] = [source, holder].map(|source| self.modified(source, &stored));
        Ok(source > holder || own.zip(other).is_some_and(|(own, other)| own > other))
    }

    /// The time of the last change of a source's secret; `None` if it is not known.
    fn modified(&self, source: usize, stored: &Stored<'_>) -> Option<Timestamp> {
        let Binding { store, secret, .. } = self.target.secrets.first()?.sources.get(source)?;
        stored.get(&(store, secret.to_string()))?.modified.parse().ok()
    }

    /// Whether another source has another value than this one. The gateway proves each value with the same nonce.
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer.
    pub fn is_unlike_others(&self, source: usize, found: &[Found]) -> Result<bool, Failure> {
        let is_other = |at: usize| found.get(at).is_some_and(|known| known.holding == Holding::Other);
        if !is_other(source) {
            return Ok(false);
        }
        let nonce = nonce()?;
        for new in self.values {
            let own = self.operator.read_with(&new.secret, source, nonce)?;
            for other in (0..found.len()).filter(|other| *other != source && is_other(*other)) {
                let read = self.operator.read_with(&new.secret, other, nonce)?;
                if !read.is_same(&own, &new.secret) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// The state of one secret, from the gateway's answer.
pub fn held(read: &Probed, new: &NewValue) -> Holding {
    match read.outcome(&new.secret) {
        _ if read.proves(&new.secret, &new.value) => Holding::New,
        _ if read.is_unread(&new.secret) => Holding::Unread,
        "missing" | "empty" => Holding::Unreadable,
        _ => Holding::Other,
    }
}

/// Checks that the API has the secret that the gateway reads. Otherwise the gateway uses another account.
fn check_stored(binding: &Binding, stored: &Stored<'_>) -> Result<(), Failure> {
    let Binding { name, store, secret } = binding;
    if stored.contains_key(&(store, secret.to_string())) {
        return Ok(());
    }
    Err(Failure::failed(format_args!(
        "the gateway reads `{name}`, and the store {store} has no secret `{secret}`: the command would write another secret than it \
         reads; --env, --account-id or --api-base-url may name another place"
    )))
}

/// Checks that the store has no secret if the gateway reads none. Otherwise the gateway may use another store, and the
/// write would replace a value that is in use elsewhere.
fn check_missing(binding: &Binding, stored: &Stored<'_>) -> Result<(), Failure> {
    let Binding { name, store, secret } = binding;
    match stored.get(&(store, secret.to_string())) {
        None => Ok(()),
        Some(Secret { status, .. }) => Err(Failure::failed(format_args!(
            "the gateway finds no secret for `{name}`, and the store {store} has `{secret}`, which is {}: the gateway \
             reads another store, or the secret is not for Workers (its scopes), or it is not there yet; the value in \
             the store may be in use elsewhere, so it is not overwritten",
            Printable(status.as_str())
        ))),
    }
}
