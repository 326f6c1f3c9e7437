// Sending forms: a busy mark after 150 ms, never twice by accident, and a new idempotency key for a new wish.

const BUSY_AFTER_MS = 150;
const sent = new Map(); // what was sent and is not answered -> takes its busy mark away
const refused = new WeakSet(); // forms whose sending failed

/** A new key for what the person wants from now on; the old one would mean the same wish again. */
function renewKey(form) {
  const field = form.elements.namedItem("idempotency_key");
  if (!field) return;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  field.value = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function begin(sender, marked) {
  const timer = setTimeout(() => marked?.setAttribute("aria-busy", "true"), BUSY_AFTER_MS);
  sent.set(sender, () => {
    clearTimeout(timer);
    marked?.removeAttribute("aria-busy");
  });
}

function end(sender) {
  sent.get(sender)?.();
  sent.delete(sender);
}

export const submitterOf = (form) => form.querySelector("[type=submit], button:not([type])");
const byHtmx = (form) => form.matches("[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]");

function refuse(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (byHtmx(form) || (form.method !== "post" && !("busy" in form.dataset))) return;
    if (sent.has(form)) return refuse(event);
    begin(form, event.submitter ?? submitterOf(form));
    setTimeout(() => event.defaultPrevented && end(form)); // someone else said no
  },
  true,
);

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (requestConfig.verb === "get" && !("busy" in elt.dataset)) return; // hx-sync says what then holds
  if (sent.has(elt)) event.preventDefault();
  else begin(elt, elt.matches("form") ? (requestConfig.triggeringEvent?.submitter ?? submitterOf(elt)) : elt);
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  end(elt);
  if (!elt.matches("form")) return;
  if (successful) renewKey(elt);
  else refused.add(elt);
});

document.addEventListener("input", ({ target: { form } }) => {
  if (form && refused.delete(form)) renewKey(form);
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of [...sent.keys()]) {
    end(form);
    if (form.matches("form")) renewKey(form); // back from where it led: sending again is a new wish
  }
});
