//! Templates filled with values, each checked by the place that it goes to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::configuration::{Part, Placement, Route, SecretId, Template};
use crate::runtime::Bindings;
use crate::secret_value::SecretValue;
use crate::secret_value::place::Place;
use crate::secrets::credential::Credential;
use crate::secrets::json_field::string_field;

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

pub(super) fn render<'g>(
    route: &'g Route,
    values: &[Resolved<'g, '_>],
    bindings: &impl Bindings,
) -> Result<Credential<'g>, Unusable> {
    let mut credential = Credential::default();
    let mut injected = Vec::new();
    for placement in route.auth.iter() {
        let mut text =
            |template: &Template, place: Place| fill(route, template, values, bindings, place, &mut injected);
        match placement {
            Placement::Bearer(token) => {
                let token = text(token, Place::Header)?;
                credential.headers.push(("authorization", joined("Bearer ", token.expose())));
            }
            Placement::Basic { username, password } => {
                let username = text(username, Place::Username)?;
                let password = text(password, Place::Password)?;
                let pair = SecretValue::new([username.expose(), password.expose()].join(":"));
                let encoded = SecretValue::new(STANDARD.encode(pair.expose()));
                credential.headers.push(("authorization", joined("Basic ", encoded.expose())));
                // Its secret is the password, but where that is none.
                let secret = placement.secrets().last();
                let secret = values.iter().find(|resolved| Some(resolved.id) == secret);
                injected.extend(secret.map(|resolved| (resolved.name, encoded)));
            }
            Placement::Header { name, value } => {
                credential.headers.push((name.as_str(), text(value, Place::Header)?));
            }
            Placement::Query { name, value } => {
                credential.parameters.push((name.as_ref(), text(value, Place::Query)?));
            }
        }
    }
    credential.values = injected;
    Ok(credential)
}

/// Joins a template's parts. A value is put in as it is and never looked at again: `${x}` in it means nothing.
/// What of it is secret is added to `injected`, unless the route excepts it.
fn fill<'g>(
    route: &Route,
    template: &Template,
    values: &[Resolved<'g, '_>],
    bindings: &impl Bindings,
    place: Place,
    injected: &mut Vec<(&'g str, SecretValue)>,
) -> Result<SecretValue, Unusable> {
    let invalid = || Unusable::Secrets(template.secrets().collect());
    let resolved = |id: &SecretId| values.iter().find(|known| known.id == *id).ok_or_else(invalid);
    let mut pieces: Vec<SecretValue> = Vec::with_capacity(template.parts.len());
    for part in template.parts.iter() {
        let piece = match part {
            Part::Text(text) => SecretValue::new(text.clone().into_owned()),
            Part::Secret(id) => SecretValue::new(resolved(id)?.value.expose().to_owned()),
            Part::Field(id, name) => string_field(resolved(id)?.value, name).ok_or_else(invalid)?,
            Part::Variable(name) => SecretValue::new(bindings.variable(name).ok_or(Unusable::Variable)?),
        };
        // What is not secret may end in a blank, as `token ${x}` does.
        let fits = match part {
            Part::Secret(_) | Part::Field(..) => place.check(piece.expose()),
            Part::Text(_) | Part::Variable(_) => place.check_characters(piece.expose()),
        };
        if fits.is_err() {
            return Err(if matches!(part, Part::Variable(_)) { Unusable::Variable } else { invalid() });
        }
        let field = match part {
            Part::Field(_, field) => Some(field.as_ref()),
            _ => None,
        };
        if let Part::Secret(id) | Part::Field(id, _) = part
            && !route.excepts(*id, field)
        {
            injected.push((resolved(id)?.name, SecretValue::new(piece.expose().to_owned())));
        }
        pieces.push(piece);
    }
    // `concat` allocates once for all, so that no shorter copy of a secret is left behind in freed memory.
    Ok(SecretValue::new(pieces.iter().map(SecretValue::expose).collect::<Vec<_>>().concat()))
}

fn joined(scheme: &str, text: &str) -> SecretValue {
    SecretValue::new([scheme, text].concat())
}
