// The page in Chromium on the running Worker: its content, its requests, and its authentication.
// SCREENSHOTS=docs/images writes pictures of it there.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { CHROMIUM, MISSING, startChromium } from "../clients/browser/chromium.mjs";
import { pause } from "../harness/patience.mjs";
import { absent, throws, yields } from "../harness/secret-store.mjs";
import { answer as scripted } from "../harness/upstream.mjs";
import { HOST, OPERATOR, startGateway, valueOf } from "./gateway.mjs";
import { startStoreApi } from "./store-api.mjs";

const require = createRequire(new URL("../clients/", import.meta.url));
const ORIGIN = `http://${HOST}`;
const SQL = "/client/v4/accounts/1/analytics_engine/sql";
const PHONE = { width: 390, height: 844, deviceScaleFactor: 1, mobile: true };
const DESK = { width: 1100, height: 900, deviceScaleFactor: 1, mobile: false };

// Of the store's secrets, all but one: how many days ago they were created and changed.
const AGES = {
  STRIPE_KEY: [212, 34],
  STRIPE_KEY_PREVIOUS: [212, 124],
  OPENAI_KEY: [61, 61],
  CHECKOUT_TOKEN: [212, 1],
  OPS_TOKEN: [30, 0],
  STORE_READER: [30, 30],
  TWILIO_SID: [400, 9],
  TWILIO_SID_PREVIOUS: [400, 200],
  TWILIO_KEY: [400, 9],
  TWILIO_KEY_PREVIOUS: [400, 200],
};

// The fake response of Analytics Engine: an hour and a day of requests.
async function answerQuery(exchange) {
  await exchange.received;
  const step = Number(/intDiv\(toUInt32\(timestamp\), (\d+)\)/.exec(exchange.body)?.[1]);
  const now = Math.floor(Date.now() / 1000 / step) * step;
  const series = Array.from({ length: 20 }, (_, at) => ({ at: now - (19 - at) * step, requests: String(20 + 7 * (at % 5)), refusals: at % 4, failovers: at === 12 ? 9 : 0, p50: 40 + at, p99: 200 + 40 * (at % 6) }));
  const shares = [
    { caller: "checkout", code: "", source: "STRIPE_KEY", requests: "600" },
    { caller: "agent", code: "not_allowed", source: "", requests: 30 },
    { caller: "agent", code: "", source: "OPENAI_KEY", requests: 50 },
  ];
  exchange.write(scripted(200, { "content-type": "application/json" }, JSON.stringify({ meta: [], data: Number.isNaN(step) ? shares : series, rows: 1 })));
}

