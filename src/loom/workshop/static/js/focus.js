// Where the focus goes when a part of the page is replaced: to its heading; to the row that was opened or closed in it;
// back to the opener when a panel closes.
import { rowOf, showRow } from "./tables.js";

let opener = null;
let closing = false;

document.addEventListener("htmx:beforeRequest", (event) => {
  closing = event.detail.elt.matches("[data-close]");
  if (!closing) opener = event.detail.elt;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (closing) {
    closing = false;
    if (opener?.isConnected) opener.focus();
    else if (opener?.id) document.getElementById(opener.id)?.focus();
    return;
  }
  const part = event.detail.elt;
  const row = opener?.matches("[aria-expanded]") && document.getElementById(rowOf(opener)?.id);
  if (row && part.contains(row)) return showRow(row);
  const heading = part.matches("[data-focus]") ? part : part.querySelector("[data-focus]");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: false });
});
