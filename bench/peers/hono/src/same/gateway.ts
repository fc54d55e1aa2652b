import { type Context, Hono } from "hono";
import type { Environment } from "../configuration";
import { type Notes, record } from "../log";
import { type Code, Refused } from "../problem";
import { identify } from "./callers";
import type { Route } from "./configuration";
import { callerResponse, upstreamHeaders, withheldFromUpstream } from "./headers";
import { askForText, redacted } from "./redaction";
import { refusal } from "./refusal";
import { admits } from "./rules";
import { Readings, Resolver } from "./secrets";
import { admit, type Target } from "./target";
import { send } from "./upstream";

type Gateway = { Bindings: Environment; Variables: { requestId: string; notes: Notes; target: Target } };

export function createGateway(routes: Route[]): Hono<Gateway> {
  const app = new Hono<Gateway>();
  app.use(record("ostiary-request-id"));
  app.use((context, next) => {
    context.set("target", admit(context.req.raw));
    return next();
  });
  for (const route of routes) {
    const withheld = withheldFromUpstream(route.auth);
    app.all(`${route.mount}/*`, (context) => serve(context, route, withheld));
  }
  app.notFound((context) => refuse(context, "no_route"));
  app.onError((error, context) => refuse(context, error instanceof Refused ? error.code : "misconfigured"));
  return app;
}

function refuse(context: Context<Gateway>, code: Code): Response {
  context.get("notes").code = code;
  return refusal(code, context.get("requestId"), context.req.raw.headers);
}

async function serve(context: Context<Gateway>, route: Route, withheld: Set<string>): Promise<Response> {
  const { env } = context;
  const request = context.req.raw;
  const notes = context.get("notes");
  notes.route = route.name;
  const { origin, path, search } = context.get("target");
  const below = path.split("/").slice(route.mount.split("/").length).map((segment) => `/${segment}`).join("") || "/";

  const readings = new Readings(env);
  notes.caller = await identify(route, request.headers, readings);
  const rule = route.allow.get(notes.caller)?.find((each) => admits(each, request.method, below));
  if (rule === undefined) throw new Refused("not_allowed");
  notes.rule = rule.text;

  const beforeSecrets = Date.now();
  const resolver = new Resolver(route.auth, readings);
  notes.secrets = resolver.notes;
  const first = await resolver.next();
  notes.secrets_ms = Date.now() - beforeSecrets;
  if (first === undefined) throw new Refused("secret_unavailable");

  const upstream = `http://127.0.0.1:${env.UPSTREAM_PORT}`;
  const url = upstream + below + search;
  const beforeUpstream = Date.now();
  const outgoing = {
    request,
    url,
    readsBody: route.redact,
    sign: route.sign,
    headersWith: (credential: typeof first) => {
      const headers = upstreamHeaders(request, withheld, route.sign === undefined ? credential : undefined);
      if (route.redact) askForText(headers);
      return headers;
    },
  };
  const { response, credential } = await send(outgoing, resolver, first, notes);
  notes.upstream_ms = Date.now() - beforeUpstream;
  const { values } = credential;
  const changed = callerResponse(response, () => ({ sent: url, upstream, mount: origin + route.mount, values }));
  return route.redact ? redacted(changed, request.method, values) : changed;
}
