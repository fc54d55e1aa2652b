//! The headers of a message, read in one pass.

use ostiary_core::secret_value::SecretValue;
use wasm_bindgen::prelude::*;
use web_sys::Headers;

use crate::js::ListedHeaders;

/// The initial capacity: most messages have no more headers.
const USUAL: usize = 24;

/// Names in lower case, each with its value. A value can contain a token.
pub(crate) struct HeaderList {
    headers: Vec<(String, SecretValue)>,
    /// Whether the names are sorted, as those of a `Headers` are (Fetch Standard, "sort and combine"). A message can
    /// have thousands of headers, and each is looked up.
    is_sorted: bool,
}

impl From<&Headers> for HeaderList {
    fn from(headers: &Headers) -> Self {
        let mut list = Vec::with_capacity(USUAL);
        let mut take = |value, name| list.push((name, SecretValue::new(value)));
        headers.unchecked_ref::<ListedHeaders>().for_each(&mut take);
        Self::new(list)
    }
}

impl FromIterator<(String, String)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(headers: I) -> Self {
        Self::new(headers.into_iter().map(|(name, value)| (name, SecretValue::new(value))).collect())
    }
}

impl HeaderList {
    fn new(headers: Vec<(String, SecretValue)>) -> Self {
        let is_sorted = headers.is_sorted_by(|(one, _), (other, _)| one <= other);
        Self { headers, is_sorted }
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = if self.is_sorted {
            let at = self.headers.binary_search_by(|(known, _)| known.as_str().cmp(name));
            self.headers.get(at.ok()?)?
        } else {
            self.headers.iter().find(|(known, _)| known == name)?
        };
        Some(value.expose())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }
}
