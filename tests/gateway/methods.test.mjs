// Unusual methods on every runtime, because each decides which methods it accepts and sends.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { useGateway } from "../harness/gateway.mjs";
import { answer } from "../harness/upstream.mjs";

const METHODS =
  "QUERY PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH REPORT ACL CHECKOUT MERGE MKACTIVITY PURGE BAN MSEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE".split(" ");

for (const runtime of ["workerd", "miniflare", "wrangler dev"]) {
  describe(`on ${runtime}`, () => {
    const gateway = useGateway(runtime);

    for (const method of METHODS) {
      test(`${method} is forwarded with its body if a rule has the method`, async () => {
        gateway.upstream.on("/files/shared/x", answer(207, { "content-type": "application/xml" }, "<multistatus/>"));
        const { up, answer: down } = await gateway.through({ method, target: "/dav/shared/x", fields: [["Depth", "1"]], body: "<propfind/>" });
        assert.equal(up.method, method);
        assert.equal(await up.received, true);
        assert.equal(up.body.toString(), "<propfind/>");
        assert.equal(up.value("depth"), "1");
        assert.deepEqual([down.status, down.text], [207, "<multistatus/>"]);
        assert.equal((await gateway.event(down)).method, method);
      });
    }

    test("MOVE is forwarded only if a rule admits its destination", async () => {
      const host = "files.test";
      const move = (destination) => ({ method: "MOVE", host, target: "/dav/shared/x", fields: [["Destination", destination]] });
      const { up } = await gateway.through(move(`http://${host}/dav/shared/y`));
      assert.equal(up.value("destination"), `http://127.0.0.1:${gateway.upstream.port}/files/shared/y`);
      for (const destination of ["/dav/private/y", "http://evil.test/dav/shared/y"]) await gateway.refused(move(destination), "not_allowed");
      await gateway.refused(move("/dav/shared/../private/y"), "path_ambiguous");
    });

    test("case 74: a copy has its source where a rule admits reading it, and nowhere else", async () => {
      const copy = (source) => ({ method: "PUT", target: "/dav/shared/x", fields: [["X-Amz-Copy-Source", source]] });
      const { up } = await gateway.through(copy("files/shared/y%20z"));
      assert.equal(up.value("x-amz-copy-source"), "files/shared/y%20z");
      for (const source of ["files/private/y", "other/shared/y"]) await gateway.refused(copy(source), "not_allowed");
      await gateway.refused(copy("files/shared/../private/y"), "path_ambiguous");
      await gateway.refused(copy("files/shared/é"), "path_ambiguous");
    });
  });
}
