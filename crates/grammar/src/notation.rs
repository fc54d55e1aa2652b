//! TOML or JSON. wrangler reads both, and a message shows what to write in the notation of the file.

/// The notation of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `wrangler.toml`, and `gateway.toml` always.
    Toml,
    /// `wrangler.jsonc` and `wrangler.json`. Both may have comments and trailing commas.
    Json,
}

impl Notation {
    /// The notation by the file's extension, as in wrangler.
    pub(crate) fn of_path(path: &str) -> Self {
        let is_json = [".json", ".jsonc"].into_iter().any(|ending| path.ends_with(ending));
        if is_json { Self::Json } else { Self::Toml }
    }

    /// Its name for a type of TOML.
    pub(crate) fn type_name(self, of_toml: &str) -> &str {
        match (self, of_toml) {
            (Self::Json, "table") => "object",
            (Self::Json, "integer" | "float") => "number",
            _ => of_toml,
        }
    }

    /// A key with a formatted value.
    pub(crate) fn pair(self, key: &str, value: &str) -> String {
        match self {
            Self::Toml => format!("{key} = {value}"),
            Self::Json => format!("{key:?}: {value}"),
        }
    }

    /// Several pairs, as one value.
    pub(crate) fn inline_table(self, pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = pairs.iter().map(|(key, value)| self.pair(key, value)).collect();
        format!("{{ {} }}", pairs.join(", "))
    }

    /// The header of the table at this path.
    pub(crate) fn table(self, keys: &[&str]) -> String {
        match self {
            Self::Toml => format!("[{}]", self.keys(keys)),
            Self::Json => self.keys(keys),
        }
    }

    /// The header of the array of tables at this path.
    pub(crate) fn array_of_tables(self, keys: &[&str]) -> String {
        match self {
            Self::Toml => format!("[[{}]]", self.keys(keys)),
            Self::Json => self.keys(keys),
        }
    }

    /// The instruction to add a table with these pairs to an array of tables.
    pub(crate) fn one_more(self, keys: &[&str], pairs: &[(&str, &str)]) -> String {
        match self {
            Self::Toml => {
                let shown = |(key, value): &(&str, &str)| match *value {
                    "\"…\"" => format!("`{key}`"),
                    value => format!("`{}`", self.pair(key, value)),
                };
                let shown: Vec<String> = pairs.iter().map(shown).collect();
                let listed = match shown.as_slice() {
                    [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
                    other => other.concat(),
                };
                format!("add `{}` with {listed} there", self.array_of_tables(keys))
            }
            Self::Json => {
                format!("add `{}` to `{}` there", self.inline_table(pairs), self.array_of_tables(keys))
            }
        }
    }

    fn keys(self, keys: &[&str]) -> String {
        let spelt = |key: &&str| match self {
            Self::Toml if !is_bare(key) => format!("{key:?}"),
            Self::Toml | Self::Json => (*key).to_owned(),
        };
        keys.iter().map(spelt).collect::<Vec<_>>().join(".")
    }
}

/// Whether TOML allows this key without quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_to_add_is_told_with_its_pairs() {
        let pairs = [("binding", "\"A\""), ("store_id", "\"…\""), ("simple", "{}")];
        for (count, toml, json) in [
            (1, "add `[[b]]` with `binding = \"A\"` there", "add `{ \"binding\": \"A\" }` to `b` there"),
            (
                2,
                "add `[[b]]` with `binding = \"A\"` and `store_id` there",
                "add `{ \"binding\": \"A\", \"store_id\": \"…\" }` to `b` there",
            ),
            (
                3,
                "add `[[b]]` with `binding = \"A\"`, `store_id` and `simple = {}` there",
                "add `{ \"binding\": \"A\", \"store_id\": \"…\", \"simple\": {} }` to `b` there",
            ),
        ] {
            assert_eq!(Notation::Toml.one_more(&["b"], &pairs[..count]), toml);
            assert_eq!(Notation::Json.one_more(&["b"], &pairs[..count]), json);
        }
    }
}
