// What the browser remembers of a person's choices. Without storage nothing is remembered, and nothing breaks.

/** The text kept under `name`, or `fallback`; `store` is localStorage, or sessionStorage for one tab. */
export function recall(name, fallback = null, store = "localStorage") {
  try {
    return window[store].getItem(`loom.${name}`) ?? fallback;
  } catch {
    return fallback;
  }
}

/** Keeps `text` under `name`; null forgets it. */
export function remember(name, text, store = "localStorage") {
  try {
    if (text === null) window[store].removeItem(`loom.${name}`);
    else window[store].setItem(`loom.${name}`, text);
  } catch {
    // Storage is off or full.
  }
}
