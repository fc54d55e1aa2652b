//! Makes signed tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

/// The time of these tests, in seconds since 1970. It is before the end of the tokens of RFC 7515.
pub const NOW: f64 = 1_300_819_000.0;

fn jwk(private: &str) -> Value {
    let mut jwk: Value = serde_json::from_str(private).unwrap();
    for private in ["d", "p", "q", "dp", "dq", "qi"] {
        jwk.as_object_mut().unwrap().remove(private);
    }
    jwk
}

/// The public key of RFC 7515 §A.2.
pub fn rsa() -> Value {
    jwk(include_str!("../jose/rsa.jwk"))
}

/// The public key of RFC 7515 §A.3.
pub fn ec() -> Value {
    jwk(include_str!("../jose/ec.jwk"))
}

/// The public key of RFC 8037 §A.2.
pub fn ed25519() -> Value {
    jwk(include_str!("../jose/ed25519.jwk"))
}

/// With this name.
pub fn named(mut jwk: Value, id: &str) -> Value {
    jwk["kid"] = id.into();
    jwk
}

/// As gateway.toml has it.
pub fn inline(jwk: &Value) -> String {
    let members = jwk.as_object().unwrap().iter().map(|(name, value)| format!("{name} = {value}"));
    format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
}

fn document(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

/// The first two parts of a token.
pub fn message(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// The whole token.
pub fn with_signature(message: &str, signature: &[u8]) -> String {
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The signature with the key for the header's `alg`.
pub fn signature(algorithm: &str, message: &str) -> Vec<u8> {
    let random = SystemRandom::new();
    match algorithm {
        "EdDSA" => {
            let key = document(include_str!("../jose/ed25519.pkcs8.pem"));
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key)
                .unwrap()
                .sign(message.as_bytes())
                .as_ref()
                .to_vec()
        }
        "ES256" => {
            let key = document(include_str!("../jose/ec.pkcs8.pem"));
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &random).unwrap();
            key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec()
        }
        "RS256" | "PS256" => {
            let key = RsaKeyPair::from_pkcs8(&document(include_str!("../jose/rsa.pkcs8.pem"))).unwrap();
            let mut signed = vec![0; key.public().modulus_len()];
            if algorithm == "PS256" {
                key.sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut signed).unwrap();
            } else {
                key.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signed).unwrap();
            }
            signed
        }
        _ => panic!("{algorithm}"),
    }
}

/// A token with this header and these claims.
pub fn token(header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    with_signature(&message, &signature(header["alg"].as_str().unwrap(), &message))
}

/// With a shared key.
pub fn shared(key: &[u8], claims: &Value) -> String {
    let message = message(&json!({ "alg": "HS256" }), claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    with_signature(&message, tag.as_ref())
}
