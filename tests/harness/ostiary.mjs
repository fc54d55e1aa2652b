// The ostiary command as a child process.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PROGRAM = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/ostiary");

/**
 * Runs the command. It resolves to `{code, signal, out, err, json()}`.
 *
 * @param options.environment variables besides PATH; no others are passed on, so that no real account is used
 * @param options.input the standard input
 * @param options.killAt it is killed (SIGKILL) as soon as a line of its output matches
 */
export async function ostiary(args, { environment = {}, input = "", killAt, cwd = ROOT } = {}) {
  if (!existsSync(PROGRAM)) throw new Error("cargo build --package ostiary-cli first");
  const child = spawn(PROGRAM, args, { cwd, env: { PATH: process.env.PATH, ...environment }, stdio: ["pipe", "pipe", "pipe"] });
  const written = { out: "", err: "" };
  const keep = (stream, name) => {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      written[name] += text;
      if (name === "out" && killAt?.test(written.out)) child.kill("SIGKILL");
    });
  };
  keep(child.stdout, "out");
  keep(child.stderr, "err");
  // A command that ends without reading closes the pipe.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code, signal] = await new Promise((resolve) => child.once("close", (...ending) => resolve(ending)));
  return { code, signal, ...written, json: () => JSON.parse(written.out) };
}
