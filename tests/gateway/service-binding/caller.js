// A Worker that calls the gateway over a service binding, at the requested URL, with the caller's token.

export default {
  async fetch(request, { GATEWAY }) {
    const url = new URL(request.url).searchParams.get("url");
    if (new URL(request.url).pathname === "/on") return GATEWAY.fetch(request);
    return GATEWAY.fetch(url, { method: "POST", headers: { authorization: request.headers.get("authorization") }, body: "hello" });
  },
};
