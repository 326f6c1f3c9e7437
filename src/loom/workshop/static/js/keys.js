// Keys: single letters where nobody types, and three with Ctrl everywhere. One table makes both the keys and their help.
import { attach } from "./content.js";
import { copyText } from "./copy.js";
import { make } from "./elements.js";
import { submitterOf } from "./forms.js";
import { closeInnermost } from "./overlays.js";
import { recall, remember } from "./storage.js";
import { compareTicked, move, rowOf } from "./tables.js";
import { showToast } from "./toasts.js";

const LETTERS_OFF = "keys-off";
const PREFIX_MS = 1500;

const SINGLE = {
  "/": ["Find or filter", find],
  "?": ["Keys", showHelp],
  j: ["Next row", () => move(1)],
  k: ["Previous row", () => move(-1)],
  n: ["Next failure", () => toFailure(1, "n")],
  p: ["Previous failure", () => toFailure(-1, "p")],
  x: ["Select row", select],
  c: ["Compare the selected", compare],
  y: ["Copy the address of this page", copyAddress],
  ".": ["Hold or resume live updates", () => document.dispatchEvent(new Event("hold"))],
};
const FIXED = [
  ["Enter", "Open row"],
  ["Ctrl+Enter", "Run"],
  ["Ctrl+S", "Save"],
  ["Esc", "Close"],
];

let prefixedUntil = 0; // `g` was typed, and its letter may follow until then

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) withControl(event);
  else if (event.key === "Escape") escape(event);
  else if (!isTyping(event.target) && !document.querySelector("dialog[open]")) letter(event);
});

function withControl(event) {
  const save = event.key.toLowerCase() === "s" && document.querySelector("form[data-save]");
  const here = event.target.closest("form[method=post]") ?? document.querySelector("form[data-primary]");
  const run = event.key === "Enter" && here;
  const form = save || run;
  if (!form) return;
  event.preventDefault();
  const button = submitterOf(form);
  if (button?.disabled) showToast(button.title, { tone: "fail" });
  else form.requestSubmit();
}

function escape(event) {
  if (document.querySelector("dialog[open]")) return; // the browser closes it
  if (isTyping(event.target) && !event.target.closest(".panel")) return event.target.blur();
  if (closeInnermost()) event.preventDefault();
}

function letter(event) {
  if (recall(LETTERS_OFF) && event.key !== "?") return;
  const act = Date.now() < prefixedUntil ? goTo(event.key) : SINGLE[event.key]?.[1];
  prefixedUntil = event.key === "g" ? Date.now() + PREFIX_MS : 0;
  if (!act) return;
  event.preventDefault();
  act();
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select") || element.isContentEditable;
}

function goTo(key) {
  const link = /^\w$/.test(key) && document.querySelector(`a[data-go="${key}"]`);
  return link && (() => link.click());
}

function find() {
  const field = document.querySelector("[data-filter]") ?? document.querySelector("[data-find]");
  field?.focus();
  field?.select?.();
  if (field?.matches("a")) field.click();
}

function toFailure(direction, key) {
  const link = document.querySelector(`a[data-key="${key}"]`);
  if (link) link.click();
  else move(direction, "[data-failed]");
}

function select() {
  rowOf(document.activeElement)?.querySelector("input[type=checkbox]")?.click();
}

function compare() {
  const selector = "form[data-compare]";
  const form = document.activeElement.closest(selector) ?? document.querySelector(selector);
  if (form) compareTicked(form);
}

async function copyAddress() {
  if (await copyText(location.href)) showToast("Address copied");
}

function showHelp() {
  document.getElementById("keys")?.remove();
  const dialog = helpDialog();
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function helpDialog() {
  const dialog = make("dialog", { className: "dialog", id: "keys" });
  dialog.setAttribute("aria-labelledby", "keys-title");
  const list = make("dl", { className: "key-list" });
  for (const [key, words] of allKeys()) {
    const term = make("dt", { className: "keys" });
    term.append(...key.split(/[ +]/).map((part) => make("kbd", { textContent: part })));
    list.append(term, make("dd", { textContent: words }));
  }
  const actions = make("div", { className: "actions" });
  actions.append(letterSwitch(), make("button", { className: "button button-plain", textContent: "Close" }));
  const form = make("form", { method: "dialog" });
  form.append(make("h2", { id: "keys-title", textContent: "Keys" }), list, actions);
  dialog.append(form);
  return dialog;
}

function allKeys() {
  const single = Object.entries(SINGLE).map(([key, [words]]) => [key, words]);
  const links = [...document.querySelectorAll("a[data-go]")];
  return [...single, ...links.map((link) => [`g ${link.dataset.go}`, link.textContent.trim()]), ...FIXED];
}

function letterSwitch() {
  const box = make("input", { type: "checkbox", checked: !recall(LETTERS_OFF) });
  box.addEventListener("change", () => remember(LETTERS_OFF, box.checked ? null : "yes"));
  const label = make("label");
  label.append(box, " Single letters are keys");
  return label;
}

attach("[data-keys-help]", (button) => button.addEventListener("click", showHelp));
