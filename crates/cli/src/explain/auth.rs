//! Describes what each placement of a route's auth adds, with its templates as in `gateway.toml`.

use std::fmt::Write as _;

use ostiary_core::configuration::{
    BodyPlace, Claim, ClaimValue, Exchange, Gateway, Hmac, HmacAlgorithm, Jwt, OutputPlace, Part, Placement,
    Template, Upstream,
};

/// A line for each placement.
pub fn lines(gateway: &Gateway, placements: &[Placement]) -> Vec<String> {
    let text = |template: &Template| spelled(gateway, template);
    let mut lines = Vec::new();
    for placement in placements {
        lines.extend(match placement {
            Placement::Bearer(token) => Some(format!("Authorization: Bearer {}", text(token))),
            Placement::Basic { username, password } => {
                Some(format!("Authorization: Basic {}:{} (in Base64)", text(username), text(password)))
            }
            Placement::Header { name, value } => Some(format!("{name}: {}", text(value))),
            Placement::Query { name, value } => Some(format!("?{name}={}", text(value))),
            Placement::Body { place, value } => Some(in_body(place, &text(value))),
            Placement::Path { name, value } => Some(format!("{{{name}}} in the path: {}", text(value))),
            Placement::SigV4(sigv4) => Some(format!(
                "Authorization: AWS4-HMAC-SHA256 Credential={}/…/{}/{}/aws4_request (Signature Version 4)",
                text(&sigv4.access_key_id),
                text(&sigv4.region),
                sigv4.service
            )),
            Placement::Client { id, secret } => {
                Some(format!("Authorization: Basic {}:{} (as a form, in Base64)", text(id), text(secret)))
            }
            Placement::Mtls(bindings) => Some(format!("client certificate: {}", bindings.join(", then "))),
            Placement::Hmac(_) | Placement::Jwt(_) | Placement::Exchange(_) => None,
        });
        lines.extend(placement.outputs().iter().map(|output| match &output.place {
            OutputPlace::Header(name) => format!("{name}: {}", text(&output.value)),
            OutputPlace::Query(name) => format!("?{name}={}", text(&output.value)),
            OutputPlace::Body(place) => in_body(place, &text(&output.value)),
        }));
        match placement {
            Placement::Hmac(hmac) => lines.push(keyed_hash(gateway, hmac)),
            Placement::Jwt(jwt) => lines.push(signed_token(gateway, jwt)),
            Placement::Exchange(exchange) => lines.extend(exchanged(gateway, exchange)),
            _ => {}
        }
    }
    lines
}

/// The URL that is sent, with the templates of computed parameters instead of their values.
pub fn url(gateway: &Gateway, auth: &[Placement], url: &str) -> String {
    let outputs: Vec<_> = auth.iter().flat_map(Placement::outputs).collect();
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let parameters = query.split('&').map(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        let output = outputs.iter().find(|output| output.place.parameter() == Some(name));
        output.map_or(parameter.to_owned(), |output| format!("{name}={}", spelled(gateway, &output.value)))
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

fn in_body(place: &BodyPlace, value: &str) -> String {
    match place {
        BodyPlace::Json(path) => format!("/{} of the JSON body: {value}", path.join("/")),
        BodyPlace::Form(name) => format!("{name} of the form: {value}"),
    }
}

fn keyed_hash(gateway: &Gateway, hmac: &Hmac) -> String {
    let algorithm = hash_name(hmac.algorithm);
    let (message, key) = (spelled(gateway, &hmac.message), spelled(gateway, &hmac.key));
    format!("${{request.signature}}: HMAC with {algorithm} of {message:?}, keyed with {key}")
}

/// The hash, as NIST calls it.
pub const fn hash_name(algorithm: HmacAlgorithm) -> &'static str {
    match algorithm {
        HmacAlgorithm::Sha1 => "SHA-1",
        HmacAlgorithm::Sha256 => "SHA-256",
        HmacAlgorithm::Sha384 => "SHA-384",
        HmacAlgorithm::Sha512 => "SHA-512",
    }
}

fn signed_token(gateway: &Gateway, jwt: &Jwt) -> String {
    let (algorithm, key) = (jwt.algorithm.as_str(), spelled(gateway, &jwt.key));
    let claims = object(gateway, &jwt.claims);
    format!(
        "${{request.token}}: JWT with {claims}, valid for {} s, signed by {algorithm} with {key}",
        jwt.ttl
    )
}

/// The request for the token, and its auth.
fn exchanged(gateway: &Gateway, exchange: &Exchange) -> Vec<String> {
    let url = match &exchange.url {
        Upstream::Fixed(url) => format!("{}{}", url.origin, url.base),
        Upstream::Variable(template) => spelled(gateway, template),
    };
    let pointer = exchange.token.join("/");
    let reuse = if exchange.reuse { "reused until shortly before it expires" } else { "used once" };
    let method = exchange.method.as_str();
    let mut all = vec![format!("${{request.token}}: /{pointer} of what {method} {url} yields, {reuse}")];
    all.extend(lines(gateway, &exchange.auth).into_iter().map(|line| format!("  {line}")));
    all
}

fn object(gateway: &Gateway, claims: &[Claim]) -> String {
    let members = claims.iter().map(|claim| format!("{:?}: {}", claim.name, json(gateway, &claim.value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

fn json(gateway: &Gateway, value: &ClaimValue) -> String {
    match value {
        ClaimValue::Text(template) => format!("{:?}", spelled(gateway, template)),
        ClaimValue::Time => "${request.timestamp}".to_owned(),
        ClaimValue::Number(number) => number.to_string(),
        ClaimValue::Boolean(boolean) => boolean.to_string(),
        ClaimValue::List(values) => {
            let values: Vec<String> = values.iter().map(|value| json(gateway, value)).collect();
            format!("[{}]", values.join(", "))
        }
        ClaimValue::Object(claims) => object(gateway, claims),
    }
}

/// As `gateway.toml` spells it.
pub fn spelled(gateway: &Gateway, template: &Template) -> String {
    let name = |id| gateway.secret(id).map_or("?", |secret| secret.name.as_ref());
    let mut text = String::new();
    for part in template.parts.iter() {
        // Writing to a `String` cannot fail.
        let _ = match part {
            Part::Text(literal) => write!(text, "{}", literal.replace("${", "$${")),
            Part::Secret(id) => write!(text, "${{{}}}", name(*id)),
            Part::Field(id, field) => write!(text, "${{{}.{field}}}", name(*id)),
            Part::Variable(variable) => write!(text, "${{var.{variable}}}"),
            Part::Caller(value) => write!(text, "${{caller.{value}}}"),
            Part::Request(value) => write!(text, "${{request.{value}}}"),
        };
    }
    text
}
