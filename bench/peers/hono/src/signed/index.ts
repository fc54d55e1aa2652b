// The same gateway, with signatures for its upstreams and callers who show signed tokens.

import { callers, keys } from "../configuration";
import { type Caller, compile } from "../same/configuration";
import { createGateway } from "../same/gateway";
import { hmac, sigv4 } from "./signing";
import { isAgent, isJob } from "./tokens";

const known: Caller[] = [...callers, { name: "job", verify: isJob }, { name: "agents", verify: isAgent }];
const RULES = ["GET,POST /v1/**"];
const route = (name: string) => ({ name, mount: `/${name}`, auth: keys(2), allow: { benchmark: RULES }, redact: false });

export default createGateway(
  compile(known, [
    { ...route("sigv4"), sign: sigv4("eu-central-1", "dynamodb") },
    { ...route("hmac"), sign: hmac },
    { ...route("tokens"), allow: { benchmark: RULES, job: RULES, agents: RULES } },
  ]),
);
