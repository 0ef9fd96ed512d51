// Says that a form was sent and is being worked on, until its answer comes; sends it once.
const LONGEST_MS = 30_000; // a form whose answer was stopped, or is a file, can be sent again after that
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
  setTimeout(() => free(form), LONGEST_MS);
});

// What renews itself waits: it would put a fresh form in the place of the one that was sent.
addEventListener("htmx:before:request", (event) => { if (isBusy()) event.preventDefault(); });

addEventListener("pageshow", (event) => { // a page that is shown again by the browser's way back
  if (event.persisted) document.querySelectorAll("form[aria-busy=true]").forEach(free);
});

function free(form) {
  form.removeAttribute("aria-busy");
  form.querySelectorAll("[aria-disabled]").forEach((each) => each.removeAttribute("aria-disabled"));
  if (!isBusy()) told.textContent = "";
}
