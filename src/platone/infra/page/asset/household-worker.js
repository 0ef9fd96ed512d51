// Keeps what a household last saw, so that its page opens without a network, too.
const KEPT = "household-1";
const MOST = 60; // files that are kept: two months of days; the oldest goes first

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const isOurs = /^\/(app(\/history|\/choices)?$|assets\/|pods\/[^/]+\/curve\.json$)/.test(address.pathname);
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

// Notices: encrypted for this browser, told in its reader's language and the site's zone.
self.addEventListener("push", (event) => event.waitUntil(told(event.data?.json() ?? {})));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/app"));
});

async function told({ kind, language, zone, from, to, power, unit }) {
  const say = TOLD[language] ?? TOLD.en;
  const tongue = language === "en" ? "en-GB" : language;
  const at = (iso, form) => new Intl.DateTimeFormat(tongue, { ...form, timeZone: zone }).format(new Date(iso));
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const values = {
    day: at(from, { weekday: "long", day: "numeric", month: "long" }),
    start: at(from, clock),
    end: at(to, clock),
    power: new Intl.NumberFormat(tongue, { maximumFractionDigits: 2 }).format(power),
  };
  const sentence = unit === "kvar" ? say.push_body_kvar : say.push_body;
  await self.registration.showNotification(kind === "activated" ? say.push_activated : say.push_accepted, {
    body: sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]),
    icon: "/assets/icon.svg",
    lang: language,
    tag: `${kind}-${from}`, // the same told again replaces what is shown
  });
}
