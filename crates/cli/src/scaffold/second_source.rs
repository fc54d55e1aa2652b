//! The second source of a secret, in gateway.toml.

use toml_edit::{Array, Item, Value};

use super::gateway_file::GatewayFile;
use crate::failure::Failure;

/// The second source of a secret, which exists or was added.
#[derive(Debug, PartialEq, Eq)]
pub struct SecondSource {
    /// The binding of the first source in Secrets Store.
    pub first: String,
    /// The binding of the second one.
    pub binding: String,
    /// The suffix of its secret's name in the store.
    pub suffix: String,
}

impl GatewayFile {
    /// Adds a second source in Secrets Store after the first one, unless there is one.
    ///
    /// # Errors
    /// Returns an error if there is no such secret, or it has no source in Secrets Store.
    pub fn add_second_source(&mut self, name: &str) -> Result<SecondSource, Failure> {
        let secrets = self.secrets();
        let Some((_, sources)) = secrets.iter().find(|(secret, _)| secret == name) else {
            let known: Vec<&str> = secrets.iter().map(|(secret, _)| secret.as_str()).collect();
            return Err(Failure::usage(format_args!(
                "there is no secret `{name}`; `[secrets]` has {}",
                known.join(", ")
            )));
        };
        let Some(first) = sources.first().cloned() else {
            return Err(Failure::usage(format_args!("`{name}` has no source in Secrets Store")));
        };
        if let Some(binding) = sources.get(1).cloned() {
            let rest = binding.strip_prefix(&format!("{first}_")).unwrap_or("2");
            let suffix = format!("-{}", rest.to_ascii_lowercase().replace('_', "-"));
            return Ok(SecondSource { first, binding, suffix });
        }
        let is_taken = |binding: &String| secrets.iter().any(|(_, sources)| sources.contains(binding));
        let numbered = (2_usize..).map(|number| (format!("{first}_{number}"), format!("-{number}")));
        let Some((binding, suffix)) = numbered.into_iter().find(|(binding, _)| !is_taken(binding)) else {
            return Err(Failure::failed("every name is taken"));
        };
        let array = self.sources_mut(name);
        let position = array.as_ref().and_then(|array| array.iter().position(Value::is_str));
        if let (Some(array), Some(position)) = (array, position) {
            insert_after(array, position, &binding);
        }
        Ok(SecondSource { first, binding, suffix })
    }

    /// Each secret with its sources in Secrets Store.
    fn secrets(&self) -> Vec<(String, Vec<String>)> {
        let secrets = self.document().get("secrets").and_then(Item::as_table_like);
        let names = secrets.into_iter().flat_map(|secrets| secrets.iter()).map(|(name, _)| name.to_owned());
        names.map(|name| (name.clone(), self.bindings(&name))).collect()
    }
}

/// Inserts the element, with the white space of a list in one line or in several.
fn insert_after(array: &mut Array, position: usize, binding: &str) {
    let before = array.get(position).and_then(|value| value.decor().prefix()?.as_str()).map(str::to_owned);
    array.insert(position.saturating_add(1), binding);
    let is_in_lines = before.as_ref().is_some_and(|before| before.contains('\n'));
    if let (Some(before), Some(added), true) =
        (before, array.get_mut(position.saturating_add(1)), is_in_lines)
    {
        let indentation = before.rsplit_once('\n').map_or("", |(_, spaces)| spaces);
        added
            .decor_mut()
            .set_prefix(format!("\n{}", indentation.trim_end_matches(|letter: char| letter != ' ')));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str, name: &str) -> (String, Option<SecondSource>) {
        let mut file = GatewayFile::parse(text, "gateway.toml").unwrap();
        let second = file.add_second_source(name).ok();
        (file.text(), second)
    }

    #[test]
    fn the_second_source_follows_the_first() {
        for (before, after) in [
            ("a = [\"A\"]", "a = [\"A\", \"A_2\"]"),
            ("a = [ \"A\" ] # x", "a = [ \"A\" , \"A_2\"] # x"),
            ("a = [{ worker_secret = \"W\" }, \"A\"]", "a = [{ worker_secret = \"W\" }, \"A\", \"A_2\"]"),
            (
                "a = [\n  \"A\",\n  { worker_secret = \"W\" },\n]",
                "a = [\n  \"A\",\n  \"A_2\",\n  { worker_secret = \"W\" },\n]",
            ),
        ] {
            let (text, second) = added(&format!("[secrets]\n{before}\n"), "a");
            assert_eq!(text, format!("[secrets]\n{after}\n"));
            let second = second.unwrap();
            assert_eq!((&*second.first, &*second.binding, &*second.suffix), ("A", "A_2", "-2"));
        }
    }

    #[test]
    fn a_second_source_that_exists_is_kept() {
        for (binding, suffix) in [("A_2", "-2"), ("A_3", "-3"), ("A_NEXT", "-next"), ("B", "-2")] {
            let text = format!("[secrets]\na = [\"A\", \"{binding}\"]\n");
            let (after, second) = added(&text, "a");
            let second = second.unwrap();
            assert_eq!(after, text);
            assert_eq!((&*second.binding, &*second.suffix), (binding, suffix));
        }
        assert_eq!(added("[secrets]\na = [\"A\"]\n", "b").1, None);
        assert_eq!(added("", "b").1, None);
    }
}
