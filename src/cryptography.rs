//! The runtime's cryptography.

use js_sys::{Promise, Uint8Array};
use ostiary_core::configuration::{JwtAlgorithm, KeyMaterial, PublicKey};
use ostiary_core::runtime::cryptography::{Cryptography, KeyHandle};
use wasm_bindgen::prelude::*;

use crate::js;
use crate::request_context::RequestContext;

impl Cryptography for RequestContext<'_> {
    async fn import(&self, algorithm: JwtAlgorithm, key: &[u8]) -> Option<KeyHandle> {
        // A rehearsal has no keys, and its signatures are empty.
        if self.rehearsal().is_some() {
            return Some(KeyHandle(0));
        }
        let imported = js::import_private(algorithm.as_str(), &Uint8Array::from(key));
        let key = self.invocation.result_of(imported).await.ok()?;
        let mut keys = self.keys.borrow_mut();
        keys.push(key);
        Some(KeyHandle(keys.len() - 1))
    }

    async fn sign(&self, key: KeyHandle, algorithm: JwtAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        if self.rehearsal().is_some() {
            return Some(Vec::new());
        }
        let signed = {
            let keys = self.keys.borrow();
            js::sign(algorithm.as_str(), keys.get(key.0)?, &Uint8Array::from(message))
        };
        self.bytes(signed).await
    }

    async fn verify(&self, key: &PublicKey, signature: &[u8], message: &[u8]) -> bool {
        let (first, second) = match &key.material {
            KeyMaterial::Rsa { n, e } => (n, e.as_ref()),
            KeyMaterial::Ec { x, y } => (x, y.as_ref()),
            KeyMaterial::Ed25519 { x } => (x, ""),
        };
        let [signature, message] = [signature, message].map(Uint8Array::from);
        let verified = js::verify(key.algorithm.as_str(), first, second, &signature, &message);
        // A key that the runtime refuses verifies no signature.
        self.invocation.result_of(verified).await.is_ok_and(|verified| verified.as_bool() == Some(true))
    }

    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], text: &[u8]) -> Option<Vec<u8>> {
        let [key, nonce, text] = [key, &nonce[..], text].map(Uint8Array::from);
        self.bytes(js::transform("encrypt", &key, &nonce, &text)).await
    }

    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
        let [key, nonce, sealed] = [key, &nonce[..], sealed].map(Uint8Array::from);
        self.bytes(js::transform("decrypt", &key, &nonce, &sealed)).await
    }
}

impl RequestContext<'_> {
    /// The bytes of a fulfilled promise; `None` if it is rejected.
    async fn bytes(&self, promise: Promise) -> Option<Vec<u8>> {
        let bytes = self.invocation.result_of(promise).await.ok()?;
        bytes.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
    }
}
