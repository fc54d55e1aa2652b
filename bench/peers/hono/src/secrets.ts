import type { Environment, Placement, SecretName, SecretsStoreSecret } from "./configuration";

export class SecretUnavailable extends Error {}

// The value of the first source that serves.
async function readSecret(environment: Environment, name: SecretName): Promise<string> {
  for (const binding of [name, `${name}_PREVIOUS`]) {
    try {
      const value = (await (environment[binding] as SecretsStoreSecret).get())?.trimEnd();
      if (value) return value;
    } catch {
      // The next source may serve.
    }
  }
  throw new SecretUnavailable(name);
}

// The header values that carry the secrets, all read at once.
export function readSecrets(environment: Environment, auth: Placement[]): Promise<[string, string][]> {
  return Promise.all(
    auth.map(async ({ header, prefix, secret }): Promise<[string, string]> => [
      header,
      prefix + (await readSecret(environment, secret)),
    ]),
  );
}
