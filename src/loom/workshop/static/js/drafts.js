// Forms with `data-draft="name"`: what was typed survives a reload, a dead server, a wrong click.
// A form that the server shows again because something in it is wrong carries `data-unsaved`. Its `data-draft-state`
// says that something is not saved; a link with `data-leaves` gives that up without being asked. What is sent from inside
// `data-instead="id"` saves what was typed into the form of that id, in its place.
import { attach } from "./content.js";
import { make } from "./elements.js";
import { recall, remember } from "./storage.js";
import { showToast } from "./toasts.js";

const SAVE_AFTER_MS = 300;
const NOT_TYPED = new Set(["idempotency_key", "base", "before"]);
const SENT = "draft-sent";
const GIVEN_UP = "draft-given-up";
const open = new Map(); // form -> what the server gave it
let answered = null; // the draft that this page is the answer to

const nameOf = (form) => `draft:${location.pathname}:${form.dataset.draft}`;

/** What is in the form, as text that two moments can be compared by. */
function contentOf(form) {
  const isTyped = (name, value) =>
    typeof value === "string" && !NOT_TYPED.has(name) && form.elements[name]?.type !== "password";
  const typed = [...new FormData(form)].filter(([name, value]) => isTyped(name, value));
  return JSON.stringify(typed.map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]));
}

/** What the server put there, whatever the browser filled in again after a reload. */
function givenTo(form) {
  const copy = form.cloneNode(true);
  copy.reset();
  return contentOf(copy);
}

/** The field that is called `name`; of several the one that stands for `value`. */
function fieldFor(form, name, value) {
  const found = form.elements.namedItem(name);
  return found instanceof RadioNodeList ? [...found].find((one) => one.value === value) : found;
}

/** Puts `typed` in; what has no field yet waits for the fields that a tick brings. */
function fill(form, typed) {
  const waiting = [];
  for (const [name, value] of typed) {
    const field = fieldFor(form, name, value);
    if (!field) waiting.push([name, value]);
    if (!field || !("value" in field)) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked = true;
    else field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  tell(form);
  if (waiting.length) form.addEventListener("htmx:load", () => fill(form, waiting), { once: true });
}

const isUnsaved = (form) => open.has(form) && contentOf(form) !== open.get(form);

function tell(form) {
  const state = form.querySelector("[data-draft-state]");
  const said = isUnsaved(form) ? "Unsaved changes" : "";
  if (state && state.textContent !== said) state.textContent = said;
}

function offer(form, draft) {
  const line = make("div", { className: "banner banner-plain" });
  line.setAttribute("role", "status");
  const choice = (label, act) => {
    const button = make("button", { type: "button", className: "button button-plain", textContent: label });
    button.addEventListener("click", () => {
      act();
      line.remove();
    });
    return button;
  };
  line.append(
    make("p", { textContent: "What you typed here earlier was not saved." }),
    choice("Restore", () => fill(form, JSON.parse(draft))),
    choice("Discard", () => remember(nameOf(form), null, "sessionStorage")),
  );
  form.prepend(line);
}

forgetSaved();
const givenUp = takeGivenUp();

attach("form[data-draft]", (form) => {
  open.set(form, "unsaved" in form.dataset ? null : givenTo(form));
  const draft = recall(nameOf(form), null, "sessionStorage");
  if (draft && draft !== contentOf(form) && answered !== nameOf(form)) offer(form, draft);
  if (givenUp.typed && givenUp.name === nameOf(form)) {
    showToast("Theirs is taken, what you wrote is not.", { undo: () => fill(form, JSON.parse(givenUp.typed)) });
  }
  tell(form);
  form.addEventListener("htmx:load", () => open.get(form) && open.set(form, givenTo(form)));
  let timer = null;
  form.addEventListener("input", () => {
    tell(form);
    clearTimeout(timer);
    timer = setTimeout(() => keep(form), SAVE_AFTER_MS);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    keep(form);
    leave(form);
  });
});

/** What a script sent and had answered is done with, wherever one goes next. */
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  const sent = recall(SENT, null, "sessionStorage");
  if (!sent || !detail.successful || !target.dataset.draft || nameOf(target) !== sent) return;
  remember(SENT, null, "sessionStorage");
  remember(sent, null, "sessionStorage");
});

/** It is being sent. */
function leave(form) {
  open.delete(form);
  remember(SENT, nameOf(form), "sessionStorage");
}

/** What was typed here is not wanted any more; the next page can take that back for a moment. */
function giveUp() {
  const form = [...open.keys()].find((one) => "unsaved" in one.dataset);
  const name = answered ?? (form && nameOf(form));
  if (name) remember(GIVEN_UP, name, "sessionStorage");
  open.clear();
}

/** The name of what was given up on the page before, and what had been typed: it is kept no longer. */
function takeGivenUp() {
  const name = recall(GIVEN_UP, null, "sessionStorage");
  const typed = name && recall(name, null, "sessionStorage");
  if (!name) return {};
  remember(GIVEN_UP, null, "sessionStorage");
  remember(name, null, "sessionStorage");
  return { name, typed };
}

function keep(form) {
  const content = contentOf(form);
  remember(nameOf(form), content === open.get(form) ? null : content, "sessionStorage");
}

/** A form that was sent, and led to a page that says nothing of a mistake, was saved. */
function forgetSaved() {
  const sent = recall(SENT, null, "sessionStorage");
  if (!sent) return;
  remember(SENT, null, "sessionStorage");
  answered = sent;
  const again = [...document.querySelectorAll("form[data-draft]")].find((form) => nameOf(form) === sent);
  const failed = again ? "unsaved" in again.dataset : document.querySelector("[data-error-page]");
  if (!failed) remember(sent, null, "sessionStorage");
}

addEventListener("beforeunload", (event) => {
  for (const form of open.keys()) if (form.isConnected && isUnsaved(form)) event.preventDefault();
});

attach("[data-instead]", (place) =>
  place.addEventListener("submit", () => leave(document.getElementById(place.dataset.instead))),
);

attach("a[data-leaves]", (link) =>
  link.addEventListener("click", (event) => event.ctrlKey || event.metaKey || event.shiftKey || giveUp()),
);
