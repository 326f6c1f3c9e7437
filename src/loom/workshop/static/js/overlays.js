// Menus close when one clicks or tabs away. Dialogs, which are popovers without script, hold the focus with it.
import { attach } from "./content.js";

attach("dialog[popover]", (dialog) => dialog.removeAttribute("popover"));
attach("[data-dialog], [data-dialog-close]", (button) => button.removeAttribute("popovertarget"));

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  event.target.closest("[data-dialog-close]")?.closest("dialog").close();
  if (event.target.matches("dialog[open]")) event.target.close(); // its backdrop
});

document.addEventListener("focusin", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/** Closes the innermost thing that is open; false when nothing was. */
export function closeInnermost() {
  const menu = document.querySelector("details[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return true;
  }
  const close = document.querySelector("[data-close]");
  close?.click();
  return close !== null;
}
