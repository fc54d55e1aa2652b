
"use strict";

const at = (id) => document.getElementById(id);
const base = location.pathname.replace(/\/$/, "");

// The token stays in this variable. Behind Cloudflare Access there is none: a cookie authenticates the user.
let token = "";
let overview;

function make(name, properties = {}, ...children) {
  const { className, ...attributes } = properties;
  const made = document.createElement(name);
  if (className !== undefined) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

class Refused extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `The gateway has answered with ${status}.`);
    this.status = status;
  }
}

async function ask(path, body) {
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  const init = body === undefined ? { headers } : { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${base}/${path}`, { ...init, cache: "no-store", redirect: "error" }).catch(() => {
    throw new Error("The gateway has not answered. Where Cloudflare Access guards this page, load it again to log in.");
  });
  const answer = await response.json().catch(() => undefined);
  if (answer === undefined || response.headers.has("ostiary-refusal")) throw new Refused(response.status, answer);
  return answer;
}

function say(text, kind = "") {
  const message = at("message");
  message.className = kind;
  message.textContent = text;
}

async function start() {
  try {
    overview = await ask("overview");
  } catch (error) {
    token = "";
    at("state").hidden = true;
    at("refresh").hidden = true;
    at("sign-in").hidden = false;
    if (error.status === 401) say(at("sign-in").dataset.tried ? "No operator has this token." : "", "bad");
    else say(error.message, "bad");
    at("token").focus();
    return;
  }
  at("sign-in").hidden = true;
  at("state").hidden = false;
  at("refresh").hidden = false;
  say("");
  const { version, configuration, environment } = overview;
  at("deployed").textContent = `version ${version} · ${environment ?? "top level"} · configuration ${configuration.slice(0, 12)}`;
  at("explain-caller").replaceChildren(make("option", { value: "" }, "nobody"), ...overview.callers.map((name) => make("option", { value: name }, name)));
  at("secrets").replaceChildren(...overview.secrets.map(secretCard));
  at("routes").replaceChildren(...overview.routes.map(routeCard));
  await readAll();
}

const readAll = () => Promise.all([read(), ages(), traffic()]);

function secretCard({ name, sources }) {
  const rows = sources.map(({ binding, store }) =>
    make("li", { className: "source", ...(store && { "data-binding": binding }) }, make("span", { className: "lamp quiet" }, "not read"), make("span", { className: "binding" }, make("code", {}, binding), store ? "" : " (Worker secret)"), make("span", { className: "time" }), make("span", { className: "age" })),
  );
  return make("li", { "data-secret": name }, make("h3", {}, name), make("p", { className: "serves quiet" }), make("ul", {}, ...rows));
}

// Reads every source once. The page does not repeat it by itself.
async function read() {
  at("summary").textContent = "Reading…";
  const secrets = [];
  const auths = [];
  try {
    for (let next = "ready"; next; ) {
      const part = await ask(next);
      secrets.push(...part.secrets);
      auths.push(...(part.routes ?? []));
      next = part.after && `ready?after=${encodeURIComponent(part.after)}`;
    }
  } catch (error) {
    at("summary").textContent = "";
    say(error.message, "bad");
    return;
  }
  const dark = secrets.filter((secret) => !light(secret, auths)).length;
  const stuck = overview.routes.filter((route) => !lightRoute(route, auths)).length;
  const [secretCount, routeCount] = [secrets.length, overview.routes.length];
  at("summary").className = dark + stuck === 0 ? "good" : "bad";
  at("summary").textContent =
    dark > 0
      ? `${dark} of ${secretCount} secrets have no source that serves.`
      : stuck > 0
        ? `${stuck} of ${routeCount} routes have no source number at which all of their secrets can be used.`
        : `Each of ${secretCount} secrets has a source that serves.`;
}

// Shows the source that a route uses, and returns whether there is one. A caller with values of its own has its own.
function lightRoute({ name }, auths) {
  const own = auths.filter((auth) => auth.name === name);
  const place = document.querySelector(`[data-route="${name}"] .serves`);
  const texts = own.map(({ caller, source }) => `${caller === undefined ? "" : `${caller}: `}${source === undefined ? "no source number at which all secrets can be used" : `source ${source} serves now`}`);
  const isStuck = own.some(({ source }) => source === undefined);
  place.className = `serves ${isStuck ? "bad" : own.some(({ source }) => source > 1) ? "odd" : "quiet"}`;
  place.textContent = texts.join(", ");
  return !isStuck;
}

// The positions at which routes use a secret now, from 0. The secret of a caller is in no route: its first source that
// can be read is shown.
function servingPositions(name, sources, auths) {
  const using = auths.filter(({ secrets }) => secrets.includes(name));
  if (using.length === 0) return sources.flatMap(({ outcome }, position) => (outcome === "ok" ? [position] : [])).slice(0, 1);
  const positions = using.flatMap(({ source }) => (source === undefined ? [] : [sources.length === 1 ? 0 : source - 1]));
  return [...new Set(positions)].sort((one, other) => one - other);
}

// Shows the readings of a secret, and returns whether a source works.
function light({ name, sources }, auths) {
  const card = document.querySelector(`[data-secret="${name}"]`);
  const rows = card.querySelectorAll(".source");
  for (const [position, { outcome, ms }] of sources.entries()) {
    const slow = outcome === "ok" && ms > overview.secret_timeout / 4;
    const lamp = rows[position].querySelector(".lamp");
    lamp.className = `lamp ${outcome === "ok" ? (slow ? "slow" : "ok") : "bad"}`;
    lamp.textContent = slow ? "slow" : outcome;
    rows[position].querySelector(".time").textContent = `${ms} ms`;
  }
  const serving = servingPositions(name, sources, auths);
  const falls = serving.some((position) => position > 0);
  const serves = card.querySelector(".serves");
  serves.className = `serves ${serving.length === 0 ? "bad" : falls ? "odd" : "quiet"}`;
  serves.textContent = serving.length === 0 ? "no source serves" : `${serving.map((position) => sources[position].binding).join(" and ")} serves now${falls ? ", a fallback" : ""}`;
  return sources.some(({ outcome }) => outcome === "ok");
}

// Why an age is not known, as `GET ages` says it.
const UNKNOWN = {
  not_listed: "not in the list of its store",
  time_unreadable: "its times cannot be read",
  refused: "the Secrets Store API refuses the gateway's token",
  store_unknown: "the account has no such store",
  rate_limited: "the Secrets Store API has been asked too often",
  timeout: "the Secrets Store API has not answered in time",
  unreachable: "the Secrets Store API cannot be reached",
  invalid: "the Secrets Store API's answer cannot be understood",
  too_many_pages: "the list of its store is too long",
};

// When the secrets were created and changed, where the gateway can ask the store's API. Nothing waits for it.
async function ages() {
  if (!overview.ages) return;
  const rows = [...document.querySelectorAll(".source[data-binding]")];
  const places = rows.map((row) => row.querySelector(".age"));
  for (const place of places) place.replaceChildren("age: …");
  try {
    const { secrets } = await ask("ages");
    const known = new Map(secrets.flatMap(({ sources }) => sources).map((source) => [source.binding, source]));
    for (const [at, place] of places.entries()) place.replaceChildren(...age(known.get(rows[at].dataset.binding)));
  } catch (error) {
    for (const place of places) place.replaceChildren(`age unknown: ${error.message}`);
  }
}

function age({ created, modified, failure } = { failure: "not_listed" }) {
  if (failure) return [`age unknown: ${UNKNOWN[failure] ?? failure}`];
  return modified === created ? ["created ", when(created), ", not changed since"] : ["created ", when(created), ", changed ", when(modified)];
}

// A day, and how long ago that is.
function when(seconds) {
  const date = new Date(seconds * 1000).toISOString();
  const days = Math.floor((Date.now() / 1000 - seconds) / 86_400);
  const ago = days < 1 ? "today" : days === 1 ? "1 day ago" : `${days} days ago`;
  return make("time", { datetime: date }, `${ago} (${date.slice(0, 10)})`);
}

const described = (...pairs) => make("dl", {}, ...pairs.filter(([, text]) => text).flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)]));

function routeCard({ name, mounts, upstream, auth, secrets, failover, redact, allow, tenants = [] }) {
  const rules = allow.map(({ caller, rules }) => [caller, make("span", {}, ...rules.flatMap((rule) => [make("code", {}, rule), make("br")]))]);
  return make(
    "li",
    { "data-route": name },
    make("h3", {}, name),
    make("p", { className: "serves quiet" }),
    described(
      ["mount", mounts.join(", ")],
      ["upstream", make("code", {}, upstream)],
      ["auth", auth.length === 0 ? "none" : auth.join(", ")],
      ["secrets", secrets.join(", ")],
      ["also", [failover && "failover", !redact && "not redacted"].filter(Boolean).join(", ")],
    ),
    make("details", {}, make("summary", {}, "Callers and rules"), described(...rules)),
    ...(secrets.length === 0 ? [] : [make("details", {}, make("summary", {}, "Probe"), probeForm(name, secrets, tenants, failover))]),
  );
}

function field(id, label, control, wide = false) {
  control.id = id;
  return make("div", { className: wide ? "field wide" : "field" }, make("label", { for: id }, label), control);
}

// Sends one request with one source of the route's secrets, when the operator asks for it. Of several tenants one is
// named.
function probeForm(name, secrets, tenants, failover) {
  const count = Math.max(...overview.secrets.filter((secret) => secrets.includes(secret.name)).map(({ sources }) => sources.length));
  const source = make("select", {}, ...Array.from({ length: count }, (_, position) => make("option", { value: position + 1 }, `${position + 1}`)));
  const method = make("select", {}, make("option", {}, "GET"), make("option", {}, "HEAD"));
  const path = make("input", { placeholder: "/v1/balance", required: "", pattern: "/.*" });
  const result = make("div", { className: "result", role: "status" });
  const caller = make("select", {}, ...tenants.map((tenant) => make("option", {}, tenant)));
  const whose = tenants.length === 0 ? [] : [field(`probe-caller-${name}`, "Caller", caller)];
  const form = make("form", {}, ...whose, field(`probe-source-${name}`, "Source", source), field(`probe-method-${name}`, "Method", method), field(`probe-path-${name}`, "Path below the mount", path, true), make("button", {}, "Send"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const named = tenants.length === 0 ? {} : { caller: caller.value };
    show(result, ask("probe", { route: name, ...named, method: method.value, path: path.value, source: Number(source.value), nonce }), (report) => probed(report, failover));
  });
  return make("div", {}, form, result);
}

function probed({ status, refused, undecided, failure, secrets, secrets_ms, upstream_ms }, failover) {
  const [kind, word] = failure ? ["bad", failure] : judged(status, refused, undecided, failover);
  const read = secrets.map(({ name, binding, outcome }) => `${name}: ${binding} ${outcome}`).join(", ");
  return [make("p", { className: kind }, word), described(["read", read], ["times", `secrets ${secrets_ms} ms${upstream_ms === undefined ? "" : `, upstream ${upstream_ms} ms`}`])];
}

// What a status says of the credential. Only a success that is no rejection by the conditions of `failover` is good.
function judged(status, refused, undecided, failover) {
  if (refused) return ["bad", `${status}: the upstream rejects the credential`];
  if (undecided) return ["odd", `${status}: unknown whether the upstream rejects the credential, because the response's body could not be searched`];
  if (!failover) return ["odd", `${status}: unknown whether the upstream rejects the credential, because the route has no failover`];
  if (status < 200 || status > 299) return ["odd", `${status}: no condition of failover, and no success`];
  return ["good", `${status}: the upstream does not reject the credential`];
}

function explained({ decision, title, event, reads, sent }) {
  const kind = decision === "refused" ? "bad" : "good";
  return [
    make("p", { className: kind }, decision === "refused" ? `refused: ${event.status} ${event.code}` : decision),
    described(
      ["because", [title, event.mismatch, event.proof].filter(Boolean).join(" · ")],
      ["route", event.route],
      ["operation", event.operation],
      ["caller", event.caller],
      ["rule", event.rule && make("code", {}, event.rule)],
      ["reads", reads.join(", ") || "nothing"],
      ["upstream", sent && make("code", {}, `${sent.method} ${sent.url}`)],
      ["removed", sent?.removed.join(", ")],
    ),
  ];
}

async function show(place, answering, render) {
  place.replaceChildren("…");
  try {
    place.replaceChildren(...render(await answering));
  } catch (error) {
    place.replaceChildren(make("p", { className: "bad" }, error.message));
  }
}

// Data points of the last hour and of the last day, where the gateway can read them.
async function traffic() {
  at("traffic").hidden = !overview.traffic;
  if (!overview.traffic) return;
  try {
    const windows = await Promise.all([ask("traffic?hours=1"), ask("traffic?hours=24")]);
    at("charts").replaceChildren(...windows.flatMap(charts));
  } catch (error) {
    at("charts").replaceChildren(make("p", { className: "bad" }, error.message));
  }
}

function charts({ hours, step, series, shares }) {
  const last = hours === 1 ? "last hour" : "last day";
  const sum = (column) => Math.round(series.reduce((total, each) => total + each[column], 0));
  const [requests, refusals, failovers] = ["requests", "refusals", "failovers"].map(sum);
  const slowest = series.reduce((most, { p99 }) => Math.max(most, p99), 0);
  const shared = (column) =>
    Object.entries(Object.groupBy(shares.filter((each) => each[column] !== ""), (each) => each[column]))
      .map(([name, rows]) => [name, rows.reduce((total, each) => total + each.requests, 0)])
      .sort(([, one], [, other]) => other - one)
      .map(([name, count]) => `${name} ${percent(count, requests)}`)
      .join(", ");
  const counted = `${requests} requests, ${refusals} refusals, ${failovers} failovers`;
  return [
    make("figure", {}, make("figcaption", {}, `Requests, ${last}`), plot(counted, hours, step, series, ["requests"], "bar"), make("p", {}, counted), described(["callers", shared("caller")], ["refusals", shared("code")], ["served by", shared("source")])),
    make("figure", {}, make("figcaption", {}, `Milliseconds, ${last}`), plot(`p50 and p99; at most ${Math.round(slowest)} ms`, hours, step, series, ["p50", "p99"], "line"), make("p", {}, make("span", { className: "p50" }, "p50"), " and ", make("span", { className: "p99" }, "p99"), `, at most ${Math.round(slowest)} ms`)),
  ];
}

const percent = (part, whole) => (whole === 0 ? "0 %" : `${Math.round((100 * part) / whole)} %`);

// A chart of one or more columns, over the whole window; steps without a request are empty.
function plot(label, hours, step, series, columns, kind) {
  const count = (hours * 3600) / step;
  const end = Math.ceil(Date.now() / 1000 / step) * step;
  const most = Math.max(1, ...series.flatMap((each) => columns.map((column) => each[column])));
  const svg = drawn("svg", { viewBox: `0 0 ${count} 100`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  const points = series.map((each) => [(each.at - end) / step + count, each]).filter(([x]) => x >= 0 && x < count);
  for (const column of columns) {
    const height = (each) => (100 * each[column]) / most;
    if (kind === "bar") svg.append(...points.map(([x, each]) => drawn("rect", { class: "bar", x: x + 0.1, y: 100 - height(each), width: 0.8, height: height(each) })));
    else svg.append(drawn("polyline", { class: `line ${column}`, points: points.map(([x, each]) => `${x + 0.5},${100 - height(each)}`).join(" ") }));
  }
  return svg;
}

function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
  event.target.dataset.tried = "yes";
  start();
});

at("refresh").addEventListener("click", readAll);

at("explain").addEventListener("submit", (event) => {
  event.preventDefault();
  const caller = at("explain-caller").value;
  const request = { method: at("explain-method").value.trim(), url: at("explain-url").value.trim(), ...(caller === "" ? {} : { caller }) };
  show(at("explanation"), ask("explain", request), explained);
});

start();
