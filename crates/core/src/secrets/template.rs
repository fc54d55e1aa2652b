//! Fills templates with values, and checks each value against the rules of its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::configuration::{
    Claim, ClaimValue, Exchange, Hmac, Jwt, JwtAlgorithm, Output, Part, Placement, Route, SecretId, SigV4,
    Template, UpstreamUrl,
};
use crate::encoding::decode_key;
use crate::encoding::private_key::{parse, symmetric};
use crate::http::query::append_value;
use crate::runtime::Bindings;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::secret_value::SecretValue;
use crate::secrets::base_url::base_url;
use crate::secrets::credential::{Credential, PendingExchange};
use crate::secrets::json_field::string_field;
use crate::secrets::placement_syntax::syntax_of;
use crate::signing::Signer;
use crate::signing::hmac::HmacSigner;
use crate::signing::jwt::{JwtKey, JwtSigner, OpenClaim, OpenValue};
use crate::signing::sigv4::SigV4Signer;
use crate::signing::template::{OpenPart, OpenTemplate};
use crate::value_syntax::ValueSyntax;

/// A secret with its value.
pub(super) struct SecretWithValue<'g, 'v> {
    pub(super) id: SecretId,
    pub(super) name: &'g str,
    pub(super) value: &'v SecretValue,
}

/// The reason why a template could not be filled.
pub(super) enum Unusable {
    /// One of these secrets has a value that does not fit its place.
    Secrets(Vec<SecretId>),
    /// A variable has such a value.
    Variable,
}

pub(super) fn render<'g, R: Bindings + AuthRuntime>(
    route: &'g Route,
    auth: &'g [Placement],
    values: &[SecretWithValue<'g, '_>],
    position: usize,
    bindings: &R,
) -> Result<Credential<'g>, Unusable> {
    let mut filler = Filler { route, values, bindings, injected: Vec::new() };
    let mut credential = filler.credential(auth)?;
    credential.values = filler.injected;
    if R::FORMS.fetcher {
        let certificates = auth.iter().map(Placement::certificates).find(|bindings| !bindings.is_empty());
        credential.certificate =
            certificates.and_then(|bindings| bindings.get(position).or_else(|| bindings.first()));
    }
    Ok(credential)
}

