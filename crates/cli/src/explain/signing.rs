//! How a caller signs its requests, in words.

use ostiary_core::configuration::{CallerAuthentication, Gateway, HmacProof, Output, OutputPlace};

use super::auth::{hash_name, spelled};

/// What the request of this caller would have; `None` for a caller that shows a token.
pub fn described(gateway: &Gateway, name: &str) -> Option<String> {
    let caller = gateway.callers.iter().find(|caller| caller.name == name)?;
    let CallerAuthentication::Hmac(hmac) = &caller.authentication else { return None };
    let HmacProof { key, field, algorithm, message, put, window, .. } = hmac;
    let field = field.as_ref().map(|field| format!(".{field}")).unwrap_or_default();
    let secret = gateway.secret(*key).map_or("?", |secret| secret.name.as_ref());
    let place = |output: &Output| {
        let value = spelled(gateway, &output.value);
        match &output.place {
            OutputPlace::Header(name) => format!("`{name}: {value}`"),
            OutputPlace::Query(name) => format!("`?{name}={value}`"),
            OutputPlace::Body(_) => value,
        }
    };
    let places: Vec<String> = put.iter().map(place).collect();
    Some(format!(
        "{name} signs its requests, here taken as signed: {}; HMAC with {} of {:?}, keyed with ${{{secret}{field}}}; the \
         time counts for {window} s.",
        places.join(", "),
        hash_name(*algorithm),
        spelled(gateway, message),
    ))
}
