// The same gateway with a generated configuration, which the build puts in the place of this import.

import configuration from "generated-configuration";
import { fromHex, keys } from "../configuration";
import { type Caller, compile } from "./configuration";
import { createGateway } from "./gateway";

interface Generated {
  callers: { name: string; digest?: string; binding?: string }[];
  routes: { name: string; mount: string; allow: Record<string, string[]> }[];
}

const { callers, routes } = configuration as Generated;
const read = ({ name, digest, binding }: Generated["callers"][number]): Caller =>
  digest === undefined ? { name, binding: binding! } : { name, digest: fromHex(digest) };

export default createGateway(compile(callers.map(read), routes.map((route) => ({ ...route, auth: keys(2), redact: false }))));
