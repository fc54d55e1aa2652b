//! Reads the target's sources through the gateway.

use std::collections::BTreeSet;

use ostiary_secrets_store::StoreId;

use super::found::{Found, Holding, Verdict};
use super::patience::Tries;
use super::report::{Event, Report};
use super::target::{NewValue, Target};
use crate::api::Api;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::operator::Operator;
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

/// The secrets of stores, by store and name.
type Stored<'a> = BTreeSet<(&'a StoreId, String)>;

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
            let what = match holding {
                Holding::New => "holds the new value",
                Holding::Other => "holds another value",
                Holding::Unreadable => "holds no value",
                Holding::Unread => "could not be read",
            };
            report.event(Event::found(source, what))?;
            all.push(Found { holding, verdict: Verdict::Unknown });
        }
        Ok(all)
    }

    /// What the gateway reads from this source now.
    ///
    /// # Errors
    /// Returns an error if it does not answer.
    pub fn read(&self, source: usize) -> Result<Holding, Failure> {
        self.read_among(source, None)
    }

    /// Reads one source. After a failure it reads again, because a slow source must not be overwritten as one that does
    /// not work.
    fn holding(&self, source: usize, stored: &Stored<'_>) -> Result<Holding, Failure> {
        let mut tries = Tries::default();
        loop {
            let holding = self.read_among(source, Some(stored))?;
            if !matches!(holding, Holding::Unreadable | Holding::Unread) || !tries.again() {
                return Ok(holding);
            }
        }
    }

    fn read_among(&self, source: usize, stored: Option<&Stored<'_>>) -> Result<Holding, Failure> {
        let mut holding = Holding::New;
        for (new, places) in self.values.iter().zip(&self.target.secrets) {
            let secret = &new.secret;
            let read = self.operator.read(secret, source)?;
            let Some(binding) = places.sources.get(source) else { continue };
            read.check_binding(secret, binding)?;
            let outcome = read.outcome(secret);
            if let (Some(stored), "ok" | "invalid" | "empty") = (stored, outcome) {
                check_place(binding, stored)?;
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
        let ids: BTreeSet<&StoreId> = bindings.map(|binding| &binding.store).collect();
        let mut stored = Stored::new();
        for id in ids {
            stored.extend(self.api.secrets(id)?.into_iter().map(|secret| (id, secret.name)));
        }
        Ok(stored)
    }
}

/// The state of one secret, from the gateway's answer.
pub fn held(read: &Probed, new: &NewValue) -> Holding {
    match read.outcome(&new.secret) {
        _ if read.proves(&new.secret, &new.value) => Holding::New,
        "ok" | "invalid" | "exchange" => Holding::Other,
        "missing" | "empty" => Holding::Unreadable,
        // The store failed, so the value is not known.
        _ => Holding::Unread,
    }
}

/// Checks that the API has the secret that the gateway reads. Otherwise the gateway uses another account.
fn check_place(binding: &Binding, stored: &Stored<'_>) -> Result<(), Failure> {
    let Binding { name, store, secret } = binding;
    if stored.contains(&(store, secret.to_string())) {
        return Ok(());
    }
    Err(Failure::failed(format_args!(
        "the gateway reads `{name}`, and the store {store} has no secret `{secret}`: the command would write another secret than it \
         reads; --env, --account-id or --api-base-url may name another place"
    )))
}
