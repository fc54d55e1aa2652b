import { upstreamTimeout } from "../configuration";
import type { Notes } from "../log";
import { Refused } from "../problem";
import type { Credential, Resolver } from "./secrets";
import type { Sign } from "./configuration";
import { HeadDeadline, Upload } from "./upload";

// In bytes: the longest body that is signed.
const SIGNED_LIMIT = 1_048_576;

// What is the same at each attempt.
export interface Outgoing {
  request: Request;
  url: string;
  headersWith(credential: Credential): Headers;
  sign?: Sign;
  // Whether the body of the response is read here, so that no signal may end it.
  readsBody: boolean;
}

export interface Reply {
  response: Response;
  credential: Credential;
}

// Sends the request, and once more with the next source where the upstream refuses the first. The next source is
// resolved before the response is given up; when no attempt is accepted the last response is returned.
export async function send(outgoing: Outgoing, resolver: Resolver, first: Credential, notes: Notes): Promise<Reply> {
  const { request } = outgoing;
  const hasBody = request.body !== null && request.headers.get("content-length") !== "0";
  const upload = hasBody ? await Upload.of(request, outgoing.sign && SIGNED_LIMIT) : undefined;
  let credential = first;
  let refused: Reply | undefined;
  for (;;) {
    notes.attempts = (notes.attempts ?? 0) + 1;
    let response: Response;
    try {
      response = await attempt(outgoing, upload, credential);
    } catch (error) {
      if (refused !== undefined) return refused;
      throw error;
    }
    const { status, webSocket } = response;
    if (status === 101 ? webSocket === null : status < 200 || status > 599) throw new Refused("upstream_invalid");
    refused?.response.body?.cancel().catch(() => {});
    const reply = { response, credential };
    if (status !== 401) {
      if (refused !== undefined && status < 400) notes.failover = "primary_refused";
      return reply;
    }
    resolver.refuse(credential);
    if (!resolver.hasNext) {
      notes.failover = "all_refused";
      return reply;
    }
    if (upload?.isWhole === false) {
      notes.failover = "not_replayable";
      return reply;
    }
    const next = await resolver.next();
    if (next === undefined) {
      notes.failover = "next_unavailable";
      return reply;
    }
    [refused, credential] = [reply, next];
  }
}

async function attempt({ request, url, headersWith, sign, readsBody }: Outgoing, upload: Upload | undefined, credential: Credential): Promise<Response> {
  // A signal of the cheaper kind would end a response that is read here, however far it has come.
  const streams = upload !== undefined && !upload.isWhole;
  const deadline = streams || readsBody ? new HeadDeadline() : undefined;
  const { method } = request;
  const headers = headersWith(credential);
  await sign?.({ method, url, headers, body: upload?.whole ?? new Uint8Array() }, credential.values);
  try {
    return await fetch(url, {
      method,
      headers,
      body: upload === undefined ? null : upload.start(deadline!),
      redirect: "manual",
      cache: "no-store",
      signal: deadline?.signal ?? AbortSignal.timeout(upstreamTimeout),
    });
  } catch (error) {
    const timedOut = deadline?.hasPassed ?? (error instanceof Error && error.name === "TimeoutError");
    throw new Refused(timedOut ? "upstream_timeout" : "upstream_unreachable");
  } finally {
    deadline?.stop();
  }
}
