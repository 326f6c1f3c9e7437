// Tells behaviours which elements came onto the page: at its start, by HTMX, by a morph.

const wanted = [];
const attached = new WeakMap(); // element -> the behaviours it has

/** Calls `begin(element)` once for every element that matches `selector`, now and whenever one arrives. */
export function attach(selector, begin) {
  wanted.push({ selector, begin });
  look(document, selector, begin);
}

/** Says that the content of `root` changed without HTMX. */
export function arrived(root) {
  window.htmx?.process(root);
  for (const { selector, begin } of wanted) look(root, selector, begin);
}

function look(root, selector, begin) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches?.(selector)) found.unshift(root);
  for (const element of found) {
    const has = attached.get(element) ?? new Set();
    if (has.has(begin)) continue;
    attached.set(element, has.add(begin));
    begin(element);
  }
}

document.addEventListener("htmx:load", (event) => {
  for (const { selector, begin } of wanted) look(event.detail.elt, selector, begin);
});
