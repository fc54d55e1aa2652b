// Options that every Miniflare of this project shares.

// Listens on a free port of loopback, and fetches nothing from the internet.
export const OFFLINE = {
  host: "127.0.0.1",
  port: 0,
  cf: false,
  enableDevRegistry: false,
  telemetry: { enabled: false },
};

// A Worker with only bindings, for a store that another process reads.
export const NO_WORKER = {
  mainModule: "index.js",
  modulesRoot: "/",
  modules: { "index.js": { type: "esm", contents: "export default {}" } },
};
