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
        match deadline.race(&start(self, binding)?).await {
            Ok(value) if deadline.is_end(&value) => Err(ReadError::TimedOut),
            settled => outcome(settled),
        }
    }
}

/// Calls `get()` of a binding, for a program that awaits promises in its own way. [`outcome`] reads what the promise
/// settles with.
///
/// # Errors
/// [`ReadError::Failed`] where the name is not bound or is bound to something else; as [`outcome`] where `get()`
/// throws.
pub fn start(env: &Env, binding: &str) -> Result<Promise, ReadError> {
    let secret: SecretBinding = env.get_binding(binding).map_err(|_| ReadError::Failed)?;
    secret.get().map_err(|exception| failure(&exception))
}

/// The value that a promise of [`start`] is fulfilled with, or what its rejection says.
///
/// # Errors
/// Where there is no value. [`ReadError::TimedOut`] is never returned.
pub fn outcome(settled: Result<JsValue, JsValue>) -> Result<SecretValue, ReadError> {
    let value = settled.map_err(|exception| failure(&exception))?;
    match value.as_string() {
        Some(text) => SecretValue::parse(text),
        None if value.is_null() || value.is_undefined() => Err(ReadError::Missing),
        None => Err(ReadError::Failed),
    }
}

/// What an exception says. Nothing but its message is looked at, and nothing of it is kept.
fn failure(exception: &JsValue) -> ReadError {
    let message = Reflect::get(exception, &"message".into()).ok().and_then(|message| message.as_string());
    message.map_or(ReadError::Failed, |message| thrown(&message))
}
