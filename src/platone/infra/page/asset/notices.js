// Switches notices on this device on and off: the browser asks its push service, the page tells us.
const place = document.getElementById("notices");
const [start, stop] = [place.querySelector("[data-start]"), place.querySelector("[data-stop]")];
const note = place.querySelector("[role=status]");

start.addEventListener("click", () => begin().catch(() => show(null, place.dataset.impossible)));
stop.addEventListener("click", () => end().then(() => show(null)));
look().catch(() => show(null, place.dataset.impossible));

async function registered() {
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) throw new Error("no push");
  // a browser that does not trust the server's certificate has no worker
  return navigator.serviceWorker.register("/app/worker.js", { scope: "/" });
}

async function look() {
  const worker = await registered();
  const found = await worker.pushManager.getSubscription();
  start.disabled = false;
  show(found);
}

function show(found, wrong) {
  const isDenied = "Notification" in window && Notification.permission === "denied";
  note.textContent = isDenied ? place.dataset.denied : wrong ?? (found ? place.dataset.on : place.dataset.off);
  start.hidden = Boolean(found);
  stop.hidden = !found;
}

async function begin() {
  const worker = await registered();
  if ((await Notification.requestPermission()) !== "granted") return show(null);
  await navigator.serviceWorker.ready;
  const found = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: place.dataset.key,
  });
  const { endpoint, keys } = found.toJSON();
  const answer = await send("/app/notices", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
  if (!answer.ok) await found.unsubscribe();
  show(answer.ok ? found : null, answer.ok ? undefined : place.dataset.impossible);
}

async function end() {
  const worker = await registered();
  const found = await worker.pushManager.getSubscription();
  if (!found) return;
  await send("/app/notices/end", { endpoint: found.endpoint });
  await found.unsubscribe();
}

function send(path, fields) {
  const body = new URLSearchParams({ csrf: place.dataset.csrf, ...fields });
  return fetch(path, { method: "POST", body });
}
