// What is kept between requests, in the runtime's cache.

// A cache of the gateway's own: what lies in it is in no response to a URL of the zone.
const NAME = "ostiary";

// Cloudflare wants the host of the Worker in a key. A request for another host of the same Worker finds nothing.
const keyOf = (request, name) => new URL(`/.ostiary/${name}`, request.url).href;

// Resolves to what is kept under the name, or to `undefined`.
export async function find(request, name) {
  const cache = await caches.open(NAME);
  const response = await cache.match(keyOf(request, name));
  return response && new Uint8Array(await response.arrayBuffer());
}

export async function keep(request, name, bytes, seconds) {
  const cache = await caches.open(NAME);
  const headers = { "cache-control": `max-age=${seconds}` };
  await cache.put(keyOf(request, name), new Response(bytes, { headers }));
}
