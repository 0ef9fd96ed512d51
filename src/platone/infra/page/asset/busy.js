// Says that a form was sent and is being worked on, until its answer comes; sends it once. The
// Enter key in a search within a longer form presses the button of the search, no other.
const LONG_MS = 30_000; // an answer that takes longer is told to be still awaited
const REFUSED = 400; // from this status on, a page is the answer to a form, and stands at no address
const told = document.getElementById("doing");
const isBusy = () => document.querySelector("form[aria-busy=true]") !== null;

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.ariaBusy === "true") return event.preventDefault(); // pressed twice
  const button = event.submitter ?? form.querySelector("button");
  form.ariaBusy = "true";
  // not `disabled`, which would take the keyboard's place away, and the button's own value
  button?.setAttribute("aria-disabled", "true");
  told.textContent = told.dataset.told;
  // a question may be asked again, and its answer may be a file; what changes something may not:
  // whether it was stopped or only takes long cannot be known here, so it stays as it was sent
  setTimeout(() => (form.method === "get" ? free(form) : tellLong(form)), LONG_MS);
});

addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && !event.isComposing && event.target.dataset?.enter;
  if (!button) return;
  event.preventDefault();
  document.getElementById(button).click();
});

// What renews itself waits: it would put a fresh form in the place of the one that was sent.
addEventListener("htmx:before:request", (event) => { if (isBusy()) event.preventDefault(); });

addEventListener("pageshow", (event) => { // a page that is shown again by the browser's way back
  if (event.persisted) document.querySelectorAll("form[aria-busy=true]").forEach(free);
});

function tellLong(form) {
  if (form.ariaBusy !== "true") return;
  const [page] = performance.getEntriesByType("navigation");
  const look = document.createElement("a");
  look.href = page?.responseStatus >= REFUSED ? "/" : location.pathname + location.search;
  look.target = "_blank";
  look.textContent = told.dataset.look;
  told.replaceChildren(told.dataset.long, " ", look, " ", told.dataset.stopped);
  told.className = "note still";
}

function free(form) {
  form.removeAttribute("aria-busy");
  form.querySelectorAll("[aria-disabled]").forEach((each) => each.removeAttribute("aria-disabled"));
  if (isBusy()) return;
  told.textContent = "";
  told.className = "sr";
}
