// Tables: moving through `[data-rows] [data-row]`, and ticking rows to compare them, where a
// `<form data-compare="/compare">` is around the table.
import { attach } from "./content.js";

/** The row that `element` is in, or whose details it is in, or null. */
export const rowOf = (element) =>
  element?.closest("[data-row]") ?? element?.closest("[data-row-detail]")?.previousElementSibling ?? null;

/** Focuses the next row in `direction` (1 or -1) that matches `selector`; stays where there is none. */
export function move(direction, selector = "[data-row]") {
  const here = rowOf(document.activeElement) ?? rowOf(document.querySelector("[data-row] [aria-expanded=true]"));
  const list = here?.closest("[data-rows]") ?? document.querySelector("[data-rows]");
  if (!list) return;
  const rows = [...list.querySelectorAll("[data-row]")];
  let at = here ? rows.indexOf(here) + direction : direction > 0 ? 0 : rows.length - 1;
  while (rows[at] && !rows[at].matches(selector)) at += direction;
  if (rows[at]) focusRow(rows[at]);
}

/** Focuses `row` and brings it into view, with its details where both fit. */
export function showRow(row) {
  focusRow(row);
  const detail = row.nextElementSibling;
  if (!detail?.matches("[data-row-detail]")) return;
  detail.scrollIntoView({ block: "nearest" });
  row.scrollIntoView({ block: "nearest" });
}

function focusRow(row) {
  let target = row.querySelector("a[href], button, summary");
  if (!target) {
    row.tabIndex = -1;
    target = row;
  }
  target.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

const ticked = (form) => [...form.querySelectorAll("[data-row] input[type=checkbox]:checked")];

function show(form) {
  const count = ticked(form).length;
  for (const button of form.querySelectorAll("[data-compare-button]")) button.disabled = count < 2;
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

/** Goes to the comparison of the ticked rows; does nothing unless there are two or more. */
export function compareTicked(form) {
  const runs = ticked(form).map((box) => ["run", box.value]);
  if (runs.length > 1) location.assign(`${form.dataset.compare}?${new URLSearchParams(runs)}`);
}
