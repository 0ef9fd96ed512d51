// Lets a household's pages open without a network, and says when they show what was last seen.
const note = document.getElementById("offline");
const tell = () => { note.hidden = navigator.onLine && !note.dataset.kept; };
addEventListener("offline", tell);
addEventListener("online", tell); // the page stays, with what was typed: the next tap asks the server
addEventListener("submit", (event) => {  // a browser's own page would take the place of this one
  if (navigator.onLine || event.target.method === "dialog") return;
  event.preventDefault();
  note.scrollIntoView();
}, true);
const seen = new Date(note.dataset.kept ?? NaN);
if (!Number.isNaN(seen.valueOf())) {
  const tongue = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const form = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const at = note.querySelector("[data-at]");
  at.textContent = at.dataset.at.replace("{at}", new Intl.DateTimeFormat(tongue, { ...form, timeZone: note.dataset.zone }).format(seen));
}
note.querySelector("[data-unseen]").hidden = location.hash !== "#unseen";
tell();
if ("serviceWorker" in navigator) {
  const { serviceWorker } = navigator;
  // a page that did not come through the worker, since it was not there yet, is kept by it all the same
  if (performance.getEntriesByType("navigation")[0]?.workerStart === 0) {
    const files = [...document.querySelectorAll("link[href], script[src]")].map((each) => each.href || each.src);
    // the day and the money are there without a network, though only this page was opened yet
    const addresses = [location.href, ...files, "/app", "/money"];
    serviceWorker.ready.then(({ active }) => active.postMessage([...new Set(addresses)]));
  }
  // without a trusted certificate a browser refuses it: the page works all the same
  serviceWorker.register("/app/worker.js", { scope: "/" }).catch(() => {});
}
