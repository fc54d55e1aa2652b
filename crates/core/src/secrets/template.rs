//! Templates filled with values, each checked by the place that it goes to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::configuration::{
    Hmac, KeyEncoding, Output, Part, Place, Placement, Route, SecretId, SigV4, Template,
};
use crate::runtime::Bindings;
use crate::runtime::signing::Signing;
use crate::secret_value::SecretValue;
use crate::secrets::credential::Credential;
use crate::secrets::json_field::string_field;
use crate::signing::Signer;
use crate::signing::encoding::decode_key;
use crate::signing::hmac::HmacSigner;
use crate::signing::sigv4::SigV4Signer;
use crate::signing::template::{OpenPart, OpenTemplate};

/// A secret with its value.
pub(super) struct Resolved<'g, 'v> {
    pub(super) id: SecretId,
    pub(super) name: &'g str,
    pub(super) value: &'v SecretValue,
}

/// Why values could not be put in their places.
pub(super) enum Unusable {
    /// One of these secrets has a value that cannot stand there.
    Secrets(Vec<SecretId>),
    /// A variable has.
    Variable,
}

pub(super) fn render<'g, R: Bindings + Signing>(
    route: &'g Route,
    values: &[Resolved<'g, '_>],
    bindings: &R,
) -> Result<Credential<'g>, Unusable> {
    let mut credential = Credential::default();
    let mut filler = Filler { values, bindings, injected: Vec::new() };
    for placement in route.auth.iter() {
        match placement {
            Placement::Bearer(token) => {
                let token = filler.fill(token, is_header_text)?;
                credential.headers.push(("authorization", joined("Bearer ", token.expose())));
            }
            Placement::Basic { username, password } => {
                let username = filler.fill(username, is_basic_username)?;
                let password = filler.fill(password, is_basic_password)?;
                let pair = SecretValue::new([username.expose(), password.expose()].join(":"));
                let encoded = SecretValue::new(STANDARD.encode(pair.expose()));
                credential.headers.push(("authorization", joined("Basic ", encoded.expose())));
                // Its secret is the password, but where that is none.
                let secret = placement.secrets().last();
                let secret = values.iter().find(|resolved| Some(resolved.id) == secret);
                filler.injected.extend(secret.map(|resolved| (resolved.name, encoded)));
            }
            Placement::Header { name, value } => {
                credential.headers.push((name.as_str(), filler.fill(value, is_header_text)?));
            }
            Placement::Query { name, value } => {
                credential.parameters.push((name.as_ref(), filler.fill(value, is_any_text)?));
            }
            Placement::Body { place, value } if R::FORMS.body => {
                credential.fields.push((place, filler.fill(value, is_any_text)?));
            }
            Placement::Hmac(hmac) if R::FORMS.hmac => {
                credential.signers.push(Signer::Hmac(filler.hmac(hmac)?));
            }
            Placement::SigV4(sigv4) if R::FORMS.sigv4 => {
                credential.signers.push(Signer::SigV4(filler.sigv4(sigv4)?));
            }
            // The build knows which forms there are, so there is no such placement.
            Placement::Body { .. } | Placement::Hmac(_) | Placement::SigV4(_) => return Err(Unusable::Variable),
        }
    }
    credential.values = filler.injected;
    Ok(credential)
}

/// Whether the value of this secret can stand wherever the route puts it.
#[must_use]
pub fn fits<S: Signing>(route: &Route, id: SecretId, value: &SecretValue) -> bool {
    let stands = |template: &Template, accepts: fn(&str) -> bool| {
        template.parts.iter().all(|part| match part {
            Part::Secret(secret) if *secret == id => accepts(value.expose()),
            Part::Field(secret, name) if *secret == id => {
                string_field(value, name).is_some_and(|field| accepts(field.expose()))
            }
            _ => true,
        })
    };
    route.auth.iter().all(|placement| match placement {
        Placement::Bearer(value) | Placement::Header { value, .. } => stands(value, is_header_text),
        Placement::Basic { username, password } => {
            stands(username, is_basic_username) && stands(password, is_basic_password)
        }
        Placement::Query { value, .. } | Placement::Body { value, .. } => stands(value, is_any_text),
        Placement::SigV4(sigv4) => {
            !S::FORMS.sigv4
                || (stands(&sigv4.access_key_id, is_access_key_id)
                    && stands(&sigv4.secret_access_key, is_any_text)
                    && sigv4.session_token.as_ref().is_none_or(|token| stands(token, is_header_text)))
        }
        Placement::Hmac(hmac) => {
            !S::FORMS.hmac
                || (stands(&hmac.key, key_text(hmac.key_encoding))
                    && stands(&hmac.message, is_any_text)
                    && hmac.put.iter().all(|output| stands(&output.value, place_text(&output.place))))
        }
    })
}

/// Joins templates' parts. A value is put in as it is and never looked at again: `${x}` in it means nothing.
struct Filler<'a, 'g, 'v, B> {
    values: &'a [Resolved<'g, 'v>],
    bindings: &'a B,
    /// What of the secrets was put in.
    injected: Vec<(&'g str, SecretValue)>,
}

