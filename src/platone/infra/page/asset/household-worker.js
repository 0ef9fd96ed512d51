// Keeps what a household last saw, so that its page opens without a network, too.
const KEPT = "household-1";
const MOST = 60; // files that are kept: two months of days; the oldest goes first

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const isOurs = address.pathname === "/app" || address.pathname.startsWith("/assets/");
  if (event.request.method === "GET" && address.origin === self.location.origin && isOurs) {
    event.respondWith(answered(event.request));
  }
});

async function answered(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) {
      await kept.put(request, answer.clone());
      const names = await kept.keys();
      await Promise.all(names.slice(0, Math.max(0, names.length - MOST)).map((old) => kept.delete(old)));
    }
    return answer;
  } catch (error) {
    const isPage = request.mode === "navigate";
    const seen = (await kept.match(request)) || (isPage && (await kept.match("/app", { ignoreSearch: true })));
    if (seen) return seen;
    throw error;
  }
}
