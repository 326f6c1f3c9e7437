// Buttons that copy: `data-copy` holds the text, or `data-copy-from` the id of the element that has it.
import { showToast } from "./toasts.js";

/** Puts `text` on the clipboard; false when the browser does not allow it. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // no secure context, as on http://host-in-the-lan
  }
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function textOf(button) {
  if (!button.dataset.copyFrom) return button.dataset.copy;
  const source = document.getElementById(button.dataset.copyFrom);
  return source?.value ?? source?.textContent ?? "";
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const done = await copyText(textOf(button));
  button.focus();
  showToast(done ? "Copied" : "The browser does not allow copying here", { tone: done ? "plain" : "fail" });
  if (!done) return;
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 1500);
});
