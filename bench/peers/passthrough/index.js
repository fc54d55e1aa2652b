// The floor: forwards the request and does nothing else.
export default {
  fetch(request, environment) {
    const path = request.url.slice(request.url.indexOf("/", "https://".length));
    const url = `http://127.0.0.1:${environment.UPSTREAM_PORT}${path}`;
    return fetch(new Request(url, request), { redirect: "manual" });
  },
};
