//! JSON Web Tokens in the compact form (RFC 7515 §3.1, RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::hmac::sha256_under;
use super::moment::Moment;
use super::signature::Signature;
use super::template::OpenTemplate;
use super::unsigned::Unsigned;
use crate::configuration::{Jwt, Output};
use crate::refusal::Code;
use crate::runtime::RequestHead;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::cryptography::KeyHandle;
use crate::secret_value::{SecretBytes, SecretValue};

/// A form of the configuration with its secrets.
#[derive(Debug)]
pub struct JwtSigner<'g> {
    /// The form.
    pub form: &'g Jwt,
    /// The name of the key's secret.
    pub name: &'g str,
    /// The key.
    pub key: JwtKey,
    /// The members of the header besides `alg` and `typ`.
    pub header: Vec<OpenClaim<'g>>,
    /// The claims besides `iat` and `exp`.
    pub claims: Vec<OpenClaim<'g>>,
    /// The places of the token in the request.
    pub put: Vec<(&'g Output, OpenTemplate<'g>)>,
    /// Whether its signatures are made false: for a control, of which all but the signature has to be right.
    pub has_invalid_signature: bool,
}

/// A signing key.
#[derive(Debug)]
pub enum JwtKey {
    /// The bytes of a symmetric key.
    Symmetric(SecretBytes),
    /// A private key in PKCS#8, and the runtime's handle once it has been imported.
    Private(SecretBytes, Option<KeyHandle>),
}

/// A member of an object, with its secrets.
#[derive(Debug)]
pub struct OpenClaim<'g> {
    /// Its name.
    pub name: &'g str,
    /// Its value.
    pub value: OpenValue<'g>,
}

/// A JSON value with its secrets.
#[derive(Debug)]
pub enum OpenValue<'g> {
    /// A string.
    Text(OpenTemplate<'g>),
    /// The time in seconds.
    Time,
    /// A number.
    Number(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    List(Vec<OpenValue<'g>>),
    /// An object.
    Object(Vec<OpenClaim<'g>>),
}

impl<'g> JwtSigner<'g> {
    /// Imports the key into the runtime. Returns whether it is a valid key.
    pub async fn import<S: AuthRuntime>(&mut self, runtime: &S) -> bool {
        if let JwtKey::Private(key, handle) = &mut self.key {
            *handle = runtime.import(self.form.algorithm, key.expose()).await;
            return handle.is_some();
        }
        true
    }

    /// Adds a new token to the request.
    pub(super) async fn sign<S: AuthRuntime>(
        &self,
        request: &mut Unsigned<'_, impl RequestHead>,
        runtime: &S,
    ) -> Result<Signature<'g>, Code> {
        let token = self.token(request.moment(), runtime).await.ok_or(Code::SecretUnavailable)?;
        for (output, template) in &self.put {
            let value = template.fill(request, token.expose());
            let text = std::str::from_utf8(value.expose()).map_err(|_| Code::Misconfigured)?;
            request.put(output, SecretValue::new(text.to_owned()))?;
        }
        Ok((self.name, token))
    }

    async fn token<S: AuthRuntime>(&self, moment: &Moment, runtime: &S) -> Option<SecretValue> {
        let header = self.header(moment)?;
        let claims = self.claims(moment)?;
        let encoded = |json: &SecretValue| SecretValue::new(URL_SAFE_NO_PAD.encode(json.expose()));
        let signed = SecretValue::new([encoded(&header).expose(), encoded(&claims).expose()].join("."));
        let signature = match &self.key {
            JwtKey::Symmetric(key) => sha256_under(key.expose(), signed.expose().as_bytes()),
            JwtKey::Private(_, handle) if S::FORMS.private_keys => {
                let message = signed.expose().as_bytes();
                SecretBytes::new(runtime.sign((*handle)?, self.form.algorithm, message).await?)
            }
            JwtKey::Private(..) => return None,
        };
        let signature = if self.has_invalid_signature { invalidated(&signature) } else { signature };
        let signature = SecretValue::new(URL_SAFE_NO_PAD.encode(signature.expose()));
        Some(SecretValue::new([signed.expose(), signature.expose()].join(".")))
    }

    fn header(&self, moment: &Moment) -> Option<SecretValue> {
        let mut text = format!(r#"{{"alg":"{}","typ":"JWT""#, self.form.algorithm.as_str());
        self.header.iter().try_for_each(|member| member.write(moment, &mut text))?;
        text.push('}');
        Some(SecretValue::new(text))
    }

    fn claims(&self, moment: &Moment) -> Option<SecretValue> {
        let issued = moment.seconds();
        let mut text = format!(r#"{{"iat":{issued},"exp":{}"#, issued + u64::from(self.form.ttl));
        self.claims.iter().try_for_each(|member| member.write(moment, &mut text))?;
        text.push('}');
        Some(SecretValue::new(text))
    }

    pub(super) fn each_secret(&self, take: &mut dyn FnMut(&[u8])) {
        match &self.key {
            JwtKey::Symmetric(key) | JwtKey::Private(key, _) => take(key.expose()),
        }
        for member in self.header.iter().chain(&self.claims) {
            member.value.each_secret(take);
        }
        self.put.iter().for_each(|(_, template)| template.each_filled(take));
    }
}

/// As long, and no signature of the message by that key. The first half of the bytes stays, so that the numbers in it
/// are in their ranges.
fn invalidated(signature: &SecretBytes) -> SecretBytes {
    let bytes = signature.expose();
    let altered = |(at, byte): (usize, &u8)| if at < bytes.len() / 2 { *byte } else { byte ^ 0x55 };
    SecretBytes::new(bytes.iter().enumerate().map(altered).collect())
}

impl OpenClaim<'_> {
    /// Appends the member to an object that already has one.
    fn write(&self, moment: &Moment, out: &mut String) -> Option<()> {
        out.push(',');
        self.write_alone(moment, out)
    }

    fn write_alone(&self, moment: &Moment, out: &mut String) -> Option<()> {
        out.push_str(&serde_json::to_string(self.name).ok()?);
        out.push(':');
        self.value.write(moment, out)
    }
}

impl OpenValue<'_> {
    fn write(&self, moment: &Moment, out: &mut String) -> Option<()> {
        match self {
            Self::Text(template) => {
                let text = template.fill_at(moment);
                out.push_str(&serde_json::to_string(std::str::from_utf8(text.expose()).ok()?).ok()?);
            }
            Self::Time => out.push_str(&moment.seconds().to_string()),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Boolean(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
            Self::List(values) => {
                out.push('[');
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    value.write(moment, out)?;
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, member) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    member.write_alone(moment, out)?;
                }
                out.push('}');
            }
        }
        Some(())
    }

    fn each_secret(&self, take: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Text(template) => template.each_filled(take),
            Self::Time | Self::Number(_) | Self::Boolean(_) => {}
            Self::List(values) => values.iter().for_each(|value| value.each_secret(take)),
            Self::Object(members) => members.iter().for_each(|member| member.value.each_secret(take)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_signature_keeps_its_length_and_its_first_half() {
        for (right, wrong) in [
            (&[0, 0xff, 0x55, 0xaa][..], &[0, 0xff, 0, 0xff][..]),
            (&[0, 0xff, 0x55, 0xaa, 1, 2], &[0, 0xff, 0x55, 0xff, 0x54, 0x57]),
            (&[1, 2, 3], &[1, 0x57, 0x56]),
        ] {
            assert_eq!(invalidated(&SecretBytes::new(right.to_vec())).expose(), wrong);
        }
    }
}
