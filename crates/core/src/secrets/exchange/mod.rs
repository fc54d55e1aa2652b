//! Step 5, the exchange of a credential for a token: by a request to the token endpoint, or from the cache of earlier
//! tokens.

mod answer;
mod cache_entry;
mod error;

pub use error::ExchangeError;

use crate::configuration::Exchange;
use crate::runtime::SendError;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::no_head::NoHead;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretValue;
use crate::secrets::credential::{Credential, PendingExchange};
use crate::signing;
use crate::signing::moment::Moment;
use crate::signing::unsigned::Unsigned;
use answer::Answer;
use cache_entry::CacheEntry;

/// The longest response of a token endpoint, in bytes.
const LARGEST_RESPONSE: u32 = 64 * 1024;

/// A token that a credential was exchanged for.
#[derive(Debug)]
pub struct Token {
    /// The token.
    pub text: SecretValue,
    /// Whether it has been used before.
    pub is_reused: bool,
}

/// Exchanges a credential for a token. `is_fresh` asks for one that has not been used before. Each exchange needs its
/// own `moment`.
///
/// # Errors
/// The reason why there is no token.
pub async fn obtain<R: AuthRuntime>(
    pending: &PendingExchange<'_>,
    is_fresh: bool,
    runtime: &R,
    moment: &Moment,
) -> Result<Token, ExchangeError> {
    let entry = (R::FORMS.reuse && pending.form.reuse).then(|| CacheEntry::new::<R>(pending));
    if let Some(entry) = entry.as_ref().filter(|_| !is_fresh)
        && let Some(text) = entry.read(moment, runtime).await
    {
        return Ok(Token { text, is_reused: true });
    }
    let Answer { token, expires } = send(pending, moment, runtime).await?;
    if let (Some(entry), Some(expires)) = (&entry, expires) {
        entry.write(&token, expires, moment, runtime).await;
    }
    Ok(Token { text: token, is_reused: false })
}

async fn send<R: AuthRuntime>(
    pending: &PendingExchange<'_>,
    moment: &Moment,
    runtime: &R,
) -> Result<Answer, ExchangeError> {
    let PendingExchange { form, credential, .. } = pending;
    let mut plan = request_plan(pending);
    let mut request = Unsigned::new(&mut plan, &NoHead, moment);
    for (name, value) in &credential.parameters {
        request.append_parameter(name, value.expose());
    }
    let signed = signing::sign(&mut request, &credential.fields, &credential.signers, runtime).await;
    signed.map_err(|_| ExchangeError::Unsigned)?;
    plan.has_body = plan.body.is_some();
    let response = runtime.request(&plan, LARGEST_RESPONSE).await.map_err(|why| match why {
        SendError::Unreachable | SendError::Invalid | SendError::NoBinding => ExchangeError::Unreachable,
        SendError::TimedOut => ExchangeError::TimedOut,
        SendError::TooLarge => ExchangeError::TooLarge,
    })?;
    Answer::read(form, &response, moment)
}

/// The plan of the request, without signatures and body fields.
fn request_plan(pending: &PendingExchange<'_>) -> Plan {
    let PendingExchange { form: Exchange { method, timeout, .. }, url, credential, .. } = pending;
    let Credential { headers, segments, .. } = &**credential;
    let owned = |(name, value): &(&str, SecretValue)| {
        ((*name).to_owned(), SecretValue::new(value.expose().to_owned()))
    };
    let mut set: Vec<(String, SecretValue)> = headers.iter().map(owned).collect();
    if !set.iter().any(|(known, _)| known == "accept") {
        set.push(("accept".to_owned(), SecretValue::new("application/json".to_owned())));
    }
    let base = url.base_with(segments);
    let path = if base.expose().is_empty() { "/" } else { base.expose() };
    Plan::subrequest(*method, SecretValue::new([&url.origin, path].concat()), set, *timeout)
}
