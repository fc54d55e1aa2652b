//! The rules for the values of a placement: each template, and the syntax of the value in its place.

use crate::configuration::{OutputPlace, Placement, Template};
use crate::value_syntax::ValueSyntax;

/// The templates of a placement, each with the syntax of its value.
pub(crate) fn value_syntaxes(placement: &Placement) -> Vec<(&Template, ValueSyntax)> {
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
        Placement::Exchange(exchange) => exchange.auth.iter().flat_map(value_syntaxes).collect(),
    };
    values.extend(placement.outputs().iter().map(|output| (&output.value, syntax_of(&output.place))));
    values
}

/// The syntax of a value in this place.
pub(crate) const fn syntax_of(output: &OutputPlace) -> ValueSyntax {
    match output {
        OutputPlace::Header(_) => ValueSyntax::Header,
        OutputPlace::Query(_) | OutputPlace::Body(_) => ValueSyntax::Encoded,
    }
}
