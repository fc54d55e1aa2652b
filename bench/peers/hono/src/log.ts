import type { MiddlewareHandler } from "hono";
import type { Environment } from "./configuration";

// What became of one source of a secret.
export interface SourceNote {
  secret: string;
  binding: string;
  source: number;
  failure?: string;
}

// What the one log line says, besides the request's id, status and time.
export interface Notes {
  route?: string;
  caller?: string;
  rule?: string;
  secrets?: SourceNote[];
  attempts?: number;
  failover?: string;
  code?: string;
  secrets_ms?: number;
  upstream_ms?: number;
}

export type Gateway = { Bindings: Environment; Variables: { requestId: string; notes: Notes } };

function level({ code, secrets, failover }: Notes, status: number): string {
  if (code !== undefined && status >= 500) return "error";
  const failed = secrets?.some(({ failure }) => failure !== undefined && failure !== "refused") || failover === "primary_refused";
  return failed ? "warn" : "info";
}

// Gives the request an id, which goes into this header of the response, and logs one line.
export const record =
  (header: string): MiddlewareHandler<Gateway> =>
  async (context, next) => {
    const started = Date.now();
    const requestId = crypto.randomUUID();
    const notes: Notes = {};
    context.set("requestId", requestId);
    context.set("notes", notes);
    await next();
    const { status, headers } = context.res;
    headers.set(header, requestId);
    console.log(
      JSON.stringify({
        event: "request",
        level: level(notes, status),
        request_id: requestId,
        method: context.req.method,
        ...notes,
        status,
        total_ms: Date.now() - started,
      }),
    );
  };
