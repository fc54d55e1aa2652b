//! `[callers]`: who can prove to be whom.

use super::document::{Entry, Table, TextNode};
use super::names;
use super::template::Scope;
use crate::configuration::{Caller, List, Part, Proof, SecretId, Text};

const INSTEAD: &str = "write `bearer = \"${secret}\"` or `bearer_sha256 = [\"<64 hex digits>\"]`";
const DIGEST: &str = "write the SHA-256 of a random token of 128 bits or more in 64 hexadecimal digits";

/// SHA-256 of nothing.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The callers that the table declares, each with its key.
pub(super) fn read<'d, 'r>(table: &Table<'d, 'r>, scope: Scope<'_>) -> Vec<(Entry<'d, 'r>, Caller)> {
    let mut callers: Vec<(Entry<'d, 'r>, Caller)> = Vec::with_capacity(table.entries().len());
    for entry in table.entries() {
        let name = entry.key.text;
        if name == "anyone" {
            entry.key.error("`anyone` is everybody, not a caller", "give the caller another name");
        } else {
            names::check(&entry.key);
        }
        // A caller with an error stays declared, so that its uses are no errors too.
        let proof = proof(&entry, scope, &callers).unwrap_or(Proof::Digests(List::Owned(Vec::new())));
        callers.push((entry, Caller { name: Text::Owned(name.to_owned()), proof }));
    }
    callers
}

fn proof(entry: &Entry<'_, '_>, scope: Scope<'_>, known: &[(Entry<'_, '_>, Caller)]) -> Option<Proof> {
    let table = entry.value.table(INSTEAD)?;
    table.only(&["bearer", "bearer_sha256"], &[]);
    match (table.get("bearer"), table.get("bearer_sha256")) {
        (Some(bearer), None) => {
            let text = bearer.text(INSTEAD)?;
            let template = scope.template(&text)?;
            let [Part::Secret(secret)] = *template.parts else {
                text.error("a caller's `bearer` is exactly one secret", "write `\"${secret}\"`");
                return None;
            };
            if let Some((other, shared)) = sharing(secret, scope, known) {
                text.error(
                    format!("`{}` and `{other}` would have one token: both read `{shared}`", entry.key.text),
                    "give each caller a secret of its own",
                );
            }
            Some(Proof::Secret(secret))
        }
        (None, Some(digests)) => {
            let mut parsed: Vec<[u8; 32]> = Vec::new();
            for node in digests.array(INSTEAD)? {
                let text = node.text(DIGEST)?;
                let digest = digest(&text)?;
                let other = known.iter().find(|(_, caller)| matches!(&caller.proof, Proof::Digests(digests) if digests.contains(&digest)));
                if let Some((other, _)) = other {
                    text.error(
                        format!("`{}` has this digest too", other.key.text),
                        "give each caller a token of its own",
                    );
                } else if parsed.contains(&digest) {
                    text.error("this digest is there twice", "name each digest once");
                }
                parsed.push(digest);
            }
            Some(Proof::Digests(List::Owned(parsed)))
        }
        (Some(_), Some(_)) => {
            entry.key.error("a caller proves itself in one way", INSTEAD);
            None
        }
        (None, None) => {
            entry.key.error(format!("`{}` cannot prove itself", entry.key.text), INSTEAD);
            None
        }
    }
}

/// The caller that has this secret too, or one that reads the same binding, and the binding's name.
fn sharing<'k>(
    secret: SecretId,
    scope: Scope<'k>,
    known: &'k [(Entry<'_, '_>, Caller)],
) -> Option<(&'k str, &'k str)> {
    let sources = |id: SecretId| {
        scope.secrets.get(usize::from(id.0)).map(|secret| secret.sources.as_ref()).unwrap_or_default()
    };
    known.iter().find_map(|(entry, caller)| {
        let Proof::Secret(other) = caller.proof else { return None };
        let shared = sources(secret).iter().find(|source| sources(other).contains(source))?;
        Some((entry.key.text, shared.binding.as_ref()))
    })
}

fn digest(text: &TextNode<'_, '_>) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.text.bytes().map(nibble).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 64) else {
        text.error("this is no SHA-256 digest", DIGEST);
        return None;
    };
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    }
    if text.text.eq_ignore_ascii_case(OF_NOTHING) {
        text.error("this is the digest of an empty token", DIGEST);
        return None;
    }
    Some(digest)
}
