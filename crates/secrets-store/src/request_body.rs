//! What the body of a request carries.

use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Deserialize)]
#[serde(untagged)]
enum Carried {
    Several(Vec<CarriedValue>),
    One(CarriedValue),
}

/// One secret in the body of a request.
#[derive(Deserialize)]
pub(crate) struct CarriedValue {
    /// The value, in confidence.
    pub(crate) value: Option<Zeroizing<String>>,
    /// The name, which is public.
    pub(crate) name: Option<String>,
}

/// The values in the body of a request.
pub(crate) fn values_in(body: &[u8]) -> impl Iterator<Item = Zeroizing<String>> {
    carried(body).into_iter().filter_map(|carried| carried.value)
}

/// The secrets in the body of a request, with their names.
pub(crate) fn carried(body: &[u8]) -> Vec<CarriedValue> {
    match serde_json::from_slice(body) {
        Ok(Carried::Several(several)) => several,
        Ok(Carried::One(one)) => vec![one],
        Err(_) => Vec::new(),
    }
}
