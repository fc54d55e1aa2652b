// The runtime's cache, which keeps data between requests.

// A named cache, so that its entries are never served as responses to URLs of the zone.
const NAME = "ostiary";

// Cloudflare requires the Worker's host in a key. Each host of a Worker has its own entries.
const keyOf = (request, name) => new URL(`/.ostiary/${name}`, request.url).href;

// Resolves to the entry with this name, or to `undefined`.
export async function getEntry(request, name) {
  const cache = await caches.open(NAME);
  const response = await cache.match(keyOf(request, name));
  return response && new Uint8Array(await response.arrayBuffer());
}

export async function putEntry(request, name, bytes, seconds) {
  const cache = await caches.open(NAME);
  const headers = { "cache-control": `max-age=${seconds}` };
  await cache.put(keyOf(request, name), new Response(bytes, { headers }));
}
