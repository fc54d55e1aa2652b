// The operator's endpoints: their responses, their authentication, and that they never return a value.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { canary, sha256 } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { absent, hangs, throws, yields, yieldsBytes } from "../harness/secret-store.mjs";
import { EVERY, LAST_CHUNK, chunk } from "../harness/upstream.mjs";

const OPERATOR = canary("TOKEN_OPS");
const CONFIGURATION = readFileSync(new URL("../harness/configuration/gateway.toml", import.meta.url), "utf8");

const proof = (value, nonce) => createHmac("sha256", value).update(nonce).digest("base64url");

for (const runtime of ["workerd", "miniflare"]) {
  describe(runtime, () => {
    const gateway = useGateway(runtime);

    const get = async (target, token = OPERATOR) => {
      const answer = await gateway.call({ target: `/operator${target}`, token });
      return { answer, status: answer.status, report: JSON.parse(answer.text) };
    };

    const probe = async (order, nonce = randomBytes(32)) => {
      const body = JSON.stringify({ nonce: nonce.toString("base64url"), ...order });
      const fields = [["Content-Type", "application/json"], ["X-Of-The-Operator", "1"], ["Cookie", "a=b"]];
      const answer = await gateway.call({ method: "POST", target: "/operator/probe", token: OPERATOR, fields: [["Authorization", `Bearer ${OPERATOR}`], ...fields], body });
      return { answer, nonce, status: answer.status, report: JSON.parse(answer.text) };
    };

    test("health needs no caller and reads nothing", async () => {
      const { answer, status, report } = await get("/health", null);
      assert.deepEqual([status, report.configuration], [200, sha256(CONFIGURATION)]);
      assert.match(report.version, /^\d+\.\d+\.\d+$/);
      assert.equal(answer.value("content-type"), "application/json");
      assert.equal(answer.value("cache-control"), "no-store");
      assert.equal((await gateway.event(answer)).operation, "health");
      if (gateway.store) assert.deepEqual([...gateway.store.reads], []);
    });

    test("a probe sends the route's request with one source, and proves the value", async () => {
      for (const [source, binding] of [[1, "PRIMARY_KEY"], [2, "SECONDARY_KEY"]]) {
        gateway.upstream.clear();
        const { nonce, status, report } = await probe({ route: "bearer", method: "GET", path: "/v1/balance?a=1", source });
        assert.equal(status, 200);
        const { secrets_ms, upstream_ms, ...rest } = report;
        assert.ok(Number.isInteger(secrets_ms) && Number.isInteger(upstream_ms));
        const hmac = proof(canary(binding), nonce);
        assert.deepEqual(rest, { source, status: 200, refused: false, secrets: [{ name: "primary", binding, outcome: "ok", hmac }] });
        assert.equal(gateway.upstream.exchanges.length, 1);
        const [up] = gateway.upstream.exchanges;
        assert.equal(up.method, "GET");
        assert.equal(up.target, "/v1/balance?a=1");
        assert.deepEqual(up.values("authorization"), [`Bearer ${canary(binding)}`]);
        for (const name of ["x-of-the-operator", "cookie", "content-type", "content-length"]) {
          assert.deepEqual(up.values(name), [], name);
        }
        assert.equal(up.body.length, 0);
      }
    });

    test("another nonce gives another proof", async () => {
      const order = { secret: "main", source: 1 };
      const [first, second] = [await probe(order), await probe(order)];
      assert.equal(first.report.secrets[0].hmac, proof(canary("TOKEN_MAIN"), first.nonce));
      assert.notEqual(first.report.secrets[0].hmac, second.report.secrets[0].hmac);
      assert.equal(gateway.upstream.exchanges.length, 0);
    });

    test("ready has the outcome of each source", async () => {
      const { status, report } = await get("/ready?secret=primary");
      assert.equal(status, 200);
      assert.equal(report.ready, true);
      const [{ name, sources }] = report.secrets;
      assert.equal(name, "primary");
      assert.deepEqual(sources.map(({ ms, ...rest }) => rest), [
        { source: 1, binding: "PRIMARY_KEY", outcome: "ok" },
        { source: 2, binding: "SECONDARY_KEY", outcome: "ok" },
      ]);
      assert.ok(sources.every(({ ms }) => Number.isInteger(ms)));
    });

    test("all secrets can be checked, at most forty sources in a request", async () => {
      const names = [];
      for (let target = "/ready"; target; ) {
        const { report } = await get(target);
        assert.ok(report.secrets.flatMap(({ sources }) => sources).length <= 40);
        names.push(...report.secrets.map(({ name }) => name));
        target = report.after && `/ready?after=${report.after}`;
      }
      assert.deepEqual(names.slice(0, 2), ["primary", "header"]);
      assert.equal(new Set(names).size, names.length);
      assert.ok(names.includes("ops"));
    });

    test("a probe does not take a body that breaks off for that of an accepted key", async () => {
      const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
      const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;
      for (const [bytes, refused, undecided] of [
        [`${chunked}${chunk('{"data":1}')}${LAST_CHUNK}`, false, undefined],
        [`${chunked}${chunk('{"data":')}`, false, true],
        [`${head}content-length: 100\r\n\r\n{"data":`, false, true],
        [chunked, false, true],
        [`${chunked}${chunk('{"ok":false')}`, true, undefined],
      ]) {
        gateway.upstream.on(EVERY, async (exchange) => {
          await exchange.received;
          await exchange.write(Buffer.from(bytes));
          exchange.wire.socket.end();
        });
        const { report } = await probe({ route: "told", path: "/v1/balance", source: 1 });
        assert.deepEqual([report.status, report.refused, report.undecided], [200, refused, undecided], bytes);
      }
    });

    test("only an operator gets information", async () => {
      for (const token of [null, "wrong", canary("TOKEN_MAIN"), canary("PRIMARY_KEY")]) {
        for (const target of ["/operator/ready", "/operator/else"]) {
          await gateway.refused({ target, token }, "caller_unauthenticated");
        }
        await gateway.refused({ method: "POST", target: "/operator/probe", token, body: "{}" }, "caller_unauthenticated");
      }
      await gateway.refused({ target: "/bearer/x", token: OPERATOR }, "caller_unauthenticated");
    });

    test("a body that is too long, or is not a probe, is refused", async () => {
      const send = (body, code, fields = []) => {
        const proved = [["Authorization", `Bearer ${OPERATOR}`], ...fields];
        return gateway.refused({ method: "POST", target: "/operator/probe", fields: proved, body }, code);
      };
      await send("x".repeat(4_097), "payload_too_large");
      await send("x".repeat(4_096), "operation_invalid");
      await send("", "operation_invalid");
      await send(Buffer.from([0x22, 0xff, 0x22]), "operation_invalid");
      const chunked = Array.from({ length: 5 }, () => `400\r\n${"x".repeat(1_024)}\r\n`).join("");
      await send(`${chunked}0\r\n\r\n`, "payload_too_large", [["Transfer-Encoding", "chunked"]]);
    });

    test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
  });
}

