//! The bindings of a running Worker.

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use worker::{Env, EnvBinding};

use crate::bindings::Bindings;
use crate::read_error::{ReadError, thrown};
use crate::secret_value::SecretValue;
use crate::shared_timer::Deadline;

#[wasm_bindgen]
extern "C" {
    /// The binding of one secret. [`worker::SecretStore`] is the same object, but its `get` returns no promise that
    /// could be raced, and its type check traps on `null`.
    type SecretBinding;

    #[wasm_bindgen(method, catch)]
    fn get(this: &SecretBinding) -> Result<Promise, JsValue>;
}

impl EnvBinding for SecretBinding {
    const TYPE_NAME: &'static str = worker::SecretStore::TYPE_NAME;

    fn get(value: JsValue) -> worker::Result<Self> {
        if value.is_object() { Ok(value.unchecked_into()) } else { Err("not a binding of a secret".into()) }
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

/// Calls `get()` of a binding, for a program that awaits promises in its own way. [`outcome`] converts the promise's
/// result.
///
/// # Errors
/// [`ReadError::Failed`] where the name is not bound or is bound to something else; as [`outcome`] where `get()`
/// throws.
pub fn start(env: &Env, binding: &str) -> Result<Promise, ReadError> {
    let secret: SecretBinding = env.get_binding(binding).map_err(|_| ReadError::Failed)?;
    secret.get().map_err(|exception| failure(&exception))
}

/// Converts the result of a promise from [`start`].
///
/// # Errors
/// The reason why there is no value. It is never [`ReadError::TimedOut`].
pub fn outcome(settled: Result<JsValue, JsValue>) -> Result<SecretValue, ReadError> {
    let value = settled.map_err(|exception| failure(&exception))?;
    match value.as_string() {
        Some(text) => SecretValue::parse(text),
        None if value.is_null() || value.is_undefined() => Err(ReadError::Missing),
        None => Err(ReadError::Failed),
    }
}

/// Converts an exception. Only its message is read, and no part of it is kept.
fn failure(exception: &JsValue) -> ReadError {
    let message = Reflect::get(exception, &"message".into()).ok().and_then(|message| message.as_string());
    message.map_or(ReadError::Failed, |message| thrown(&message))
}
