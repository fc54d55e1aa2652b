//! The places in which a configuration uses a secret's value, and whether a value fits them.

use std::error::Error;
use std::fmt;

use crate::configuration::{
    Caller, Gateway, HmacProof, OutputPlace, Part, Placement, Proof, Route, SecretId, Template,
};
use crate::secret_value::SecretValue;
use crate::secrets::json_field::string_field;
use crate::value_syntax::{InvalidValue, ValueFault, ValueSyntax, is_signing_key};

/// Checks that the value fits every place in which the configuration uses this secret: the auth of each route, and the
/// token of a caller. `signs` tells whether the configuration may have keys that sign tokens, so that a build without
/// them does not contain the code for parsing keys.
///
/// # Errors
/// The first place that the value does not fit.
pub fn check_value<'g>(
    gateway: &'g Gateway,
    id: SecretId,
    value: &SecretValue,
    signs: bool,
) -> Result<(), Misfit<'g>> {
    for route in gateway.routes.iter() {
        check_route(route, id, value, signs)?;
    }
    gateway.callers.iter().try_for_each(|caller| check_caller(caller, id, value))
}

fn check_caller<'g>(caller: &'g Caller, id: SecretId, value: &SecretValue) -> Result<(), Misfit<'g>> {
    let misfit = |field, fault| Misfit { user: User::Caller(&caller.name), field, fault };
    match &caller.proof {
        Proof::Secret(token) if *token == id => {
            ValueSyntax::Header.check(value.expose()).map_err(|fault| misfit(None, MisfitFault::Value(fault)))
        }
        Proof::Hmac(HmacProof { key, field, key_encoding, .. }) if *key == id => {
            let name = field.as_deref();
            let found = name.map(|name| {
                string_field(value, name).ok_or_else(|| misfit(Some(name), MisfitFault::NoField))
            });
            let found = found.transpose()?;
            let key = found.as_ref().unwrap_or(value).expose();
            ValueSyntax::Key(*key_encoding)
                .check(key)
                .map_err(|fault| misfit(name, MisfitFault::Value(fault)))
        }
        _ => Ok(()),
    }
}

fn check_route<'g>(
    route: &'g Route,
    id: SecretId,
    value: &SecretValue,
    signs: bool,
) -> Result<(), Misfit<'g>> {
    for placement in route.auths().flatten() {
        for (template, syntax) in value_syntaxes(placement) {
            check_template(template, syntax, id, value, signs).map_err(|(field, fault)| Misfit {
                user: User::Route(&route.name),
                field,
                fault,
            })?;
        }
    }
    Ok(())
}

fn check_template<'g>(
    template: &'g Template,
    syntax: ValueSyntax,
    id: SecretId,
    value: &SecretValue,
    signs: bool,
) -> Result<(), (Option<&'g str>, MisfitFault)> {
    for part in template.parts.iter() {
        match part {
            Part::Secret(secret) if *secret == id => {
                check_syntax(syntax, value, signs).map_err(|fault| (None, MisfitFault::Value(fault)))?;
            }
            Part::Field(secret, name) if *secret == id => {
                let name = name.as_ref();
                let field = string_field(value, name).ok_or((Some(name), MisfitFault::NoField))?;
                check_syntax(syntax, &field, signs)
                    .map_err(|fault| (Some(name), MisfitFault::Value(fault)))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_syntax(syntax: ValueSyntax, value: &SecretValue, signs: bool) -> Result<(), InvalidValue> {
    match syntax {
        ValueSyntax::SigningKey(algorithm, encoding)
            if signs && !is_signing_key(algorithm, encoding, value.expose()) =>
        {
            Err(InvalidValue { position: 1, fault: ValueFault::NoKey })
        }
        _ => syntax.check(value.expose()),
    }
}

/// The templates of a placement, each with the syntax of its value.
fn value_syntaxes(placement: &Placement) -> Vec<(&Template, ValueSyntax)> {
    let mut values = match placement {
        Placement::Bearer(value) | Placement::Header { value, .. } => vec![(value, ValueSyntax::Header)],
        Placement::Basic { username, password } => {
            vec![(username, ValueSyntax::Username), (password, ValueSyntax::Password)]
        }
        Placement::Query { value, .. } | Placement::Body { value, .. } => vec![(value, ValueSyntax::Encoded)],
        Placement::Client { id, secret } => vec![(id, ValueSyntax::Encoded), (secret, ValueSyntax::Encoded)],
        Placement::Path { value, .. } => vec![(value, ValueSyntax::Segment)],
        Placement::Hmac(hmac) => {
            vec![(&hmac.key, ValueSyntax::Key(hmac.key_encoding)), (&hmac.message, ValueSyntax::Encoded)]
        }
        Placement::SigV4(sigv4) => {
            let mut values = vec![
                (&sigv4.access_key_id, ValueSyntax::AccessKeyId),
                (&sigv4.secret_access_key, ValueSyntax::Encoded),
            ];
            values.extend(sigv4.session_token.iter().map(|token| (token, ValueSyntax::Header)));
            values
        }
        Placement::Jwt(jwt) => {
            let mut values = vec![(&jwt.key, ValueSyntax::SigningKey(jwt.algorithm, jwt.key_encoding))];
            for claim in jwt.header.iter().chain(jwt.claims.iter()) {
                claim.value.each_template(&mut |template| values.push((template, ValueSyntax::Encoded)));
            }
            values
        }
        Placement::Mtls(_) => Vec::new(),
        Placement::Exchange(exchange) => exchange.auth.iter().flat_map(self::value_syntaxes).collect(),
    };
    values.extend(placement.outputs().iter().map(|output| (&output.value, syntax_of(&output.place))));
    values
}

/// The syntax of a value in this place.
pub(super) const fn syntax_of(output: &OutputPlace) -> ValueSyntax {
    match output {
        OutputPlace::Header(_) => ValueSyntax::Header,
        OutputPlace::Query(_) | OutputPlace::Body(_) => ValueSyntax::Encoded,
    }
}

/// A place that a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit<'g> {
    user: User<'g>,
    /// The field, where the value is a JSON object.
    field: Option<&'g str>,
    fault: MisfitFault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User<'g> {
    Route(&'g str),
    Caller(&'g str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MisfitFault {
    NoField,
    Value(InvalidValue),
}

impl fmt::Display for Misfit<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.field, self.fault) {
            (None, MisfitFault::Value(fault)) => fault.fmt(formatter)?,
            (Some(field), MisfitFault::Value(fault)) => write!(formatter, "in its field `{field}`, {fault}")?,
            (field, MisfitFault::NoField) => {
                let field = field.unwrap_or_default();
                write!(formatter, "it is not a JSON object with one string `{field}`")?;
            }
        }
        match self.user {
            User::Route(name) => write!(formatter, ", so the route `{name}` cannot use it"),
            User::Caller(name) => write!(formatter, ", so the caller `{name}` cannot show it"),
        }
    }
}

impl Error for Misfit<'_> {}
