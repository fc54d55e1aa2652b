//! Step 7, before a request is sent: sets body fields and computes signatures.
//!
//! A signature covers the plan, the time and a nonce. So it is added last, and is computed again for each attempt.

pub mod body;
pub mod hmac;
pub mod jwt;
pub mod moment;
pub mod signature;
pub mod sigv4;
pub mod template;
pub mod unsigned;

use crate::configuration::BodyPlace;
use crate::refusal::Code;
use crate::runtime::RequestHead;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::feature::if_built_in;
use crate::secret_value::SecretValue;
use crate::signing::hmac::HmacSigner;
use crate::signing::jwt::JwtSigner;
use crate::signing::signature::Signature;
use crate::signing::sigv4::SigV4Signer;
use crate::signing::unsigned::Unsigned;

/// A signer with its key, ready for a request.
#[derive(Debug)]
pub enum Signer<'g> {
    /// A keyed hash.
    Hmac(HmacSigner<'g>),
    /// AWS Signature Version 4.
    SigV4(SigV4Signer<'g>),
    /// A token.
    Jwt(JwtSigner<'g>),
}

impl Signer<'_> {
    /// Imports the private key into the runtime. Returns whether it is a valid key.
    pub async fn import<S: AuthRuntime>(&mut self, runtime: &S) -> bool {
        match self {
            Self::Jwt(signer) => signer.import(runtime).await,
            Self::Hmac(_) | Self::SigV4(_) => true,
        }
    }

    /// Calls `take` with everything that distinguishes this signer from another one of the same form.
    pub fn each_secret(&self, take: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Hmac(signer) => signer.each_secret(take),
            Self::SigV4(signer) => signer.each_secret(take),
            Self::Jwt(signer) => signer.each_secret(take),
        }
    }
}

/// Completes a request: sets the fields of its body, and then adds the signature of each signer, in order.
///
/// # Errors
/// [`Code::UnsupportedMediaType`] and [`Code::BodyInvalid`] where a field cannot be set in the body.
pub async fn sign<'g, S: AuthRuntime>(
    request: &mut Unsigned<'_, impl RequestHead>,
    fields: &[(&'g BodyPlace, SecretValue)],
    signers: &[Signer<'g>],
    runtime: &S,
) -> Result<Vec<Signature<'g>>, Code> {
    if S::FORMS.body {
        for (place, value) in fields {
            request.set_field(place, value.expose())?;
        }
    }
    let mut signatures = Vec::with_capacity(signers.len());
    for signer in signers {
        match signer {
            Signer::Hmac(signer) => {
                if S::FORMS.hmac {
                    signatures.push(signer.sign::<S>(request)?);
                }
            }
            Signer::SigV4(signer) => {
                if S::FORMS.sigv4 {
                    signatures.push(signer.sign(request)?);
                }
            }
            Signer::Jwt(signer) => {
                signatures.extend(
                    if_built_in(const { S::FORMS.jwt }, || signer.sign(request, runtime))
                        .await
                        .transpose()?,
                );
            }
        }
    }
    Ok(signatures)
}