impl<'g, R: Bindings + AuthRuntime> Filler<'_, 'g, '_, R> {
    fn credential(&mut self, placements: &'g [Placement]) -> Result<Credential<'g>, Unusable> {
        let filler = self;
        let mut credential = Credential::default();
        for placement in placements {
            match placement {
                Placement::Bearer(token) => {
                    let token = filler.fill(token, ValueSyntax::Header)?;
                    credential.headers.push(("authorization", joined("Bearer ", token.expose())));
                }
                Placement::Basic { username, password } => {
                    let pair = filler.basic(placement, username, password)?;
                    credential.headers.push(("authorization", joined("Basic ", pair.expose())));
                }
                Placement::Header { name, value } => {
                    credential.headers.push((name.as_str(), filler.fill(value, ValueSyntax::Header)?));
                }
                Placement::Query { name, value } => {
                    credential.parameters.push((name.as_ref(), filler.fill(value, ValueSyntax::Encoded)?));
                }
                Placement::Body { place, value } if R::FORMS.body => {
                    credential.fields.push((place, filler.fill(value, ValueSyntax::Encoded)?));
                }
                Placement::Path { name, value } if R::FORMS.path => {
                    credential.fill = Some(UpstreamUrl::base_with);
                    credential.segments.push((name.as_ref(), filler.fill(value, ValueSyntax::Segment)?));
                }
                Placement::Hmac(hmac) if R::FORMS.hmac => {
                    credential.signers.push(Signer::Hmac(filler.hmac(hmac)?));
                }
                Placement::SigV4(sigv4) if R::FORMS.sigv4 => {
                    credential.signers.push(Signer::SigV4(filler.sigv4(sigv4)?));
                }
                Placement::Jwt(jwt) if R::FORMS.jwt => {
                    credential.signers.push(Signer::Jwt(filler.jwt(jwt)?));
                }
                Placement::Client { id, secret } if R::FORMS.exchange => {
                    let pair = filler.client(id, secret)?;
                    credential.headers.push(("authorization", joined("Basic ", pair.expose())));
                }
                Placement::Exchange(exchange) if R::FORMS.exchange => {
                    credential.exchanges.push(filler.exchange(exchange)?);
                }
                Placement::Mtls(_) => {}
                // The build knows which forms the configuration has, so there is no such placement.
                Placement::Body { .. }
                | Placement::Path { .. }
                | Placement::Hmac(_)
                | Placement::SigV4(_)
                | Placement::Jwt(_)
                | Placement::Exchange(_)
                | Placement::Client { .. } => {
                    return Err(Unusable::Variable);
                }
            }
        }
        Ok(credential)
    }

    /// The credentials of Basic in Base64 (RFC 7617 §2).
    fn basic(
        &mut self,
        placement: &Placement,
        username: &Template,
        password: &Template,
    ) -> Result<SecretValue, Unusable> {
        let before = self.injected.len();
        let username = self.fill(username, ValueSyntax::Username)?;
        let password = self.fill(password, ValueSyntax::Password)?;
        let pair = SecretValue::new([username.expose(), password.expose()].join(":"));
        let encoded = SecretValue::new(STANDARD.encode(pair.expose()));
        // The secret is the password, or the user name where the password is not secret.
        let secret = placement.secrets().last();
        let is_secret = self.injected.len() > before;
        let secret = self.values.iter().find(|resolved| is_secret && Some(resolved.id) == secret);
        let repeated = SecretValue::new(encoded.expose().to_owned());
        self.injected.extend(secret.map(|resolved| (resolved.name, repeated)));
        Ok(encoded)
    }

    /// The credentials of an OAuth 2.0 client (RFC 6749 §2.3.1).
    fn client(&mut self, id: &Template, secret: &Template) -> Result<SecretValue, Unusable> {
        let (id, secret) = (self.fill(id, ValueSyntax::Encoded)?, self.fill(secret, ValueSyntax::Encoded)?);
        let pair = SecretValue::new([encoded(&id).expose(), ":", encoded(&secret).expose()].concat());
        Ok(SecretValue::new(STANDARD.encode(pair.expose())))
    }

    fn exchange(&mut self, form: &'g Exchange) -> Result<PendingExchange<'g>, Unusable> {
        let first = form.auth.iter().flat_map(Placement::secrets).next();
        let credential = Box::new(self.credential(&form.auth)?);
        let put = self.outputs(&form.put)?;
        let url = base_url(&form.url, self.bindings).map_err(|_| Unusable::Variable)?;
        let name = self.values.iter().find(|resolved| Some(resolved.id) == first);
        Ok(PendingExchange { form, name: name.map_or("", |resolved| resolved.name), url, credential, put })
    }

    fn jwt(&mut self, form: &'g Jwt) -> Result<JwtSigner<'g>, Unusable> {
        let known = self.injected.len();
        let syntax = ValueSyntax::SigningKey(form.algorithm, form.key_encoding);
        let text = self.fill(&form.key, syntax)?;
        let key = if form.algorithm == JwtAlgorithm::Hs256 {
            symmetric(text.expose(), |text| decode_key(form.key_encoding, text)).map(JwtKey::Symmetric)
        } else {
            // It is not sent to the upstream, so it cannot come back.
            self.injected.truncate(known);
            let bare = decode_key(form.key_encoding, text.expose());
            let key = parse(form.algorithm, text.expose(), bare.as_deref().map(Vec::as_slice));
            key.map(|key| JwtKey::Private(key, None))
        };
        Ok(JwtSigner {
            form,
            name: self.name_of(&form.key),
            key: key.ok_or_else(|| Unusable::Secrets(form.key.secrets().collect()))?,
            header: self.claims(&form.header)?,
            claims: self.claims(&form.claims)?,
            put: self.outputs(&form.put)?,
            has_invalid_signature: false,
        })
    }

    fn claims(&mut self, claims: &'g [Claim]) -> Result<Vec<OpenClaim<'g>>, Unusable> {
        let opened = claims
            .iter()
            .map(|Claim { name, value }| self.claim_value(value).map(|value| OpenClaim { name, value }));
        opened.collect()
    }

    fn claim_value(&mut self, value: &'g ClaimValue) -> Result<OpenValue<'g>, Unusable> {
        Ok(match value {
            ClaimValue::Text(template) => OpenValue::Text(self.open(template, ValueSyntax::Encoded)?),
            ClaimValue::Time => OpenValue::Time,
            ClaimValue::Number(number) => OpenValue::Number(*number),
            ClaimValue::Boolean(boolean) => OpenValue::Boolean(*boolean),
            ClaimValue::List(values) => {
                let values = values.iter().map(|value| self.claim_value(value));
                OpenValue::List(values.collect::<Result<_, _>>()?)
            }
            ClaimValue::Object(claims) => OpenValue::Object(self.claims(claims)?),
        })
    }
}

/// Joins the parts of templates. A value is inserted unchanged, and a `${x}` within it is not replaced.
struct Filler<'a, 'g, 'v, B> {
    route: &'g Route,
    values: &'a [SecretWithValue<'g, 'v>],
    bindings: &'a B,
    /// The secret values that were inserted, except those that the route excludes from redaction.
    injected: Vec<(&'g str, SecretValue)>,
}

impl<'g, B: Bindings> Filler<'_, 'g, '_, B> {
    fn fill(&mut self, template: &Template, syntax: ValueSyntax) -> Result<SecretValue, Unusable> {
        let mut pieces: Vec<SecretValue> = Vec::with_capacity(template.parts.len());
        for part in template.parts.iter() {
            pieces.push(self.part(part, template, syntax)?);
        }
        // `concat` allocates once, so that no partial copy of a secret is left in freed memory.
        Ok(SecretValue::new(pieces.iter().map(SecretValue::expose).collect::<Vec<_>>().concat()))
    }

    /// The same as [`fill`](Self::fill), except for values of the request, which are filled in later.
    fn open(&mut self, template: &'g Template, syntax: ValueSyntax) -> Result<OpenTemplate<'g>, Unusable> {
        let parts = template.parts.iter().map(|part| match part {
            Part::Request(value) => Ok(OpenPart::Request(value)),
            _ => self.part(part, template, syntax).map(OpenPart::Filled),
        });
        parts.collect::<Result<Vec<_>, _>>().map(OpenTemplate)
    }

    fn part(
        &mut self,
        part: &Part,
        template: &Template,
        syntax: ValueSyntax,
    ) -> Result<SecretValue, Unusable> {
        let invalid = || Unusable::Secrets(template.secrets().collect());
        let values = self.values;
        let resolved = |id: &SecretId| values.iter().find(|known| known.id == *id).ok_or_else(invalid);
        let piece = match part {
            Part::Text(text) => SecretValue::new(text.clone().into_owned()),
            Part::Secret(id) => SecretValue::new(resolved(id)?.value.expose().to_owned()),
            Part::Field(id, name) => string_field(resolved(id)?.value, name).ok_or_else(invalid)?,
            Part::Variable(name) => SecretValue::new(self.bindings.variable(name).ok_or(Unusable::Variable)?),
            // The grammar admits values of the request only in open templates, and puts values in the place of a
            // caller's.
            Part::Request(_) | Part::Caller(_) => return Err(Unusable::Variable),
        };
        // Literal text may end with a space, as in `token ${x}`.
        let fits = match part {
            Part::Secret(_) | Part::Field(..) => syntax.check(piece.expose()),
            Part::Text(_) | Part::Variable(_) | Part::Caller(_) | Part::Request(_) => {
                syntax.check_characters(piece.expose())
            }
        };
        if fits.is_err() {
            return Err(if matches!(part, Part::Variable(_)) { Unusable::Variable } else { invalid() });
        }
        let field = match part {
            Part::Field(_, field) => Some(field.as_ref()),
            _ => None,
        };
        if let Part::Secret(id) | Part::Field(id, _) = part
            && !self.route.excepts(*id, field)
        {
            self.injected.push((resolved(id)?.name, SecretValue::new(piece.expose().to_owned())));
        }
        Ok(piece)
    }

    fn sigv4(&mut self, form: &'g SigV4) -> Result<SigV4Signer<'g>, Unusable> {
        let session_token = form.session_token.as_ref().map(|token| self.fill(token, ValueSyntax::Header));
        Ok(SigV4Signer {
            form,
            name: self.name_of(&form.secret_access_key),
            access_key_id: self.fill(&form.access_key_id, ValueSyntax::AccessKeyId)?,
            secret_access_key: self.fill(&form.secret_access_key, ValueSyntax::Encoded)?,
            session_token: session_token.transpose()?,
            region: self.fill(&form.region, ValueSyntax::AccessKeyId)?,
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
        let key = self.fill(&form.key, ValueSyntax::Key(form.key_encoding))?;
        let key = decode_key(form.key_encoding, key.expose());
        let key = key.ok_or_else(|| Unusable::Secrets(form.key.secrets().collect()))?.into();
        let message = self.open(&form.message, ValueSyntax::Encoded)?;
        let put = self.outputs(&form.put)?;
        Ok(HmacSigner { form, name, key, message, put })
    }

    fn outputs(&mut self, outputs: &'g [Output]) -> Result<Vec<(&'g Output, OpenTemplate<'g>)>, Unusable> {
        let opened = outputs.iter().map(|output| {
            self.open(&output.value, syntax_of(&output.place)).map(|template| (output, template))
        });
        opened.collect()
    }
}

fn encoded(value: &SecretValue) -> SecretValue {
    let mut text = String::new();
    append_value(&mut text, value.expose());
    SecretValue::new(text)
}

fn joined(scheme: &str, text: &str) -> SecretValue {
    SecretValue::new([scheme, text].concat())
}
