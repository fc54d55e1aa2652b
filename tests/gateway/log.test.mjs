// One event for each request, with names, outcomes and times, and no text from the caller.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { eventually } from "../harness/patience.mjs";
import { absent } from "../harness/secret-store.mjs";
import { answer as scripted } from "../harness/upstream.mjs";

// Unique texts in every part of a request that a caller can set.
const SAID = ["pathtext", "querytext", "headertext", "bodytext", "agenttext", "tokentext", "hosttext"];

for (const runtime of ["workerd", "wrangler dev"]) {
  describe(`on ${runtime}`, () => {
    const gateway = useGateway(runtime);

    test("a forwarded request has one event with names and outcomes", async () => {
      const { answer } = await gateway.through({ target: "/rules/v1/balance" });
      const event = await gateway.event(answer);
      const { request_id, route, rule, caller, status, code } = event;
      assert.deepEqual(
        { request_id, route, rule, caller, status, code },
        { request_id: answer.value("ostiary-request-id"), route: "rules", rule: "GET /v1/**", caller: "main", status: 200, code: undefined },
      );
    });

    test("a refused request has one event with its code", async () => {
      const forbidden = await gateway.event(await gateway.refused({ target: "/rules/v2" }, "not_allowed"));
      assert.deepEqual(
        [forbidden.route, forbidden.caller, forbidden.rule, forbidden.status, forbidden.code],
        ["rules", "main", undefined, 403, "not_allowed"],
      );
      const lost = await gateway.event(await gateway.refused({ target: "/nowhere" }, "no_route"));
      assert.deepEqual([lost.route, lost.status, lost.code], [undefined, 404, "no_route"]);
    });

    test("a failure of the upstream differs from one of the gateway", async () => {
      gateway.upstream.on("/x", scripted(503, {}, "busy"));
      const { answer } = await gateway.through({ target: "/bearer/x" });
      const event = await gateway.event(answer);
      assert.deepEqual([event.status, event.code], [503, undefined]);
    });

    test("a secret that was redacted in a body has its own line in the log", async () => {
      gateway.upstream.on("/echo", scripted(200, { "content-type": "text/plain" }, `${canary("PRIMARY_KEY")}\n`));
      const { answer } = await gateway.through({ target: "/redact/echo" });
      const { request_id } = await gateway.event(answer);
      const found = await eventually("the notice", () => gateway.notices().find((notice) => notice.request_id === request_id));
      assert.deepEqual(found, { event: "secret_redacted", level: "warn", request_id, route: "redact", secret: "primary", found_in: "body" });
    });

    test("case 32: an event contains nothing that a caller has written", async () => {
      const requests = [
        { target: "/bearer/pathtext?querytext=querytext", body: "bodytext", method: "POST" },
        { target: "/pathtext?querytext", host: "hosttext.test" },
        { target: "/bearer/pathtext%2f?querytext" },
        { target: "/bearer/pathtext", token: "tokentext" },
        { target: "/bearer/pathtext", host: "hosttext.test:81" },
      ];
      for (const request of requests) {
        const answer = await gateway.call({ ...request, fields: [["X-Text", "headertext"], ["User-Agent", "agenttext"]] });
        const event = JSON.stringify(await gateway.event(answer));
        for (const text of SAID) assert.ok(!event.includes(text), `${text} in ${event}`);
      }
    });

    test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
  });
}

describe("on bare workerd, where nothing but the gateway writes", () => {
  const gateway = useGateway();

  test("a fallback and a failover have their own lines besides the request's", async () => {
    gateway.store.set("PRIMARY_KEY", absent);
    const fallback = await gateway.event(await gateway.call({ target: "/bearer/x" }));
    gateway.reset();
    gateway.upstream.on("/refuses", (exchange) => exchange.write(scripted(exchange.value("authorization").includes(canary("PRIMARY_KEY")) ? 401 : 200, {}, "")));
    const failover = await gateway.event(await gateway.call({ target: "/bearer/refuses" }));
    const told = ({ request_id }) => gateway.notices().filter((notice) => notice.request_id === request_id).map(({ event, binding, served_by }) => [event, binding, served_by]);
    assert.deepEqual(told(fallback), [["fallback_served", "PRIMARY_KEY", "SECONDARY_KEY"]]);
    assert.deepEqual(told(failover), [["failover_served", "PRIMARY_KEY", "SECONDARY_KEY"]]);
  });

  test("each request is one line, and there are no other lines", async () => {
    const earlier = gateway.output();
    const answers = [];
    for (const target of ["/bearer/x", "/nowhere", "/bearer/..%2f", "/bearer/y"]) answers.push(await gateway.call({ target }));
    for (const answer of answers) await gateway.event(answer);
    const written = gateway.output().slice(earlier.length);
    assert.equal(written.trim().split("\n").length, answers.length, written);
    const ids = gateway.events().slice(-answers.length).map((event) => event.request_id);
    assert.deepEqual(ids.toSorted(), answers.map((answer) => answer.value("ostiary-request-id")).toSorted());
  });
});
