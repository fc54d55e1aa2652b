//! The consequence of replacing a value that a gateway uses.

use ostiary_core::configuration::{CallerAuthentication, Gateway, Placement, SecretId};

use crate::shell::GivenOptions;

/// The consequence, for a warning; `None` if nothing can fail. `uses` are the gateway's secrets that have the value.
///
/// A list of revoked tokens has been checked, and cannot be rotated. A leaked token is replaced in this way, so the
/// warning must not say that a rotation is better: it keeps the leaked token valid for a while.
pub fn consequence(uses: Option<(&Gateway, Vec<SecretId>)>, given: &GivenOptions) -> Option<String> {
    let is_lost = "the value before is lost, and requests fail if the new one does not work. `ostiary rotate` changes \
                   it without that risk.";
    let Some((gateway, ids)) = uses else { return Some(is_lost.to_owned()) };
    let mut others = ids.into_iter().filter(|id| !is_list(gateway, *id)).peekable();
    others.peek()?;
    let tokens: Option<Vec<String>> = others.map(|id| of_token(gateway, id, given)).collect();
    Some(tokens.map_or_else(|| is_lost.to_owned(), |tokens| tokens.join(" ")))
}

/// Whether a class of issued tokens has its revocations in the secret.
fn is_list(gateway: &Gateway, id: SecretId) -> bool {
    gateway
        .callers
        .iter()
        .any(|caller| matches!(&caller.authentication, CallerAuthentication::Issued(issued) if issued.revoked == Some(id)))
}

/// The consequence for a secret that only authenticates callers; `None` for any other.
fn of_token(gateway: &Gateway, id: SecretId, given: &GivenOptions) -> Option<String> {
    let proves = |proof: &CallerAuthentication| match proof {
        CallerAuthentication::Secret(secret) => *secret == id,
        CallerAuthentication::Hmac(hmac) => hmac.key == id,
        _ => false,
    };
    let callers = gateway.callers.iter().filter(|caller| proves(&caller.authentication));
    let names: Vec<String> = callers.map(|caller| format!("`{}`", caller.name)).collect();
    let is_sent =
        gateway.routes.iter().flat_map(|route| route.auths().flatten().flat_map(Placement::secrets));
    if names.is_empty() || is_sent.into_iter().any(|sent| sent == id) {
        return None;
    }
    let secret = gateway.secret(id)?;
    let (unless, rotation) = match secret.sources.len() {
        0 | 1 => (String::new(), "With a second source, "),
        _ => (format!(", unless another source of `{}` has it too", secret.name), ""),
    };
    let rotate = given.command("rotate").operands(&[secret.name.as_ref()]);
    let callers = names.join(" and ");
    Some(format!(
        "the caller {callers} is refused with the former value once the gateway reads the new one{unless}. \
         {rotation}`{rotate}` keeps both valid for a while."
    ))
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::{File, read};

    use super::*;

    const GATEWAY: &str = r#"
[secrets]
sent = ["A"]
token = ["B"]
pair = ["C", "D"]
signing = ["E"]
list = ["F"]
[callers.web]
bearer = "${token}"
[callers.shop]
bearer = "${pair}"
[callers.billing]
hmac = { key = "${signing}" }
[callers.agents]
issued = { keys = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"], revoked = "${list}" }
[routes.a]
mount = "/a"
upstream = "https://a.example.com"
auth = { bearer = "${sent}" }
allow = { web = ["GET /**"], shop = ["GET /**"], billing = ["GET /**"], agents = ["GET /**"] }
"#;

    fn told(secrets: &[&str]) -> Option<String> {
        let row = |name: &str| {
            format!(
                "[[secrets_store_secrets]]\nbinding = \"{name}\"\nstore_id = \"s\"\nsecret_name = \"{name}\"\n"
            )
        };
        let wrangler: String = ["A", "B", "C", "D", "E", "F"].map(row).concat();
        let files = [("gateway.toml", GATEWAY), ("wrangler.toml", &wrangler)];
        let [gateway, wrangler] = files.map(|(path, text)| File { path, text });
        let gateway = read(gateway, wrangler).unwrap().gateway;
        let id = |name: &&str| gateway.secrets.iter().position(|secret| secret.name == *name).unwrap();
        let ids = secrets.iter().map(|name| SecretId(u16::try_from(id(name)).unwrap())).collect();
        consequence(Some((&gateway, ids)), &GivenOptions::default())
    }

    #[test]
    fn each_use_of_a_value_has_its_own_consequence() {
        let is_lost =
            |text: &Option<String>| text.as_deref().is_some_and(|text| text.starts_with("the value before"));
        assert!(is_lost(&told(&["sent"])) && is_lost(&consequence(None, &GivenOptions::default())));
        assert_eq!(told(&["list"]), None);
        assert_eq!(
            told(&["token"]).unwrap(),
            "the caller `web` is refused with the former value once the gateway reads the new one. With a second \
             source, `ostiary rotate token` keeps both valid for a while."
        );
        assert_eq!(
            told(&["pair"]).unwrap(),
            "the caller `shop` is refused with the former value once the gateway reads the new one, unless another \
             source of `pair` has it too. `ostiary rotate pair` keeps both valid for a while."
        );
        assert!(told(&["signing"]).unwrap().starts_with("the caller `billing` is refused"));
        assert!(is_lost(&told(&["token", "sent"])), "the worse of the two");
        assert!(told(&["list", "token"]).unwrap().starts_with("the caller `web`"));
    }
}
