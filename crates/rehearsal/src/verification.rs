//! Verifies signatures as the runtime's Web Cryptography does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ostiary_core::configuration::{KeyMaterial, PublicKey, SignatureAlgorithm};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// Whether the key verifies this signature of the message.
#[must_use]
pub fn verify(key: &PublicKey, signature: &[u8], message: &[u8]) -> bool {
    verified(key, signature, message).is_some()
}

fn verified(key: &PublicKey, signature: &[u8], message: &[u8]) -> Option<()> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    match &key.material {
        KeyMaterial::Ed25519 { x } => {
            UnparsedPublicKey::new(&ED25519, decode(x)?).verify(message, signature).ok()
        }
        KeyMaterial::Ec { x, y } => {
            let point = [vec![4], decode(x)?, decode(y)?].concat();
            let form: &'static dyn VerificationAlgorithm = match key.algorithm {
                SignatureAlgorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
                SignatureAlgorithm::Es384 => &ECDSA_P384_SHA384_FIXED,
                _ => return None,
            };
            UnparsedPublicKey::new(form, point).verify(message, signature).ok()
        }
        KeyMaterial::Rsa { n, e } => {
            let form: &'static RsaParameters = match key.algorithm {
                SignatureAlgorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                SignatureAlgorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                SignatureAlgorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                SignatureAlgorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                SignatureAlgorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
                SignatureAlgorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
                _ => return None,
            };
            RsaPublicKeyComponents { n: decode(n)?, e: decode(e)? }.verify(form, message, signature).ok()
        }
    }
}
