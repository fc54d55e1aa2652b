// Callers who show signed tokens, verified with jose as its documentation does: its key set keeps imported keys.

import { createLocalJWKSet, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Verify } from "../same/configuration";

const AUDIENCE = "https://gw.example.com";
// In seconds.
const LEEWAY = 60;
const LONGEST_LIFE = 30 * 86_400;

const set = (key: Record<string, string>) => createLocalJWKSet({ keys: [key] } as Parameters<typeof createLocalJWKSet>[0]);

const jobKeys = set({ kty: "EC", crv: "P-256", kid: "job", alg: "ES256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
const agentKeys = set({ kty: "OKP", crv: "Ed25519", kid: "11qYAYKxCrfVS_7T", alg: "EdDSA", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });

const JOB: JWTVerifyOptions = { issuer: "https://id.example.com", audience: AUDIENCE, algorithms: ["ES256"], clockTolerance: LEEWAY, requiredClaims: ["exp", "repository"] };
const AGENT: JWTVerifyOptions = { audience: AUDIENCE, algorithms: ["EdDSA"], typ: "ostiary+jwt", clockTolerance: LEEWAY, maxTokenAge: LONGEST_LIFE, requiredClaims: ["exp", "iat", "jti", "sub"] };

async function claimsOf(token: string, keys: ReturnType<typeof set>, options: JWTVerifyOptions) {
  if (token.split(".").length !== 3) return undefined;
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch {
    return undefined;
  }
}

export const isJob: Verify = async (token) => {
  const repository = (await claimsOf(token, jobKeys, JOB))?.repository;
  return typeof repository === "string" && /^acme\/[^/]+$/.test(repository);
};

export const isAgent: Verify = async (token) => {
  const claims = await claimsOf(token, agentKeys, AGENT);
  return claims !== undefined && claims.exp! - claims.iat! <= LONGEST_LIFE && /^agents\/[\w.-]+$/.test(claims.sub!);
};
