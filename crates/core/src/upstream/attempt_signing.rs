//! Step 7, before an attempt is sent: sets body fields and signatures, which depend on the whole request.

use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::plan::Plan;
use crate::runtime::{Clock, RequestHead};
use crate::secrets::credential::Credential;
use crate::signing;
use crate::signing::moment::Moment;
use crate::signing::signature::Signature;
use crate::signing::unsigned::Unsigned;

/// Sets the credential's fields in the plan's body and signs the request. `attempt` is its number, from 1.
///
/// # Errors
/// The same as [`signing::sign`].
pub async fn sign_attempt<'g, R: AuthRuntime + Clock>(
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
    signing::sign(&mut request, &credential.fields, &credential.signers, runtime).await
}
