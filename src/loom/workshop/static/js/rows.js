// Moving through the rows of the table or list that has the focus, else of the first one: `[data-rows] [data-row]`.

/** The row that `element` is in, or null. */
export const rowOf = (element) => element?.closest("[data-row]") ?? null;

/** Focuses the next row in `direction` (1 or -1) that matches `selector`; stays where there is none. */
export function move(direction, selector = "[data-row]") {
  const here = rowOf(document.activeElement);
  const list = here?.closest("[data-rows]") ?? document.querySelector("[data-rows]");
  if (!list) return;
  const rows = [...list.querySelectorAll("[data-row]")];
  let at = here ? rows.indexOf(here) + direction : direction > 0 ? 0 : rows.length - 1;
  while (rows[at] && !rows[at].matches(selector)) at += direction;
  if (rows[at]) focusRow(rows[at]);
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
