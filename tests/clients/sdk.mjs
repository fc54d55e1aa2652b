// The tests for every SDK: successful and refused calls, with the gateway on workerd and a fake upstream.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { absent, hangs, yields } from "../harness/secret-store.mjs";
import { answer } from "../harness/upstream.mjs";

export const TOKEN = canary("TOKEN_MAIN");
export const KEY = canary("PRIMARY_KEY");

// A scripted response in JSON.
export const json = (body, status = 200) => answer(status, { "content-type": "application/json" }, JSON.stringify(body));

// Each refusal with its cause.
const REFUSALS = [
  { code: "caller_unauthenticated", status: 401, token: "unknown" },
  { code: "not_allowed", status: 403, call: "forbidden" },
  { code: "rate_limited", status: 429, arrange: ({ store }) => store.set("BY_CALLER", yields(false)) },
  { code: "secret_unavailable", status: 503, arrange: ({ store }) => store.setAll({ PRIMARY_KEY: absent, SECONDARY_KEY: hangs }) },
  { code: "upstream_unreachable", status: 502, arrange: ({ upstream }) => upstream.on(BROKEN, ({ wire }) => wire.reset()) },
];

let BROKEN;

// The upstream's requests, which must not contain the token.
export function assertWithoutToken(upstream, token = TOKEN) {
  const encoded = Buffer.from(`x:${token}`).toString("base64").slice(3, -3);
  for (const { head, body } of upstream.exchanges) {
    for (const form of [token, encodeURIComponent(token), encoded]) {
      assert.ok(!`${head}${body.toString("latin1")}`.includes(form), `${form} in\n${head}`);
    }
  }
}

// `sdk` has: `connect(origin, token, retries)`, which makes a client; `served`, calls that must succeed, each with
// `path`, `body`, `call(client)` and `check(result)`; `forbidden(client)`, a call that no rule admits; `credential`,
// the header that the upstream must get; `error(thrown)`, the status and the text of the SDK's error.
export function describeSdk(name, sdk) {
  describe(name, () => {
    let gateway;
    before(async () => {
      gateway = await startGateway();
    });
    beforeEach(() => gateway.reset());
    after(() => gateway?.stop());

    const connect = ({ port }, token = TOKEN, retries = 0) => sdk.connect(`http://127.0.0.1:${port}`, token, retries);

    for (const { what, path, body, call, check } of sdk.served) {
      test(`${what} is served with the key, and the token goes no further`, async () => {
        gateway.upstream.on(path, typeof body === "function" ? body : json(body));
        check(await call(connect(gateway)));
        const [up, ...more] = gateway.upstream.exchanges;
        assert.deepEqual(more, []);
        assert.equal(up.path, path);
        const [header, value] = sdk.credential;
        assert.deepEqual(up.values(header), [value]);
        assertWithoutToken(gateway.upstream);
      });
    }

    for (const { code, status, token, call = "first", arrange = () => {} } of REFUSALS) {
      test(`case 66: ${code} is an error with the reason`, async () => {
        const [first] = sdk.served;
        BROKEN = first.path;
        arrange(gateway);
        const asked = call === "first" ? first.call : sdk.forbidden;
        const thrown = await rejection(asked(connect(gateway, token)));
        const seen = sdk.error(thrown);
        assert.equal(seen.status, status, `${thrown}`);
        const [event] = gateway.events().slice(-1);
        assert.equal(event.code, code);
        assert.ok(seen.text.includes(sdk.says === "code" ? code : titles[code]), `${code}: ${seen.text}`);
        assert.ok(code === "upstream_unreachable" || gateway.upstream.exchanges.length === 0);
      });
    }

    test("an error that another try cannot mend is met once, whatever the SDK's retries are", async () => {
      const broken = await startGateway("workerd", { variables: { UPSTREAM_PORT: "no-port" } });
      try {
        const thrown = await rejection(sdk.served[0].call(connect(broken, TOKEN, 2)));
        assert.equal(sdk.error(thrown).status, 500);
        assert.deepEqual(broken.events().map(({ code }) => code), ["misconfigured"]);
      } finally {
        await broken.stop();
      }
    });

    test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
  });
}

const titles = {
  caller_unauthenticated: "The request has no token that this gateway accepts.",
  not_allowed: "No rule admits this method and path.",
  rate_limited: "Too many requests.",
  secret_unavailable: "A secret cannot be read.",
  upstream_unreachable: "The upstream cannot be reached.",
};

async function rejection(promise) {
  const outcome = await Promise.resolve(promise).then((value) => ({ value }), (thrown) => ({ thrown }));
  assert.ok("thrown" in outcome, `resolved with ${JSON.stringify(outcome.value)}`);
  return outcome.thrown;
}
