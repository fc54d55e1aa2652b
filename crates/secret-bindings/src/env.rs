//! The bindings of a Worker that runs.

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use worker::{Env, EnvBinding};

use crate::bindings::Bindings;
use crate::deadline::Deadline;
use crate::read_error::{ReadError, thrown};
use crate::secret_value::SecretValue;

#[wasm_bindgen]
extern "C" {
    /// The binding of one secret. [`worker::SecretStore`] is the same object, but its `get` hands out no promise that
    /// could be raced, and asking `null` whether it is one traps.
    type SecretBinding;

    #[wasm_bindgen(method, catch)]
    fn get(this: &SecretBinding) -> Result<Promise, JsValue>;
}

impl EnvBinding for SecretBinding {
    const TYPE_NAME: &'static str = worker::SecretStore::TYPE_NAME;

    fn get(value: JsValue) -> worker::Result<Self> {
        if value.is_object() { Ok(value.unchecked_into()) } else { Err("no binding of a secret".into()) }
    }
}

impl Bindings for Env {
    type Deadline = Deadline;

    fn deadline(&self, milliseconds: u32) -> Deadline {
        Deadline::after(milliseconds)
    }

    async fn read(&self, binding: &str, deadline: &Deadline) -> Result<SecretValue, ReadError> {
        let secret: SecretBinding = self.get_binding(binding).map_err(|_| ReadError::Failed)?;
        let promise = secret.get().map_err(|error| failure(&error))?;
        let value = deadline.race(&promise).await.map_err(|error| failure(&error))?;
        match value.as_string() {
            Some(text) => SecretValue::parse(text),
            None if deadline.is_end(&value) => Err(ReadError::TimedOut),
            None if value.is_null() || value.is_undefined() => Err(ReadError::Missing),
            None => Err(ReadError::Failed),
        }
    }
}

/// What an exception of `get()` says. Nothing else is looked at, and nothing of it is kept.
fn failure(exception: &JsValue) -> ReadError {
    let message = Reflect::get(exception, &"message".into()).ok().and_then(|message| message.as_string());
    message.map_or(ReadError::Failed, |message| thrown(&message))
}
