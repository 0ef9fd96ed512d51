// Lets a household's page open without a network, and says when it shows what was last seen.
const note = document.getElementById("offline");
const tell = () => { note.hidden = navigator.onLine; };
addEventListener("online", tell);
addEventListener("offline", tell);
tell();
addEventListener("submit", (event) => {  // a browser's own page would take the place of this one
  if (navigator.onLine || event.target.method === "dialog") return;
  event.preventDefault();
  note.scrollIntoView();
}, true);
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    const files = [...document.querySelectorAll("link[href], script[src]")].map((each) => each.href || each.src);
    for (const address of [location.href, ...files]) fetch(address).catch(() => {});
  });
  // without a trusted certificate a browser refuses it: the page works all the same
  navigator.serviceWorker.register("/app/worker.js", { scope: "/app" }).catch(() => {});
}
