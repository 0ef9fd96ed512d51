// Makes a passkey, or signs in by one: the browser asks the device, the form carries its answer.
const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!("PublicKeyCredential" in window)) continue; // it stays hidden
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const note = form.querySelector("[role=alert]");
    note.hidden = true;
    const asked = form.dataset.passkey === "get" ? used(form) : made(form);
    asked.then(() => form.submit()).catch(() => (note.hidden = false));
  });
}

function question(form) {
  const publicKey = JSON.parse(form.dataset.question);
  publicKey.challenge = bytesOf(publicKey.challenge);
  return publicKey;
}

function fill(form, fields) {
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
}

async function used(form) {
  const { rawId, response } = await navigator.credentials.get({ publicKey: question(form) });
  fill(form, {
    passkey: textOf(rawId),
    clientData: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    handle: textOf(response.userHandle ?? new ArrayBuffer(0)),
  });
}

async function made(form) {
  const publicKey = question(form);
  const handle = publicKey.user.id;
  publicKey.user.id = bytesOf(handle);
  for (const known of publicKey.excludeCredentials ?? []) known.id = bytesOf(known.id);
  const { response } = await navigator.credentials.create({ publicKey });
  fill(form, {
    clientData: textOf(response.clientDataJSON),
    attestation: textOf(response.attestationObject),
    handle,
  });
}
