//! Step 7, before a request is sent: what the credential makes of the whole request, afresh for each attempt.

use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::runtime::plan::Plan;
use crate::runtime::signing::Signing;
use crate::runtime::{Clock, RequestHead};
use crate::secrets::credential::Credential;
use crate::signing;
use crate::signing::moment::Moment;
use crate::signing::signature::Signature;
use crate::signing::unsigned::Unsigned;

/// Sets the credential's fields in the plan's body and signs the request. `attempt` is its number, from 1.
///
/// # Errors
/// As [`signing::complete`].
pub async fn complete<'g, R: Signing + Clock>(
    plan: &mut Plan,
    head: &impl RequestHead,
    credential: &Credential<'g>,
    runtime: &R,
    request_id: &RequestId,
    attempt: u32,
) -> Result<Vec<Signature<'g>>, Code> {
    if !R::FORMS.any() || !credential.is_completed_later() {
        return Ok(Vec::new());
    }
    let moment = Moment::new(runtime.now(), request_id, attempt);
    let mut request = Unsigned::new(plan, head, &moment);
    signing::complete(&mut request, &credential.fields, &credential.signers, runtime).await
}
