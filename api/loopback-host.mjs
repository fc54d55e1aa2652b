// Whether a `Host` header names this machine. A page that a browser has loaded from another name can have that name
// resolved to 127.0.0.1 afterwards (DNS rebinding). Its requests then come here as those of its own origin, without an
// `Origin`, and the name in `Host` is all that tells them apart. Ports do not matter: a tunnel has another one.

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

export function isLoopbackHost(host) {
  return host !== undefined && LOOPBACK.test(host);
}
