//! Property test: for any two files, the reader returns, and its diagnostics point into the files.

use proptest::prelude::*;
use proptest::sample::Index;

use super::example::{GATEWAY, WRANGLER};
use super::{Diagnostic, File, bake, read};

/// Pieces of text with a meaning in one of the files.
const TOKENS: [&str; 40] = [
    "${",
    "}",
    "$${",
    "$",
    "\"",
    "'",
    "\"\"\"",
    "\\u0024",
    "\\",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r\n",
    "/",
    "**",
    "*",
    "%2e",
    "..",
    ";",
    ":",
    "@",
    "${stripe}",
    "${var.ACCOUNT}",
    "${checkout.x}",
    "anyone",
    "header",
    "query",
    "é",
    "\u{feff}",
    "\0",
    " ",
    "1",
    "[env.staging]\n",
];

#[derive(Clone, Debug)]
enum Change {
    Delete(Index, usize),
    Insert(Index, &'static str),
    Swap(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 1..6_usize).prop_map(|(at, count)| Change::Delete(at, count)),
        (any::<Index>(), prop::sample::select(&TOKENS)).prop_map(|(at, token)| Change::Insert(at, token)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for change in changes {
        let length = characters.len().max(1);
        match change {
            Change::Delete(at, count) => {
                let start = at.index(length).min(characters.len());
                characters.drain(start..(start + count).min(characters.len()));
            }
            Change::Insert(at, token) => {
                let start = at.index(length).min(characters.len());
                characters.splice(start..start, token.chars());
            }
            Change::Swap(one, other) if !characters.is_empty() => {
                characters.swap(one.index(length), other.index(length));
            }
            Change::Swap(..) => {}
        }
    }
    characters.into_iter().collect()
}

fn points_into(diagnostic: &Diagnostic, gateway: &str, wrangler: &str) -> bool {
    let text = if diagnostic.path == "gateway.toml" { gateway } else { wrangler };
    let line = text.split('\n').nth(diagnostic.line - 1);
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&diagnostic.column))
        && !diagnostic.to_string().contains(char::is_control)
        && !diagnostic.message.is_empty()
        && !diagnostic.instead.is_empty()
}

fn check(gateway: &str, wrangler: &str) -> Result<(), TestCaseError> {
    let outcome =
        read(File { path: "gateway.toml", text: gateway }, File { path: "wrangler.toml", text: wrangler });
    let diagnostics = match &outcome {
        Ok(checked) => {
            prop_assert!(syn::parse_str::<syn::Expr>(&bake(&checked.gateway)).is_ok());
            &checked.warnings
        }
        Err(errors) => {
            prop_assert!(!errors.is_empty());
            errors
        }
    };
    for diagnostic in diagnostics {
        prop_assert!(points_into(diagnostic, gateway, wrangler), "{diagnostic}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(gateway in any::<String>(), wrangler in any::<String>()) {
        check(&gateway, &wrangler)?;
        check(&gateway, WRANGLER)?;
        check(GATEWAY, &wrangler)?;
    }

    #[test]
    fn any_change_of_the_valid_pair_is_answered(
        ours in prop::collection::vec(change(), 0..5),
        theirs in prop::collection::vec(change(), 0..3),
    ) {
        check(&changed(GATEWAY, &ours), &changed(WRANGLER, &theirs))?;
        check(&changed(GATEWAY, &ours), WRANGLER)?;
    }

    #[test]
    fn any_string_is_answered_in_every_place(value in "[ -~é\t]{0,12}", key in "[a-z_]{1,8}") {
        let quoted = format!("{value:?}");
        for piece in ["\"STRIPE_KEY\"", "\"${checkout}\"", "\"/stripe\"", "\"https://api.stripe.com\"", "\"${stripe}\"", "\"GET /v1/**\""] {
            check(&GATEWAY.replace(piece, &quoted), WRANGLER)?;
        }
        check(&GATEWAY.replace("mount =", &format!("{key} = {quoted}\nmount =")), WRANGLER)?;
        check(&GATEWAY.replace("/v1/balance", &format!("/{value}")), WRANGLER)?;
    }
}
