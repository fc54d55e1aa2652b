//! The headers of a message, read in one pass.

use ostiary_core::secret_value::SecretValue;
use wasm_bindgen::prelude::*;
use web_sys::Headers;

use crate::js::ListedHeaders;

/// The initial capacity: most messages have no more headers.
const USUAL: usize = 24;

/// Names in lower case, each with its value. A value can contain a token.
pub(crate) struct HeaderList(Vec<(String, SecretValue)>);

impl From<&Headers> for HeaderList {
    fn from(headers: &Headers) -> Self {
        let mut list = Vec::with_capacity(USUAL);
        let mut take = |value, name| list.push((name, SecretValue::new(value)));
        headers.unchecked_ref::<ListedHeaders>().for_each(&mut take);
        Self(list)
    }
}

impl FromIterator<(String, String)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(name, value)| (name, SecretValue::new(value))).collect())
    }
}

impl HeaderList {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.expose())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}
