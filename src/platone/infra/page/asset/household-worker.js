// Keeps what a household last saw, so that its pages open without a network, too: of one person,
// whom the server names with each answer that may be kept, and nothing once somebody else signs in.
const FILES = "files"; // scripts, style and pictures, which are nobody's
const MOST = 60; // what is kept of each: two months of days; the oldest goes first
const GONE = /^\/(sign-in|oauth2\/authorize)$/; // where a browser is led that knows nobody

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const isOurs = new URL(event.request.url).origin === self.location.origin;
  if (event.request.method === "GET" && isOurs) event.respondWith(answered(event.request));
});

// The page that called this worker to life did not come through it: it says what it consists of.
self.addEventListener("message", (event) => {
  const ours = event.data.filter((address) => new URL(address, event.source.url).origin === self.location.origin);
  event.waitUntil(Promise.all(ours.map((address) => answered(new Request(address)).catch(() => {}))));
});

let asked = 0; // how many requests went out
let known = { owner: null, turn: 0 }; // whose browser this is, and the request whose answer said so
let notes = Promise.resolve(); // one answer after the other: none is put where another just deletes

async function answered(request) {
  const turn = ++asked;
  let answer;
  try {
    answer = await fetch(request);
  } catch (error) {
    const seen = await lastSeen(request);
    if (seen) return seen;
    throw error;
  }
  notes = notes.then(() => noted(request, answer, turn)).catch(() => {}); // a full telephone shows pages all the same
  await notes;
  return answer;
}

async function noted(request, answer, turn) {
  const { pathname } = new URL(answer.url || request.url);
  const isFile = /^\/(assets\/|app\/manifest\.webmanifest$)/.test(pathname);
  if (isFile && answer.ok) return put(FILES, request, answer);
  const owner = answer.ok && !answer.redirected ? answer.headers.get("Platone-Kept-For") : null;
  const isNobodys = answer.status === 401 || GONE.test(pathname) || (pathname === "/" && answer.ok);
  if (!owner && !isNobodys) return;
  const told = owner ?? ""; // nobody is signed in here any more, or somebody of another kind
  if (told !== known.owner) {
    if (turn < known.turn) return; // asked before that, answered late: it says nothing of now
    await forget(told);
  }
  known = { owner: told, turn: Math.max(turn, known.turn) };
  if (owner) await put(owner, request, answer);
}

async function put(name, request, answer) {
  const kept = await caches.open(name);
  await kept.put(request, answer.clone());
  const names = await kept.keys();
  await Promise.all(names.slice(0, Math.max(0, names.length - MOST)).map((old) => kept.delete(old)));
}

async function forget(owner) {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== owner && name !== FILES).map((name) => caches.delete(name)));
}

async function lastSeen(request) {
  const seen = await caches.match(request);
  if (request.mode !== "navigate") return seen;
  if (seen) return toldAsKept(seen);
  const app = await caches.match("/app", { ignoreSearch: true });
  const isApp = new URL(request.url).pathname === "/app" && !new URL(request.url).search;
  if (!app) return undefined;
  return isApp ? toldAsKept(app) : Response.redirect("/app#unseen"); // its page says what happened
}

async function toldAsKept(seen) { // the page says since when, also where the browser thinks it is online
  const page = await seen.text();
  const told = page.replace('id="offline" role="status" hidden', `id="offline" role="status" data-kept="${seen.headers.get("date")}"`);
  const headers = new Headers(seen.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(told, { headers });
}

// Notices: encrypted for this browser, told in its reader's language and the site's zone.
self.addEventListener("push", (event) => event.waitUntil(shown(event.data?.json() ?? {})));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/app"));
});

async function shown({ kind, language, zone, from, to, power, unit }) {
  const say = TOLD[language] ?? TOLD.en;
  const tongue = language === "en" ? "en-GB" : language;
  const at = (iso, form) => new Intl.DateTimeFormat(tongue, { ...form, timeZone: zone }).format(new Date(iso));
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const size = (of) => new Intl.NumberFormat(tongue, { maximumFractionDigits: 2 }).format(of);
  const flow = power < 0 ? say.power_fed : say.power_drawn; // a household knows no sign of a power
  const values = {
    day: at(from, { weekday: "long", day: "numeric", month: "long" }),
    start: at(from, clock),
    end: at(to, clock),
    power: unit === "kvar" ? `${size(power)} kvar` : filled(flow, { power: size(Math.abs(power)) }),
  };
  await self.registration.showNotification(kind === "activated" ? say.push_activated : say.push_accepted, {
    body: filled(say.push_body, values),
    icon: "/assets/icon.svg",
    lang: language,
    tag: `${kind}-${from}`, // the same told again replaces what is shown
  });
}
