// What gateway.toml is to Ostiary.

export type SecretName = `KEY_${number}`;

// A Secrets Store binding. Each secret has a second source under the name with `_PREVIOUS`.
export interface SecretsStoreSecret {
  get(): Promise<string>;
}

export interface Environment {
  [binding: string]: SecretsStoreSecret | string;
  UPSTREAM_PORT: string;
}

// A header that carries a secret.
export interface Placement {
  header: string;
  prefix: string;
  secret: SecretName;
}

export interface Rule {
  methods: string[];
  // Under the mount; everything below it is meant too.
  path: string;
  text: string;
}

export interface Route {
  name: string;
  mount: string;
  auth: Placement[];
  // By the name of a caller.
  allow: Record<string, Rule[]>;
  // Whether what was sent is looked for in the answer.
  redact: boolean;
}

const rules: Record<string, Rule[]> = {
  benchmark: [{ methods: ["GET", "POST"], path: "/v1", text: "GET,POST /v1/**" }],
};

export const keys = (count: number): Placement[] =>
  Array.from({ length: count }, (_, at) =>
    at === 0
      ? { header: "authorization", prefix: "Bearer ", secret: "KEY_1" }
      : { header: `x-key-${at + 1}`, prefix: "", secret: `KEY_${at + 1}` },
  );

export const routes: Route[] = [
  { name: "one", mount: "/one", auth: keys(1), allow: rules, redact: false },
  { name: "two", mount: "/two", auth: keys(2), allow: rules, redact: false },
  { name: "four", mount: "/four", auth: keys(4), allow: rules, redact: false },
  { name: "eight", mount: "/eight", auth: keys(8), allow: rules, redact: false },
  { name: "redacted", mount: "/redacted", auth: keys(2), allow: rules, redact: true },
];

export const fromHex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

// SHA-256 of each caller's token.
export const callers = [
  { name: "benchmark", digest: fromHex("3f1f4b6619f10b6e554386e19fa91df28059f3201a186b242393a68e50b20f68") },
];

// Until the head of the upstream's answer, in milliseconds.
export const upstreamTimeout = 100_000;
