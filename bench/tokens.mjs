// Tokens that the callers of the benchmark show. The keys are published examples, of RFC 7515, appendix A.3, and of
// RFC 8037, appendix A; bench/signed/gateway.toml has their public halves.

import { createPrivateKey, randomUUID, sign } from "node:crypto";

const key = (jwk) => createPrivateKey({ format: "jwk", key: jwk });
const JOB_KEY = key({ kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" });
const AGENT_KEY = key({ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" });

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const inSeconds = () => Math.floor(Date.now() / 1000);

export function signed(header, claims, by) {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${by(Buffer.from(text)).toString("base64url")}`;
}

const byJobKey = (bytes) => sign("sha256", bytes, { key: JOB_KEY, dsaEncoding: "ieee-p1363" });
const byAgentKey = (bytes) => sign(null, bytes, AGENT_KEY);

// A job's token, as an issuer of tokens signs it. What is given takes the place of what a good token says.
export function jobToken({ header, ...claims } = {}, by = byJobKey) {
  const now = inSeconds();
  const usual = { iss: "https://id.example.com", aud: "https://gw.example.com", sub: "repo:acme/shop", repository: "acme/shop", ref: "refs/heads/main", iat: now, nbf: now, exp: now + 36_000 };
  return signed({ alg: "ES256", typ: "JWT", kid: "job", ...header }, { ...usual, ...claims }, by);
}

// A token that the gateway's operator has issued.
export function agentToken({ header, ...claims } = {}, by = byAgentKey) {
  const now = inSeconds();
  const usual = { sub: "agents/crawler-1", aud: "https://gw.example.com", iat: now, exp: now + 36_000, jti: randomUUID() };
  return signed({ alg: "EdDSA", typ: "ostiary+jwt", kid: "11qYAYKxCrfVS_7T", ...header }, { ...usual, ...claims }, by);
}

export const agentTokens = (count) => Array.from({ length: count }, (_, at) => agentToken({ sub: `agents/crawler-${at + 1}` }));
