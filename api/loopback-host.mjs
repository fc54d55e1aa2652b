// Whether a `Host` header names this machine. A web page can make its own name resolve to 127.0.0.1 after it was loaded
// (DNS rebinding). Its requests to this server are then same-origin, without an `Origin`, and only the name in `Host`
// reveals them. The port is not checked, because a tunnel has another one.

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

export function isLoopbackHost(host) {
  return host !== undefined && LOOPBACK.test(host);
}