describe("a store that fails", () => {
  const gateway = useGateway();

  const ready = async () => {
    const answer = await gateway.call({ target: "/operator/ready?secret=primary", token: OPERATOR });
    return { status: answer.status, ...JSON.parse(answer.text) };
  };

  test("each outcome has its name, and one working source is enough", async () => {
    for (const [behaviour, outcome] of [
      [throws, "error"],
      [absent, "missing"],
      [yieldsBytes("x"), "error"],
      [{ kind: "null" }, "missing"],
      [" \r\n", "empty"],
      ["a\nb", "invalid"],
      [hangs, "timeout"],
    ]) {
      gateway.store.set("PRIMARY_KEY", behaviour);
      const { status, ready: is, secrets } = await ready();
      assert.deepEqual([status, is, secrets[0].sources.map((source) => source.outcome)], [200, true, [outcome, "ok"]]);
    }
    gateway.store.set("SECONDARY_KEY", absent);
    const { status, ready: is } = await ready();
    assert.deepEqual([status, is], [503, false]);
  });

  test("each source has its own duration", async () => {
    gateway.store.set("PRIMARY_KEY", yields(canary("PRIMARY_KEY"), 200));
    const [slow, fast] = (await ready()).secrets[0].sources;
    assert.ok(slow.ms > fast.ms, `${slow.ms} ${fast.ms}`);
  });

  test("a probe of a source that fails sends nothing", async () => {
    gateway.store.set("PRIMARY_KEY", absent);
    const body = JSON.stringify({ route: "bearer", path: "/x", source: 1, nonce: randomBytes(16).toString("base64url") });
    const answer = await gateway.call({ method: "POST", target: "/operator/probe", token: OPERATOR, body });
    const { secrets_ms, ...report } = JSON.parse(answer.text);
    const secrets = [{ name: "primary", binding: "PRIMARY_KEY", outcome: "missing" }];
    assert.deepEqual(report, { source: 1, failure: "secret_unavailable", secrets });
    assert.equal(gateway.upstream.exchanges.length, 0);
  });
});
