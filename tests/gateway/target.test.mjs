// Section A: request targets and Host headers. Bare workerd passes both on unchanged; Miniflare and `wrangler dev`
// normalise them first or respond with an error, so some rows differ.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";

const RAW = "workerd";

// The refusal of a target: if it arrives unchanged, and if it was normalised before.
const REFUSED = [
  ["case 1", "/rules/v1/../admin", "path_ambiguous", "not_allowed"],
  ["case 1", "/rules/v1/%2e%2e/admin", "path_ambiguous", "not_allowed"],
  ["case 1", "/rules/v1/.%2E/admin", "path_ambiguous", "not_allowed"],
  ["case 1", "/rules/v1/..\\admin", "path_ambiguous", "not_allowed"],
  ["case 1", "/bearer/../admin", "path_ambiguous", "no_route"],
  ["case 1", "/bearer/..", "path_ambiguous", "no_route"],
  ["case 2", "/rules/v1/..%2fadmin", "path_ambiguous"],
  ["case 2", "/rules/v1/..%2Fadmin", "path_ambiguous"],
  ["case 2", "/rules/v1/..%5cadmin", "path_ambiguous"],
  ["case 2", "/rules/v1/%2e%2e%2fadmin", "path_ambiguous"],
  ["case 2", "/rules/v1/%2e%2fadmin", "path_ambiguous"],
  ["case 2", "/rules/v1/..;/admin", "path_ambiguous"],
  ["case 2", "/rules/v1/..;x=1/admin", "path_ambiguous"],
  ["case 2", "/rules/v1/%2e%2e;/admin", "path_ambiguous"],
  ["case 2", "/rules/v1/a%2fb", "path_ambiguous"],
  ["case 2", "/rules/v1/a%5cb", "path_ambiguous"],
  ["case 2", "/rules/v1/a%00b", "path_ambiguous"],
  ["case 2", "/rules/v1/a%0d%0ab", "path_ambiguous"],
  ["case 2", "/slash/..%2fb", "path_ambiguous"],
  ["case 2", "/slash/a%2f..%2fb", "path_ambiguous"],
  ["case 2", "/slash/a%5cb", "path_ambiguous"],
  ["case 4", "//evil.com/x", "no_route"],
  ["case 4", "/bearer@evil.com/", "no_route"],
  ["case 4", "/bearer.evil.com/", "no_route"],
  ["case 4", "/bearer:9999/", "no_route"],
  ["case 4", "/bearerx", "no_route"],
  ["case 4", "/BEARER/x", "no_route"],
  ["case 11", "/", "no_route"],
  ["case 11", "/nowhere/x", "no_route"],
];

// The upstream's target for this one, byte for byte.
const FORWARDED = [
  ["case 2", "/slash/a%2Fb", "/a%2Fb"],
  ["case 2", "/bearer/..a/b..;c", "/..a/b..;c"],
  ["case 3", "/bearer/%252e%252e%252fx", "/%252e%252e%252fx"],
  ["case 3", "/bearer/%41%7e%c3%a9", "/%41%7e%c3%a9"],
  ["case 4", "/bearer//evil.com/x", "//evil.com/x"],
  ["case 4", "/bearer/@evil.com/x:1", "/@evil.com/x:1"],
  ["case 5", "http://evil.com/bearer/x", "/x"],
  ["case 8", "/bearer", "/"],
  ["case 8", "/bearer/", "/"],
  ["case 8", "/bearer?a=1", "/?a=1"],
  ["case 9", "/bearer/x?a=1&a=2;b=3", "/x?a=1&a=2;b=3"],
  ["case 9", "/bearer/x?a=%zz&&=", "/x?a=%zz&&="],
  ["case 9", `/bearer/x?${"p=1&".repeat(10_001)}`, `/x?${"p=1&".repeat(10_001)}`],
  ["the longest prefix wins:", "/bearer/longer/x", "/longer/x"],
  ["a base path stays in front:", "/based/x/y", "/base/v1/x/y"],
  ["a variable is put in:", "/variable/x", "/accounts/acme/x"],
];