describe("the page", { skip: CHROMIUM === undefined && MISSING }, () => {
  let gateway;
  let api;
  let chromium;
  let page;
  const asked = [];
  const complaints = [];

  before(async () => {
    api = await startStoreApi(AGES);
    gateway = await startGateway({ storePort: api.port });
    gateway.upstream.on(SQL, (exchange) => answerQuery(exchange));
    chromium = await startChromium({ [HOST]: gateway.port });
    chromium.listen((method, params) => {
      if (method === "Network.requestWillBeSent") asked.push(params.request.url);
      if (method === "Log.entryAdded") complaints.push(params.entry.text);
      if (method === "Runtime.exceptionThrown") complaints.push(params.exceptionDetails.exception?.description);
    });
    page = await open();
  });

  beforeEach(() => {
    gateway.reset();
    gateway.upstream.on(SQL, (exchange) => answerQuery(exchange));
  });

  after(async () => {
    await chromium?.stop();
    await Promise.all([gateway?.stop(), api?.stop()]);
  });

  async function open() {
    const opened = await chromium.open(`${ORIGIN}/`, ["Network", "Log", "Runtime"]);
    await opened.call("Emulation.setDeviceMetricsOverride", DESK);
    return opened;
  }

  // The value of the expression, when it is as expected.
  async function shows(expression, expected) {
    let seen;
    for (let attempt = 0; attempt < 200; attempt += 1) {
      seen = await page.evaluate(expression);
      if (seen === expected || (expected instanceof RegExp && expected.test(seen))) return;
      await pause(25);
    }
    assert.fail(`${expression}: ${JSON.stringify(seen)} instead of ${expected}`);
  }

  const text = (selector) => `document.querySelector(${JSON.stringify(selector)})?.textContent`;
  const fill = (selector, value) => page.evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(value)}`);
  const click = (selector) => page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  const lamps = `[...document.querySelectorAll('[data-secret="stripe"] .lamp')].map((lamp) => lamp.textContent).join()`;

  const signIn = async (token) => {
    await shows(`!document.querySelector("#sign-in").hidden`, true);
    await fill("#token", token);
    await click("#sign-in button");
  };

  const accessible = async (what) => {
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] })`);
    const found = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(found, [], what);
  };

  const picture = async (name, theme, device = DESK) => {
    const folder = process.env.SCREENSHOTS;
    if (folder === undefined) return;
    await page.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
    await page.call("Emulation.setDeviceMetricsOverride", device);
    const { data } = await page.call("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
  };

  test("shows nothing before somebody has signed in", async () => {
    await shows(`!document.querySelector("#sign-in").hidden`, true);
    assert.equal(await page.evaluate(`document.querySelector("#state").hidden`), true);
    assert.equal(await page.evaluate(`document.activeElement.id`), "token");
    await accessible("the form");
    await signIn("not-the-token-0123456789");
    await shows(text("#message"), "No operator has this token.");
    assert.equal(await page.evaluate(`document.querySelector("#state").hidden`), true);
  });

  test("shows every secret's sources as lamps, in words too", async () => {
    await signIn(OPERATOR);
    await shows(text("#summary"), "Each of 8 secrets has a source that serves.");
    await shows(lamps, "ok,ok");
    await shows(text('[data-secret="stripe"] .serves'), "STRIPE_KEY serves now");
    await shows(text('[data-secret="stripe"] .time'), /^\d+ ms$/);
    await shows(text("#deployed"), /^version .* · top level · configuration [0-9a-f]{12}$/);
  });

  test("a lamp turns when a secret is broken, and back when it is healed", async () => {
    gateway.store.set("STRIPE_KEY", absent);
    gateway.store.set("OPENAI_KEY", throws);
    await click("#refresh");
    await shows(lamps, "missing,ok");
    await shows(text('[data-secret="stripe"] .serves'), "STRIPE_KEY_PREVIOUS serves now, a fallback");
    await shows(text('[data-secret="openai"] .serves'), "no source serves");
    await shows(text("#summary"), "1 of 8 secrets have no source that serves.");
    gateway.reset();
    gateway.store.set("STRIPE_KEY", yields(valueOf("STRIPE_KEY"), 700));
    await click("#refresh");
    await shows(lamps, "slow,ok");
    gateway.reset();
    await click("#refresh");
    await shows(lamps, "ok,ok");
    await shows(text("#summary"), "Each of 8 secrets has a source that serves.");
  });

  test("a pair serves from one source number, or not at all", async () => {
    const route = text('[data-route="twilio"] .serves');
    await shows(route, "source 1 serves now");
    gateway.store.set("TWILIO_SID", absent);
    await click("#refresh");
    await shows(route, "source 2 serves now");
    await shows(text('[data-secret="twilio_key"] .serves'), "TWILIO_KEY_PREVIOUS serves now, a fallback");
    gateway.store.set("TWILIO_KEY_PREVIOUS", absent);
    await click("#refresh");
    await shows(route, "no source number at which all secrets can be used");
    await shows(text("#summary"), "1 of 4 routes have no source number at which all of their secrets can be used.");
    assert.equal(await page.evaluate(`document.querySelector("#summary").className`), "bad");
    await shows(text('[data-secret="twilio_key"] .serves'), "no source serves");
    gateway.reset();
    await click("#refresh");
    await shows(route, "source 1 serves now");
    await shows(text("#summary"), "Each of 8 secrets has a source that serves.");
  });

  test("shows the age of each secret, or the reason why it is not known", async () => {
    const ages = (name) => `[...document.querySelectorAll('[data-secret="${name}"] .age')].map((age) => age.textContent).join("; ")`;
    await shows(ages("stripe"), /^created 212 days ago \(\d{4}-\d\d-\d\d\), changed 34 days ago \(.*; created 212 days ago .* changed 124 days ago/);
    await shows(ages("openai"), /^created 61 days ago \(.*\), not changed since$/);
    await shows(ages("checkout"), / changed 1 day ago /);
    await shows(ages("ops"), / changed today /);
    await shows(ages("analytics"), "age unknown: not in the list of its store");
    await api.fail({ operations: ["secrets.list"], status: 403 });
    await click("#refresh");
    await shows(ages("openai"), "age unknown: the Secrets Store API refuses the gateway's token");
    await shows(text("#summary"), "Each of 8 secrets has a source that serves.");
    await api.heal();
    gateway.store.set("STORE_READER", absent);
    await click("#refresh");
    await shows(ages("openai"), /^age unknown: .*secret.*$/);
    await shows(lamps, "ok,ok");
    gateway.reset();
    await click("#refresh");
    await shows(ages("openai"), /^created 61 days ago/);
  });

  test("reads nothing by itself", async () => {
    gateway.store.forgetReads();
    await pause(1_500);
    assert.deepEqual([...gateway.store.reads], []);
  });

  test("shows every route with its mounts, upstream, auth, callers and rules", async () => {
    const shown = await page.evaluate(text('[data-route="stripe"]'));
    for (const part of ["stripe.test, /stripe", "http://127.0.0.1:", "Bearer", "failover", "checkout", "GET /v1/**", "POST /v1/charges", "agent"]) {
      assert.ok(shown.includes(part), `${part} in ${shown}`);
    }
  });

  test("explains a request by the code that serves", async () => {
    await fill("#explain-url", "https://gw.test/stripe/v1/charges?limit=3");
    await fill("#explain-caller", "checkout");
    await click("#explain button");
    await shows(text("#explanation p"), "forwarded");
    await shows(text("#explanation"), /checkout.*GET \/v1\/\*\*.*STRIPE_KEY.*\/v1\/charges\?limit=3/s);
    await fill("#explain-method", "DELETE");
    await click("#explain button");
    await shows(text("#explanation p"), "refused: 403 not_allowed");
    await fill("#explain-url", "https://");
    await page.evaluate(`document.querySelector("#explain").noValidate = true`);
    await click("#explain button");
    await shows(text("#explanation p"), "The operator's request is not understood.");
    assert.deepEqual(gateway.upstream.exchanges, []);
  });

  test("draws the last hour and the last day", async () => {
    await click("#refresh");
    await shows(`document.querySelectorAll("#charts figure").length`, 4);
    await shows(text("#charts figure p"), "680 requests, 30 refusals, 9 failovers");
    await shows(text("#charts figure dl"), /callerscheckout 88 %, agent 12 %refusalsnot_allowed 4 %served bySTRIPE_KEY 88 %, OPENAI_KEY 7 %/);
    await shows(`document.querySelectorAll("#charts figure:first-child rect").length`, 20);
    gateway.upstream.on(SQL, (exchange) => exchange.write(scripted(403, {}, "no")));
    await click("#refresh");
    await shows(text("#charts p"), "The upstream's response cannot be returned.");
    gateway.upstream.on(SQL, (exchange) => answerQuery(exchange));
    await click("#refresh");
    await shows(`document.querySelectorAll("#charts figure").length`, 4);
  });

  test("sends a probe with a click", async () => {
    gateway.upstream.on("/v1/balance", (exchange) => exchange.write(scripted(exchange.value("authorization").includes("previous") ? 200 : 401, {}, "")));
    await page.evaluate(`for (const more of document.querySelectorAll("details")) more.open = true`);
    await fill("#probe-path-stripe", "/v1/balance");
    const result = '[data-route="stripe"] .result';
    await click('[data-route="stripe"] button');
    await shows(text(`${result} p`), "401: the upstream rejects the credential");
    await fill("#probe-source-stripe", "2");
    await click('[data-route="stripe"] button');
    await shows(text(`${result} p`), "200: the upstream does not reject the credential");
    await shows(text(result), /STRIPE_KEY_PREVIOUS ok/);
    await fill("#probe-path-stripe", "/v2");
    await click('[data-route="stripe"] button');
    await shows(text(`${result} p`), "No rule admits this method and path.");
  });

  test("shows a probe in green only if the gateway can tell that the key works", async () => {
    const probed = async (route, method, path, status, body, word, kind) => {
      gateway.upstream.on(path, (exchange) => exchange.write(scripted(status, { "content-type": "application/json" }, body)));
      const result = `[data-route="${route}"] .result p`;
      await page.evaluate(`document.querySelector('[data-route="${route}"] .result').replaceChildren()`);
      await fill(`#probe-method-${route}`, method);
      await fill(`#probe-path-${route}`, path.replace(/^\/(base|twilio)/, ""));
      await click(`[data-route="${route}"] form button`);
      await shows(text(result), word);
      assert.equal(await page.evaluate(`document.querySelector('${result}').className`), kind, `${route} ${status}`);
    };
    const unknown = /^\d+: unknown whether the upstream rejects the credential, because /;
    await probed("twilio", "GET", "/twilio/v1/x", 200, "{}", "200: the upstream does not reject the credential", "good");
    await probed("twilio", "GET", "/twilio/v1/x", 401, "{}", "401: the upstream rejects the credential", "bad");
    await probed("twilio", "GET", "/twilio/v1/x", 403, '{"code":20003}', "403: the upstream rejects the credential", "bad");
    await probed("twilio", "GET", "/twilio/v1/x", 403, '{"code":1}', "403: no condition of failover, and no success", "odd");
    await probed("twilio", "HEAD", "/twilio/v1/x", 403, "", unknown, "odd");
    for (const status of [401, 403, 200]) await probed("openai", "GET", "/base/v1/models", status, "{}", unknown, "odd");
  });

  test("can be used by everybody, in both themes and on a phone", async () => {
    for (const theme of ["light", "dark"]) {
      await page.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
      await accessible(theme);
    }
    await page.call("Emulation.setDeviceMetricsOverride", PHONE);
    await accessible("phone");
    const [width, room] = await page.evaluate(`[document.documentElement.scrollWidth, innerWidth]`);
    assert.ok(width <= room, `${width} of ${room}`);
    const small = await page.evaluate(`[...document.querySelectorAll("button, input, select")].filter((each) => each.offsetHeight > 0 && each.offsetHeight < 44).map((each) => each.id)`);
    assert.deepEqual(small, []);
    await page.call("Emulation.setDeviceMetricsOverride", DESK);
  });

  test("the keyboard reaches everything", async () => {
    const all = await page.evaluate(`[...document.querySelectorAll("button, input, select, summary")].filter((each) => each.checkVisibility()).length`);
    await page.evaluate(`document.body.focus(); document.activeElement.blur()`);
    const reached = new Set();
    for (let press = 0; press <= all + 2; press += 1) {
      for (const type of ["rawKeyDown", "keyUp"]) {
        await page.call("Input.dispatchKeyEvent", { type, key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
      }
      const at = await page.evaluate(`(() => {
        const active = document.activeElement;
        const all = [...document.querySelectorAll("button, input, select, summary")];
        return active === document.body ? -1 : getComputedStyle(active).outlineStyle === "none" ? -2 : all.indexOf(active);
      })()`);
      assert.notEqual(at, -2, "what has the focus shows it");
      if (at >= 0) reached.add(at);
    }
    assert.equal(reached.size, all);
  });

  test("requests only its own origin, and keeps the token only in memory", async () => {
    assert.ok(asked.length > 5);
    assert.deepEqual(asked.filter((url) => !url.startsWith(`${ORIGIN}/`)), []);
    assert.deepEqual(asked.filter((url) => url.includes(OPERATOR)), []);
    const kept = await page.evaluate(`JSON.stringify([localStorage.length, sessionStorage.length, document.cookie, document.querySelector("#token").value])`);
    assert.equal(kept, '[0,0,"",""]');
    const shown = await page.evaluate(`document.documentElement.outerHTML`);
    gateway.holdsNoValue(shown);
    const broken = complaints.filter((text) => /Content Security Policy|Trusted|Error/.test(text ?? ""));
    assert.deepEqual(broken, []);
  });

  test("pictures for the documentation", { skip: process.env.SCREENSHOTS === undefined && "SCREENSHOTS names no folder" }, async () => {
    gateway.store.set("OPENAI_KEY", yields(valueOf("OPENAI_KEY"), 700));
    gateway.store.set("STRIPE_KEY", absent);
    await page.evaluate(`for (const more of document.querySelectorAll("details")) more.open = false; document.activeElement.blur()`);
    await fill("#explain-method", "GET");
    await fill("#explain-url", "https://gw.example.com/stripe/v1/charges");
    await click("#explain button");
    await click("#refresh");
    await shows(lamps, "missing,ok");
    await shows(text('[data-secret="openai"] .lamp'), "slow");
    await picture("page-light", "light");
    await picture("page-dark", "dark");
    await picture("page-phone", "light", PHONE);
  });
});
