import { type Context, Hono } from "hono";
import { callerOf } from "./callers";
import { type Route, routes, upstreamTimeout } from "./configuration";
import { callerResponse, upstreamHeaders } from "./headers";
import { type Gateway, record } from "./log";
import { problem, Refused } from "./problem";
import { needlesOf, Redaction, redactHeaders } from "./redact";
import { readSecrets, SecretUnavailable } from "./secrets";

const app = new Hono<Gateway>();

app.use(record("request-id"));

for (const route of routes) app.all(`${route.mount}/*`, (context) => serve(context, route));

app.notFound((context) => {
  context.get("notes").code = "no_route";
  return problem("no_route", context.get("requestId"));
});

app.onError((error, context) => {
  const code = error instanceof Refused ? error.code : error instanceof SecretUnavailable ? "secret_unavailable" : "upstream_unreachable";
  context.get("notes").code = code;
  return problem(code, context.get("requestId"));
});

async function serve(context: Context<Gateway>, route: Route): Promise<Response> {
  const { req, env } = context;
  const notes = context.get("notes");
  notes.route = route.name;

  const caller = await callerOf(req.header("authorization"));
  if (caller === undefined) throw new Refused("caller_unauthenticated");
  notes.caller = caller;

  const path = req.path.slice(route.mount.length);
  const rule = route.allow[caller]?.find(
    (each) => each.methods.includes(req.method) && (path === each.path || path.startsWith(`${each.path}/`)),
  );
  if (rule === undefined) throw new Refused("not_allowed");
  notes.rule = rule.text;
  if (req.header("cdn-loop")?.split(",").some((member) => member.trim() === "gateway")) throw new Refused("loop_detected");

  const beforeSecrets = Date.now();
  const credentials = await readSecrets(env, route.auth);
  notes.secrets_ms = Date.now() - beforeSecrets;

  const upstream = `http://127.0.0.1:${env.UPSTREAM_PORT}`;
  const { search } = new URL(req.url);
  const beforeUpstream = Date.now();
  const headers = upstreamHeaders(req.raw.headers, credentials);
  if (route.redact) {
    headers.set("accept-encoding", "identity");
    headers.delete("range");
    headers.delete("if-range");
  }
  const answer = await send(upstream + path + search, req.raw, headers);
  notes.upstream_ms = Date.now() - beforeUpstream;
  const response = callerResponse(answer, upstream, route.mount);
  if (!route.redact || response.body === null) return response;
  if (response.status === 206 || response.headers.has("content-encoding")) throw new Refused("upstream_invalid");
  const token = req.header("authorization")?.slice("Bearer ".length) ?? "";
  const needles = needlesOf([token, ...credentials.map(([, value]) => value.replace(/^Bearer /, ""))]);
  redactHeaders(response.headers, needles);
  for (const name of ["content-length", "etag", "accept-ranges"]) response.headers.delete(name);
  return new Response(response.body.pipeThrough(new Redaction(needles)), response);
}

async function send(url: string, { method, body }: Request, headers: Headers): Promise<Response> {
  try {
    return await fetch(url, { method, headers, body, redirect: "manual", signal: AbortSignal.timeout(upstreamTimeout) });
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    throw new Refused(timedOut ? "upstream_timeout" : "upstream_unreachable");
  }
}

export default app;
