// Tables whose rows can be ticked to compare two: `<form data-compare="/compare">` around such a table.
import { attach } from "./content.js";

const ticked = (form) => [...form.querySelectorAll("[data-row] input[type=checkbox]:checked")];

function show(form) {
  const count = ticked(form).length;
  for (const button of form.querySelectorAll("[data-compare-button]")) button.disabled = count !== 2;
  for (const place of form.querySelectorAll("[data-selected-count]")) place.textContent = count || "";
}

attach("form[data-compare]", (form) => {
  show(form);
  form.addEventListener("change", () => show(form));
  form.addEventListener("htmx:afterSettle", () => show(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    compareTicked(form);
  });
});

/** Goes to the comparison of the two ticked rows; does nothing unless there are two. */
export function compareTicked(form) {
  const [a, b, more] = ticked(form);
  if (!b || more) return;
  location.assign(`${form.dataset.compare}?${new URLSearchParams({ a: a.value, b: b.value })}`);
}
