//! Checks that a probe, which has no body, can contain the credential of a route.

use ostiary_core::configuration::{Gateway, Placement};

use crate::failure::Failure;

/// Checks that the route's auth puts nothing into a body.
///
/// # Errors
/// Returns an error if it does, because no probe could show whether the value works.
pub fn check_body(gateway: &Gateway, name: &str) -> Result<(), Failure> {
    let route = gateway.routes.iter().find(|route| route.name == name);
    let mut auth = route.into_iter().flat_map(|route| route.auth.iter());
    if auth.all(|placement: &Placement| placement.body_places().next().is_none()) {
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "the route `{name}` puts its credential into the body, and a probe has none, so nothing can show whether a value \
         works there; name another route that uses it (--route), or write one source after the other yourself with \
         `ostiary secrets update`, and look at a request after each"
    )))
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::{File, read};

    use super::*;

    #[test]
    fn what_is_put_into_a_body_cannot_be_probed() {
        let signed = "message = \"${request.path}\", put = ";
        for (auth, is_told) in [
            ("{ bearer = \"${key}\" }".to_owned(), false),
            ("{ json = \"/token\", value = \"${key}\" }".to_owned(), true),
            ("[{ header = \"x-a\", value = \"${key}\" }, { form = \"api_key\", value = \"${key}\" }]".to_owned(), true),
            (format!("{{ hmac = {{ key = \"${{key}}\", {signed}{{ header = \"x-s\", value = \"${{request.signature}}\" }} }} }}"), false),
            (format!("{{ hmac = {{ key = \"${{key}}\", {signed}{{ json = \"/s\", value = \"${{request.signature}}\" }} }} }}"), true),
            // The request to a token endpoint has its own body.
            ("{ oauth2 = { token_url = \"https://a.example.com\", client_id = \"i\", client_secret = \"${key}\", client_auth = \"post\" } }".to_owned(), false),
        ] {
            let gateway = format!(
                "[secrets]\nkey = [\"K\"]\n[callers.a]\nbearer_sha256 = [\"{}\"]\n[routes.r]\nmount = \"/r\"\n\
                 upstream = \"https://api.example.com\"\nauth = {auth}\nallow = {{ a = [\"* /**\"] }}\n",
                "0123456789abcdef".repeat(4)
            );
            let wrangler = "[[secrets_store_secrets]]\nbinding = \"K\"\nstore_id = \"s\"\nsecret_name = \"k\"\n";
            let files = [("gateway.toml", gateway.as_str()), ("wrangler.toml", wrangler)];
            let [gateway, wrangler] = files.map(|(path, text)| File { path, text });
            let checked = read(gateway, wrangler).unwrap_or_else(|errors| panic!("{}", errors[0]));
            assert_eq!(check_body(&checked.gateway, "r").is_err(), is_told, "{auth}");
        }
    }
}
