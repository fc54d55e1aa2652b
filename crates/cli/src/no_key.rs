//! Values that are obviously not keys, but the result of a mistake: a variable that was not expanded, a whole line of a
//! file, a header instead of its token.

use std::fmt;

/// The reason why a value is obviously not a key. It contains no part of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// It begins with the name of an authentication scheme.
    Scheme,
    /// It is a whole line of a header.
    Header,
    /// It is between quotes.
    Quoted,
    /// It is the name of a variable.
    Variable,
    /// It is an assignment to a variable.
    Assignment,
    /// It is a word for a missing value.
    Nothing,
    /// It is the mask of a hidden value.
    Mask,
    /// It is a web page.
    Page,
    /// It is a command of this program, which was pasted with others.
    Command,
}

impl NoKey {
    /// The reason for this value, if there is one. A scheme is not checked.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_between = |start: &str, end: &str| {
            text.len() > start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        };
        let lower = || text.chars().take(16).collect::<String>().to_ascii_lowercase();
        if ["\"", "'", "`"].iter().any(|quote| is_between(quote, quote)) || matches!(text, "\"\"" | "''") {
            Some(Self::Quoted)
        } else if text.strip_prefix('$').is_some_and(is_variable)
            || is_between("${", "}")
            || is_between("$(", ")")
            || is_between("{{", "}}")
            || text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(is_variable)
        {
            Some(Self::Variable)
        } else if is_assignment(text) {
            Some(Self::Assignment)
        } else if matches!(&*lower(), "null" | "undefined" | "[object object]") {
            Some(Self::Nothing)
        } else if matches!(&*lower(), "[redacted]" | "<redacted>" | "[filtered]")
            || (!text.is_empty() && text.chars().all(|character| matches!(character, '*' | '•' | '…')))
        {
            Some(Self::Mask)
        } else if lower().starts_with("<html") || lower().starts_with("<!doctype") {
            Some(Self::Page)
        } else if ["ostiary ", "npx "].iter().any(|command| text.starts_with(command)) {
            Some(Self::Command)
        } else if is_header(text) {
            Some(Self::Header)
        } else {
            None
        }
    }

    /// The reason for a value in a place that adds the scheme.
    pub fn of_scheme(text: &str) -> Option<Self> {
        let (first, rest) = text.trim_start().split_once(' ')?;
        let is_scheme =
            ["bearer", "basic", "token", "apikey"].iter().any(|scheme| first.eq_ignore_ascii_case(scheme));
        (is_scheme && !rest.trim().is_empty()).then_some(Self::Scheme)
    }
}

/// Whether this is a header with its value, such as `Authorization: Bearer x`. A password may have a colon, too.
fn is_header(text: &str) -> bool {
    const NAMES: [&str; 6] =
        ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"];
    let name = text.split_once(':').map(|(name, _)| name.trim());
    name.is_some_and(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
}

/// Whether this is a name in upper case, as variables have. A password may begin with a `$`, too.
fn is_variable(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
        && text.len() > 1
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `NAME=value`. The padding of Base64 is not a value.
fn is_assignment(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    text.split_once('=').is_some_and(|(name, value)| {
        is_variable(name) && !value.bytes().all(|byte| byte == b'=' || byte.is_ascii_whitespace())
    })
}

impl fmt::Display for NoKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Scheme => {
                "it begins with the name of an authentication scheme, which the gateway adds; write the key alone"
            }
            Self::Header => "it is a header with its name; write the key alone",
            Self::Quoted => "it is between quotes, which would be a part of the key; write it without them",
            Self::Variable => "it is the name of a variable, and not the variable's value",
            Self::Assignment => "it is an assignment; write the text after the `=` alone",
            Self::Nothing => "it is a word for a missing value",
            Self::Mask => "it is the mask of a hidden value",
            Self::Page => "it is a web page",
            Self::Command => "it is the next command; paste one command at a time, or read the values from a file",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_obviously_no_key_is_told_from_what_may_be_one() {
        for (text, expected) in [
            ("\"sk_live_x\"", Some(NoKey::Quoted)),
            ("'sk_live_x'", Some(NoKey::Quoted)),
            ("\"\"", Some(NoKey::Quoted)),
            ("$NEW", Some(NoKey::Variable)),
            ("${new:-x}", Some(NoKey::Variable)),
            ("$(cat key)", Some(NoKey::Variable)),
            ("{{ secrets.KEY }}", Some(NoKey::Variable)),
            ("%NEW_KEY%", Some(NoKey::Variable)),
            ("STRIPE_KEY=sk_x", Some(NoKey::Assignment)),
            ("export STRIPE_KEY=sk_x", Some(NoKey::Assignment)),
            ("null", Some(NoKey::Nothing)),
            ("undefined", Some(NoKey::Nothing)),
            ("[object Object]", Some(NoKey::Nothing)),
            ("***", Some(NoKey::Mask)),
            ("••••", Some(NoKey::Mask)),
            ("[redacted]", Some(NoKey::Mask)),
            ("<html>404</html>", Some(NoKey::Page)),
            ("<!DOCTYPE html>", Some(NoKey::Page)),
            ("    ostiary secrets create --store one plain", Some(NoKey::Command)),
            ("npx ostiary secrets create plain", Some(NoKey::Command)),
            ("Authorization: Bearer x", Some(NoKey::Header)),
            ("x-api-key:x", Some(NoKey::Header)),
        ] {
            assert_eq!(NoKey::of(text), expected, "{text}");
        }
        for text in [
            "sk_live_x",
            "ostiary",
            "QUJDRA==",
            "QUJDRE=",
            "A=x",
            "eq=x",
            "=eq=",
            "$ecret",
            "$2b$12$abc",
            "pa$$WORD",
            "\"",
            "a\"b\"",
            "nullable",
            "a***",
            "<RSAKeyValue><Modulus>x</Modulus></RSAKeyValue>",
            "{\"id\":\"x\"}",
            "-----BEGIN KEY-----\nQUJD\n-----END KEY-----",
            "Bearer x",
        ] {
            assert_eq!(NoKey::of(text), None, "{text}");
        }
        for (text, is_scheme) in [
            ("Bearer x", true),
            ("basic eDp5", true),
            ("Bearer", false),
            ("Bearer_x y", false),
            ("a b", false),
        ] {
            assert_eq!(NoKey::of_scheme(text).is_some(), is_scheme, "{text}");
        }
    }
}
