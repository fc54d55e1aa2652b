//! Whether a secret's value fits every place in which the configuration uses it: in the auth of routes, as the secret
//! of a caller, as a list of revoked tokens, and as the token of an account's API.

use std::error::Error;
use std::fmt;

use crate::authentication::jwt::{InvalidRevocationList, RevocationList};
use crate::configuration::{
    Caller, CallerAuthentication, Forms, Gateway, HmacProof, Operator, Part, Route, SecretId, Template,
};
use crate::secret_value::SecretValue;
use crate::secrets::json_field::string_field;
use crate::secrets::placement_syntax::value_syntaxes;
use crate::value_syntax::{InvalidValue, ValueFault, ValueSyntax, is_signing_key};

/// Checks that the value fits every place in which the configuration uses this secret. `forms` are those that the
/// configuration may have, so that a build does not contain the code for parsing others.
///
/// # Errors
/// The first place that the value does not fit.
pub fn check_value<'g>(
    gateway: &'g Gateway,
    id: SecretId,
    value: &SecretValue,
    forms: Forms,
) -> Result<(), Misfit<'g>> {
    for route in gateway.routes.iter() {
        check_route(route, id, value, forms.jwt)?;
    }
    gateway.callers.iter().try_for_each(|caller| check_caller(caller, id, value, forms))?;
    gateway.operator.iter().try_for_each(|operator| check_operator(operator, id, value))
}

fn check_operator<'g>(operator: &Operator, id: SecretId, value: &SecretValue) -> Result<(), Misfit<'g>> {
    let apis = [("metrics", &operator.metrics), ("secrets_store", &operator.secrets_store)];
    for (key, api) in apis {
        if api.as_ref().is_some_and(|api| api.token == id) {
            let checked = ValueSyntax::Header.check(value.expose());
            let misfit =
                |fault| Misfit { user: User::Operator(key), field: None, fault: MisfitFault::Value(fault) };
            checked.map_err(misfit)?;
        }
    }
    Ok(())
}

fn check_caller<'g>(
    caller: &'g Caller,
    id: SecretId,
    value: &SecretValue,
    forms: Forms,
) -> Result<(), Misfit<'g>> {
    let misfit = |field, fault| Misfit { user: User::Caller(&caller.name), field, fault };
    match &caller.authentication {
        CallerAuthentication::Secret(token) if *token == id => {
            ValueSyntax::Header.check(value.expose()).map_err(|fault| misfit(None, MisfitFault::Value(fault)))
        }
        CallerAuthentication::Hmac(HmacProof { key, field, key_encoding, .. }) if *key == id => {
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
        CallerAuthentication::Issued(issued) if forms.issued && issued.revoked == Some(id) => {
            RevocationList::parse(value)
                .map(drop)
                .map_err(|fault| misfit(None, MisfitFault::RevocationList(fault)))
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
    /// A key of `[operator]`.
    Operator(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MisfitFault {
    NoField,
    Value(InvalidValue),
    RevocationList(InvalidRevocationList),
}

impl fmt::Display for Misfit<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.field, self.fault) {
            (None, MisfitFault::Value(fault)) => fault.fmt(formatter)?,
            (_, MisfitFault::RevocationList(fault)) => {
                write!(formatter, "as a list of revoked tokens, {fault}")?;
            }
            (Some(field), MisfitFault::Value(fault)) => write!(formatter, "in its field `{field}`, {fault}")?,
            (field, MisfitFault::NoField) => {
                let field = field.unwrap_or_default();
                write!(formatter, "it is not a JSON object with one string `{field}`")?;
            }
        }
        match self.user {
            User::Caller(name) if matches!(self.fault, MisfitFault::RevocationList(_)) => {
                write!(formatter, ", so the gateway would refuse every token of the class `{name}`")
            }
            User::Operator(key) => write!(formatter, ", so `{key}` of the operator cannot use it"),
            User::Route(name) => write!(formatter, ", so the route `{name}` cannot use it"),
            User::Caller(name) => write!(formatter, ", so the caller `{name}` cannot show it"),
        }
    }
}

impl Error for Misfit<'_> {}
