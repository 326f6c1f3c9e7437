// Short messages at the bottom right: they leave by themselves, but never while pointed at or focused.
import { attach } from "./content.js";
import { icon, make } from "./elements.js";

const STAY_S = 6;
const UNDO_STAY_S = 10;

/** Shows `text`; `undo` takes back what it tells of: an address, or what to do. Failures stay until closed. */
export function showToast(text, { tone = "plain", undo = null } = {}) {
  const toast = make("div", { className: `toast toast-${tone}` });
  toast.dataset.toast = "";
  if (tone === "fail") toast.dataset.stays = "";
  toast.append(icon(tone === "fail" ? "cross" : "info"), make("p", { textContent: text }));
  if (undo) {
    toast.dataset.seconds = UNDO_STAY_S;
    toast.append(typeof undo === "function" ? doing(undo, toast) : sending(undo));
  }
  const close = make("button", { className: "button button-quiet button-icon", type: "button" });
  close.setAttribute("aria-label", "Close");
  close.dataset.toastClose = "";
  close.append(icon("cross"));
  toast.append(close);
  document.getElementById("toasts")?.append(toast);
  begin(toast);
}

const UNDO = { className: "button button-plain", textContent: "Undo" };

function sending(address) {
  const form = make("form", { className: "button-form", method: "post", action: address });
  form.append(make("button", UNDO));
  return form;
}

function doing(act, toast) {
  const button = make("button", { ...UNDO, type: "button" });
  button.addEventListener("click", () => {
    act();
    toast.remove();
  });
  return button;
}

const begun = new WeakSet();

function begin(toast) {
  if (begun.has(toast)) return;
  begun.add(toast);
  toast.querySelector("[data-toast-close]")?.addEventListener("click", () => toast.remove());
  if ("stays" in toast.dataset) return;
  let left = Number(toast.dataset.seconds ?? STAY_S);
  const clock = setInterval(() => {
    if (toast.matches(":hover, :focus-within") || document.hidden) return;
    left -= 1;
    if (left > 0 && toast.isConnected) return;
    clearInterval(clock);
    toast.remove();
  }, 1000);
}

attach("[data-toast]", begin);

document.addEventListener("toast", (event) => showToast(event.detail.text, event.detail)); // by HX-Trigger

document.addEventListener("htmx:sendError", () => {
  showToast("The server does not answer. Nothing that you typed is lost.", { tone: "fail" });
});
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status < 500) return; // shown in place
  showToast(`The server failed (${event.detail.xhr.status}). Nothing that you typed is lost.`, { tone: "fail" });
});
