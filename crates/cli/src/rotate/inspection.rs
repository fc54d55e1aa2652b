//! What the gateway reads from the target's sources.

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

/// Looks at sources.
pub struct Inspection<'a> {
    /// Whose sources they are.
    pub target: &'a Target,
    /// For each of the target's secrets, in their order.
    pub values: &'a [NewValue],
    /// Where values are written.
    pub api: &'a Api,
    /// Where they are read.
    pub operator: &'a Operator,
}

/// The secrets of stores, by store and name.
type Stored<'a> = BTreeSet<(&'a StoreId, String)>;

impl Inspection<'_> {
    /// What each source holds, and that it is where the stores have a secret.
    ///
    /// # Errors
    /// Where the gateway does not say, or reads from another place than the one that would be written.
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

    /// What the gateway reads there now.
    ///
    /// # Errors
    /// Where it does not say.
    pub fn read(&self, source: usize) -> Result<Holding, Failure> {
        self.read_among(source, None)
    }

    /// A source that fails is asked again, since one that is only slow must not be taken for one that can be spared.
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

    /// What the stores hold that the target is in.
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

/// What the gateway reads for one secret.
pub fn held(read: &Probed, new: &NewValue) -> Holding {
    match read.outcome(&new.secret) {
        _ if read.proves(&new.secret, &new.value) => Holding::New,
        "ok" | "invalid" | "exchange" => Holding::Other,
        "missing" | "empty" => Holding::Unreadable,
        // The store failed: what is there is not known.
        _ => Holding::Unread,
    }
}

/// What the gateway reads has to be a secret that the API knows: the names may be those of another account.
fn check_place(binding: &Binding, stored: &Stored<'_>) -> Result<(), Failure> {
    let Binding { name, store, secret } = binding;
    if stored.contains(&(store, secret.to_string())) {
        return Ok(());
    }
    Err(Failure::failed(format_args!(
        "the gateway reads `{name}`, and the store {store} has no secret `{secret}`: what would be written is not what it \
         reads; --env, --account-id or --api-base-url may name another place"
    )))
}
