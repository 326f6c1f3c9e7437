// Where the focus goes when a part of the page is replaced: to its heading; back to the opener when it closes.

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
  const heading = part.matches("[data-focus]") ? part : part.querySelector("[data-focus]");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: false });
});