impl<'g, B: Bindings> Filler<'_, 'g, '_, B> {
    fn fill(&mut self, template: &Template, accepts: fn(&str) -> bool) -> Result<SecretValue, Unusable> {
        let mut pieces: Vec<SecretValue> = Vec::with_capacity(template.parts.len());
        for part in template.parts.iter() {
            pieces.push(self.part(part, template, accepts)?);
        }
        // `concat` allocates once for all, so that no shorter copy of a secret is left behind in freed memory.
        Ok(SecretValue::new(pieces.iter().map(SecretValue::expose).collect::<Vec<_>>().concat()))
    }

    /// As [`fill`](Self::fill), but for the values of the request, which is not known yet.
    fn open(
        &mut self,
        template: &'g Template,
        accepts: fn(&str) -> bool,
    ) -> Result<OpenTemplate<'g>, Unusable> {
        let parts = template.parts.iter().map(|part| match part {
            Part::Request(value) => Ok(OpenPart::Request(value)),
            _ => self.part(part, template, accepts).map(OpenPart::Filled),
        });
        parts.collect::<Result<Vec<_>, _>>().map(OpenTemplate)
    }

    fn part(
        &mut self,
        part: &Part,
        template: &Template,
        accepts: fn(&str) -> bool,
    ) -> Result<SecretValue, Unusable> {
        let invalid = || Unusable::Secrets(template.secrets().collect());
        let values = self.values;
        let resolved = |id: &SecretId| values.iter().find(|known| known.id == *id).ok_or_else(invalid);
        let piece = match part {
            Part::Text(text) => SecretValue::new(text.clone().into_owned()),
            Part::Secret(id) => SecretValue::new(resolved(id)?.value.expose().to_owned()),
            Part::Field(id, name) => string_field(resolved(id)?.value, name).ok_or_else(invalid)?,
            Part::Variable(name) => {
                SecretValue::new(self.bindings.variable(name).ok_or(Unusable::Variable)?)
            }
            // The grammar admits it only where a template is left open.
            Part::Request(_) => return Err(Unusable::Variable),
        };
        if !accepts(piece.expose()) {
            return Err(if matches!(part, Part::Variable(_)) { Unusable::Variable } else { invalid() });
        }
        if let Part::Secret(id) | Part::Field(id, _) = part {
            self.injected.push((resolved(id)?.name, SecretValue::new(piece.expose().to_owned())));
        }
        Ok(piece)
    }

    fn sigv4(&mut self, form: &'g SigV4) -> Result<SigV4Signer<'g>, Unusable> {
        let session_token = form.session_token.as_ref().map(|token| self.fill(token, is_header_text));
        Ok(SigV4Signer {
            form,
            name: self.name_of(&form.secret_access_key),
            access_key_id: self.fill(&form.access_key_id, is_access_key_id)?,
            secret_access_key: self.fill(&form.secret_access_key, is_any_text)?,
            session_token: session_token.transpose()?,
            region: self.fill(&form.region, is_access_key_id)?,
        })
    }

    /// The name of the first secret of a template.
    fn name_of(&self, template: &Template) -> &'g str {
        let secret = template.secrets().next();
        let resolved = self.values.iter().find(|resolved| Some(resolved.id) == secret);
        resolved.map_or("", |resolved| resolved.name)
    }

    fn hmac(&mut self, form: &'g Hmac) -> Result<HmacSigner<'g>, Unusable> {
        let name = self.name_of(&form.key);
        let key = self.fill(&form.key, key_text(form.key_encoding))?;
        let key = decode_key(form.key_encoding, key.expose());
        let key = key.ok_or_else(|| Unusable::Secrets(form.key.secrets().collect()))?;
        let message = self.open(&form.message, is_any_text)?;
        let put = self.outputs(&form.put)?;
        Ok(HmacSigner { form, name, key, message, put })
    }

    fn outputs(&mut self, outputs: &'g [Output]) -> Result<Vec<(&'g Output, OpenTemplate<'g>)>, Unusable> {
        let opened = outputs.iter().map(|output| {
            self.open(&output.value, place_text(&output.place)).map(|template| (output, template))
        });
        opened.collect()
    }
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

/// What can stand in the scope of a signature, whose pieces end with slashes and commas.
fn is_access_key_id(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'/' && byte != b',')
}

/// A query or a body encodes what it holds.
const fn is_any_text(_: &str) -> bool {
    true
}

fn place_text(place: &Place) -> fn(&str) -> bool {
    match place {
        Place::Header(_) => is_header_text,
        Place::Query(_) | Place::Body(_) => is_any_text,
    }
}

fn key_text(encoding: KeyEncoding) -> fn(&str) -> bool {
    match encoding {
        KeyEncoding::Text => is_any_text,
        KeyEncoding::Hex => |text| decode_key(KeyEncoding::Hex, text).is_some(),
        KeyEncoding::Base64 => |text| decode_key(KeyEncoding::Base64, text).is_some(),
    }
}
