// Web Cryptography with keys of callers and of APIs. On failure, each function resolves to `undefined` or rejects.

const PARAMETERS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};

const bytes = (buffer) => new Uint8Array(buffer);

// Resolves to a key that signs. `key` is in PKCS#8.
export const importPrivate = async (algorithm, key) =>
  crypto.subtle.importKey("pkcs8", key, PARAMETERS[algorithm], false, ["sign"]);

// Resolves to the signature. Web Cryptography and JOSE have the same format for ECDSA.
export const sign = async (algorithm, key, message) => bytes(await crypto.subtle.sign(PARAMETERS[algorithm], key, message));

const RSA = { RS: "RSASSA-PKCS1-v1_5", PS: "RSA-PSS" };

// Resolves to whether the key verifies the signature. `first` and `second` are its parameters, in the order of a JWK.
export async function verify(algorithm, first, second, signature, message) {
  const family = algorithm.slice(0, 2);
  const hash = `SHA-${algorithm.slice(2)}`;
  let jwk;
  let parameters;
  if (family in RSA) {
    jwk = { kty: "RSA", n: first, e: second };
    // RFC 7518, section 3.5: the salt is as long as the hash.
    parameters = { name: RSA[family], hash, saltLength: Number(algorithm.slice(2)) / 8 };
  } else if (family === "ES") {
    jwk = { kty: "EC", crv: `P-${algorithm.slice(2)}`, x: first, y: second };
    parameters = { name: "ECDSA", namedCurve: jwk.crv, hash };
  } else {
    jwk = { kty: "OKP", crv: "Ed25519", x: first };
    parameters = PARAMETERS.EdDSA;
  }
  const key = await crypto.subtle.importKey("jwk", jwk, parameters, false, ["verify"]);
  return crypto.subtle.verify(parameters, key, signature, message);
}

// `operation` is "encrypt" or "decrypt", with AES-256-GCM. A name needs glue, so wasm-bindgen lists this file once.
export async function transform(operation, key, iv, text) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, [operation]);
  return bytes(await crypto.subtle[operation]({ name: "AES-GCM", iv }, imported, text));
}
