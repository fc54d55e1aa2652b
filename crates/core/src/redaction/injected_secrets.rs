//! The secret values that one request has sent upstream.

use sha2::{Digest as _, Sha256};

use super::filter::Keys;
use super::needle::{Lines, SHORTEST_SEARCHED};
use super::needles::Needles;
use crate::request_id::RequestId;
use crate::secret_value::SecretValue;
use crate::secrets::credential::Credential;

/// The secret values that were sent upstream for one request, each with its secret's name. It has the values of every
/// credential that was tried.
#[derive(Debug, Default)]
pub struct InjectedSecrets<'g> {
    values: Vec<(&'g str, SecretValue)>,
}

impl<'g> InjectedSecrets<'g> {
    /// Adds a value, unless it is empty or already present.
    pub fn add(&mut self, name: &'g str, value: &str) {
        if !value.is_empty() && !self.values.iter().any(|(_, known)| known.expose() == value) {
            self.values.push((name, SecretValue::new(value.to_owned())));
        }
    }

    /// Adds the secret values of a credential.
    pub fn add_credential(&mut self, credential: &Credential<'g>) {
        for (name, value) in &credential.values {
            self.add(name, value.expose());
        }
    }

    /// Whether no secret was injected.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether a value is long enough to be looked for in bodies. Only then is the body of a response decoded,
    /// searched, cut or refused, and its range requested with its surroundings.
    #[must_use]
    pub fn is_searched_in_bodies(&self) -> bool {
        self.values.iter().any(|(_, value)| value.expose().len() >= SHORTEST_SEARCHED)
    }

    /// The names of the values that are too short to be looked for in bodies, or of which not all lines are looked for.
    /// Each name is returned once.
    #[must_use]
    pub fn too_short(&self) -> Vec<&'g str> {
        let is_short = |value: &str| {
            let lines = || Lines::of(value, SHORTEST_SEARCHED);
            value.len() < SHORTEST_SEARCHED
                || lines().is_some_and(|lines| lines.searched.is_empty() || lines.leaves_any)
        };
        let short = self.values.iter().filter(|(_, value)| is_short(value.expose()));
        let mut names: Vec<&'g str> = Vec::new();
        for (name, _) in short {
            if !names.contains(name) {
                names.push(name);
            }
        }
        names
    }

    /// The needles for the values.
    #[must_use]
    pub fn needles(&self, request_id: &RequestId) -> Needles {
        // The seed stays secret: the caller knows the request id at most, and not the values.
        let mut seed = Sha256::new();
        seed.update(request_id.as_str());
        for (_, value) in &self.values {
            seed.update(value.expose());
        }
        let seed = seed.finalize();
        let (numbers, _) = seed.as_chunks();
        let mut numbers = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let keys = Keys::default().map(|_| numbers.next().unwrap_or_default());
        let random = numbers.next().unwrap_or_default();
        Needles::new(self.values.iter().map(|(name, value)| (*name, value.expose())), keys, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::Redactor;

    #[test]
    fn values_shorter_than_eight_bytes_are_named_and_looked_for_in_heads_alone() {
        let mut injected = InjectedSecrets::default();
        injected.add("long", "12345678");
        injected.add("short", "1234567");
        injected.add("short", "7654321");
        injected.add("shortest", "abc");
        injected.add("short", "abcdef");
        assert_eq!(injected.too_short(), ["short", "shortest"]);
        let needles = injected.needles(&RequestId::new(1));
        assert_eq!(needles.redact("12345678 1234567x abc").as_deref(), Some("******** *******x abc"));
        let body = b"12345678 1234567x abc";
        let released = Redactor::new(needles).push(&[&body[..], b"\n"].concat()).unwrap();
        assert_eq!(released.replaced.unwrap(), b"******** 1234567x abc\n");
    }

    #[test]
    fn an_empty_value_is_not_added_and_no_value_is_added_twice() {
        let mut injected = InjectedSecrets::default();
        injected.add("empty", "");
        assert!(injected.is_empty());
        injected.add("api", "12345678");
        injected.add("other", "12345678");
        assert_eq!(injected.values.len(), 1);
    }

    #[test]
    fn bodies_are_searched_where_there_is_a_needle_for_them() {
        for (values, is_searched) in [
            (&[][..], false),
            (&["1234567"], false),
            (&["1234567", "abc"], false),
            (&["12345678"], true),
            (&["abc", "12345678"], true),
            (&["ééé"], false),
            (&["éééé"], true),
            (&["1234567\n7654321"], true),
            (&["\n\n\n\n\n\n\n\n"], true),
        ] {
            let mut injected = InjectedSecrets::default();
            for value in values {
                injected.add("it", value);
            }
            let longest = injected.needles(&RequestId::new(1)).longest();
            assert_eq!(
                (injected.is_searched_in_bodies(), longest > 0),
                (is_searched, is_searched),
                "{values:?}"
            );
        }
    }

    #[test]
    fn values_of_several_lines_are_named_unless_their_lines_are_looked_for() {
        let alike: Vec<String> = (0..5).map(|length| format!("{}12345678", "x".repeat(length))).collect();
        let of_one_length: Vec<String> = (0..9).map(|first| format!("{first}12345678")).collect();
        for (value, is_named) in [
            ("1234567\n7654321", true),
            ("123456\r\n765432", true),
            ("12345678\n7654321", false),
            (" 1234567\n1234567 ", true),
            (&alike.join("\n"), true),
            (&alike[1..].join("\n"), false),
            (&of_one_length.join("\n"), false),
            (&["12345678"; 99].join("\n"), false),
        ] {
            let mut injected = InjectedSecrets::default();
            injected.add("it", value);
            assert_eq!(injected.too_short(), if is_named { vec!["it"] } else { vec![] }, "{value:?}");
        }
    }

    #[test]
    fn a_name_of_a_header_has_no_case() {
        let mut injected = InjectedSecrets::default();
        injected.add("api", "Sk_Live_a-Token-in-9-Parts");
        injected.add("short", "Key-7");
        let needles = injected.needles(&RequestId::new(1));
        for (name, expected) in [
            ("x-sk_live_a-token-in-9-parts", true),
            ("x-Sk_Live_a-Token-in-9-Parts-x", true),
            ("x-sk_live_a-token-in-9-part", false),
            ("x-u2tftgl2zv9hlvrva2vulwlultktugfydhm", true),
            ("x-536b5f4c6976655f612d546f6b656e2d696e2d392d5061727473", true),
            ("x-key-7", true),
            ("x-key", false),
        ] {
            assert_eq!(needles.occur_in_name(name), expected, "{name}");
        }
    }

    #[test]
    fn case_45_its_debug_form_says_no_value() {
        let mut injected = InjectedSecrets::default();
        injected.add("api", "canary-0123456789");
        let needles = injected.needles(&RequestId::new(1));
        assert!(!format!("{injected:?} {needles:?}").contains("canary"));
    }
}