// Spellings of the parameter `key`, which the route injects.
const INJECTED = ["key=evil", "key=1&key=2", "%6Bey=evil", "k%65y=evil&a=1", "a=1;key=evil;b=2", "a=1&key", "key=&a=1"];

const HOSTS = ["evil/bearer/zzz?x=", "a#b", "u:p@evil", "u:p@127.0.0.1", "a b", "evil\\x", "evil%2fx", "a:x", "a,b", "api.gw.test."];

for (const runtime of [RAW, "miniflare", "wrangler dev"]) {
  describe(`on ${runtime}`, () => {
    const gateway = useGateway(runtime);

    // A refusal if the target or the Host arrived unchanged; otherwise the runtime itself responds with 400 or 500. In
    // no case is a request sent to an upstream.
    const refusedHere = async (request, code) => {
      if (runtime === RAW) return gateway.refused(request, code);
      const dialled = gateway.upstream.exchanges.length;
      const answer = await gateway.call(request);
      assert.equal(gateway.upstream.exchanges.length, dialled, "nothing is sent upstream");
      return answer;
    };

    for (const [name, target, raw, normalised = raw] of REFUSED) {
      const code = runtime === RAW ? raw : normalised;
      test(`${name}: ${target} is refused as ${code}`, async () => {
        await gateway.refused({ target }, code);
        if (code !== "not_allowed") assert.deepEqual([...(gateway.store?.reads ?? [])], [], "no secret is read");
      });
    }

    for (const [name, target, forwarded] of FORWARDED) {
      test(`${name}: ${target.slice(0, 60)} is sent upstream as ${forwarded.slice(0, 60)}`, async () => {
        const { up } = await gateway.through({ target });
        assert.equal(up.target, forwarded);
        assert.equal(up.value("host"), `127.0.0.1:${gateway.upstream.port}`);
      });
    }

    test("case 9: an apostrophe and a lone question mark are sent upstream, in the form of the URL Standard", async () => {
      const { up } = await gateway.through({ target: "/bearer/x?a='" });
      assert.match(up.target, /^\/x\?a=('|%27)$/);
      gateway.reset();
      const lone = await gateway.through({ target: "/bearer/x?" });
      assert.match(lone.up.target, /^\/x\??$/);
    });

    for (const query of INJECTED) {
      test(`case 10: of ?${query}, only the gateway's own key is sent upstream, as the last parameter`, async () => {
        const { up } = await gateway.through({ target: `/query/x?${query}` });
        const names = up.query.split(/[&;]/).map((parameter) => decodeURIComponent(parameter.split("=")[0]));
        assert.deepEqual(names.filter((name) => name === "key").length, 1);
        assert.equal(names.at(-1), "key");
        assert.equal(decodeURIComponent(up.query.slice(up.query.lastIndexOf("=") + 1)), canary("QUERY_KEY"));
        assert.ok(!up.query.includes("evil"));
      });
    }

    test("case 10: a parameter that differs from the injected one is kept", async () => {
      const { up } = await gateway.through({ target: "/query/x?keys=1&xkey=3&x[key]=4" });
      assert.ok(up.query.startsWith("keys=1&xkey=3&x[key]=4&key="));
    });

    test("case 10: a parameter that a server could read as the injected one is removed", async () => {
      const { up } = await gateway.through({ target: "/query/x?KEY=1&key[]=2&key%5B0%5D=3&a=4" });
      assert.ok(up.query.startsWith("a=4&key="), up.query);
      assert.equal(up.query.match(/key/gi).length, 1 + canary("QUERY_KEY").match(/key/gi).length);
    });

    for (const host of HOSTS) {
      test(`case 6: a Host ${host} never decides where a request is sent`, async () => {
        const request = { target: "/dump", host };
        // The others replace this header with the URL's host, so the gateway does not see it.
        if (runtime !== RAW && /^[^ %,:]+\//.test(host)) return;
        await refusedHere(request, "invalid_host");
      });
    }

    test("case 6: two Host headers, and a missing one, are refused", async () => {
      await refusedHere({ target: "/bearer/x", fields: [["Host", "a.test"], ["Host", "b.test"]] }, "invalid_host");
      for (const host of [null, ""]) {
        const answer = await gateway.call({ target: "/bearer/x", host });
        assert.equal(answer.status, 400);
      }
      assert.equal(gateway.upstream.exchanges.length, 0);
    });

    test("case 5: user information in a target or a Host does not change the upstream", async () => {
      for (const target of ["http://user:word@evil.com/bearer/x", "http://evil.com:99/bearer/x"]) {
        gateway.reset();
        const answer = await gateway.call({ target });
        for (const up of gateway.upstream.exchanges) assert.equal(up.target, "/x");
        assert.ok([200, 400].includes(answer.status), `${answer.status}`);
      }
    });

    test("case 7: OPTIONS * and GET * are refused, and nothing is sent upstream", async () => {
      for (const method of ["OPTIONS", "GET"]) {
        for (const host of ["127.0.0.1", "api.gw.test", "127.0.0.1:8787"]) {
          await refusedHere({ method, target: "*", host }, "invalid_host");
        }
      }
    });

    test("case 12: no header, query or body of a caller chooses the upstream", async () => {
      const { up } = await gateway.through({
        method: "POST",
        target: "/bearer/x?url=http://evil.com&host=evil.com&upstream=http://evil.com",
        fields: [
          ["X-Forwarded-Host", "evil.com"],
          ["Forwarded", "host=evil.com"],
          ["X-Original-URL", "/evil"],
          ["X-Rewrite-URL", "/evil"],
          ["X-Host", "evil.com"],
          ["X-Upstream", "http://evil.com"],
          ["X-HTTP-Method-Override", "DELETE"],
        ],
        body: '{"url":"http://evil.com"}',
      });
      assert.equal(up.method, "POST");
      assert.equal(up.value("host"), `127.0.0.1:${gateway.upstream.port}`);
      assert.ok(up.target.startsWith("/x?"));
    });

    describe("mounts by host", () => {
      for (const [host, target, forwarded] of [
        ["api.gw.test", "/x", "/base/v1/x"],
        ["API.GW.test", "/x", "/base/v1/x"],
        ["api.gw.test:80", "/x", "/base/v1/x"],
        ["api.gw.test", "/bearer/x", "/base/v1/bearer/x"],
        ["gw.test", "/prefix/x", "/base/v1/x"],
        ["other.test", "/bearer/x", "/x"],
      ]) {
        test(`${host}${target} is sent upstream as ${forwarded}`, async () => {
          const { up } = await gateway.through({ host, target });
          assert.equal(up.target, forwarded);
        });
      }

      for (const [host, target] of [["gw.test", "/bearer/x"], ["gw.test", "/x"], ["gw.test", "/prefixed"]]) {
        test(`${host}${target} does not fall through to the mounts by path`, async () => {
          await gateway.refused({ host, target }, "no_route");
        });
      }

      test("a host with another port is another host", async () => {
        await gateway.refused({ host: "api.gw.test:8080", target: "/x" }, "no_route");
      });
    });

    describe("rules", () => {
      for (const [method, target, passes] of [
        ["GET", "/rules/v1", true],
        ["GET", "/rules/v1/", true],
        ["GET", "/rules/v1/a/b", true],
        ["HEAD", "/rules/v1/a", true],
        ["POST", "/rules/v1/charges/ch_1", true],
        ["POST", "/rules/v1/%63harges/ch_1", true],
        ["GET", "/rules/v2", false],
        ["GET", "/rules/v1x", false],
        ["GET", "/rules", false],
        ["POST", "/rules/v1/charges", false],
        ["POST", "/rules/v1/charges/", false],
        ["POST", "/rules/v1/charges/a/b", false],
        ["PUT", "/rules/v1/charges/a", false],
        ["OPTIONS", "/rules/v1/a", false],
      ]) {
        test(`${method} ${target} ${passes ? "passes" : "is not allowed"}`, async () => {
          if (!passes) return gateway.refused({ method, target }, "not_allowed");
          const { up } = await gateway.through({ method, target });
          assert.equal(up.method, method);
          assert.equal(up.target, target.slice("/rules".length));
        });
      }
    });

    test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
  });
}
