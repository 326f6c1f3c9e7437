// One part of a page that is fetched again and morphed in: `data-refresh` is its address, its id says which part.
import { arrived } from "./content.js";

const EVERY_MS = 250;
const RETRY_MS = 2000;
const HAND_MS = 500;

/** Keeps what the server cannot know: what is open, what is being typed, what a dialog asks. */
const KEPT = {
  morphStyle: "outerHTML",
  ignoreActiveValue: true,
  callbacks: {
    beforeNodeMorphed: (node) => !node.matches?.("dialog"),
    beforeAttributeUpdated: (name, element) => !(name === "open" && element.matches("details")),
  },
};

/** Fetches at most every 250 ms (or `data-every`), one request at a time, never while held. */
export class Block {
  constructor(element, isHeld) {
    this.id = element.id;
    this.isHeld = isHeld;
    this.wanted = false;
    this.busy = false;
    this.timer = null;
    this.next = 0; // not before
  }

  get element() {
    return document.getElementById(this.id);
  }

  /** Asks for a newer one, `now` even under the hand. */
  want({ now = false } = {}) {
    this.wanted = true;
    if (now) this.run({ now });
    else this.plan();
  }

  plan() {
    if (!this.wanted || this.busy || this.timer || this.isHeld()) return;
    this.timer = setTimeout(() => this.run(), Math.max(0, this.next - performance.now()));
  }

  async run({ now = false } = {}) {
    clearTimeout(this.timer);
    this.timer = null;
    const element = this.element;
    if (!element || this.busy) return;
    if (!now && (this.isHeld() || underHand(element))) {
      this.next = performance.now() + HAND_MS;
      return this.plan();
    }
    this.wanted = false;
    this.busy = true;
    const fetched = await this.fetch(element.dataset.refresh);
    this.busy = false;
    this.wanted ||= !fetched;
    this.next = performance.now() + (fetched ? Number(element.dataset.every ?? EVERY_MS) : RETRY_MS);
    this.plan();
  }

  async fetch(address) {
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Target": this.id } });
      if (!answer.ok) return false;
      const html = await answer.text();
      const { Idiomorph } = await import("../vendor/morph.js");
      const element = this.element;
      if (!element) return true;
      Idiomorph.morph(element, html, KEPT);
      arrived(this.element);
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false; // the server is away
      throw error;
    }
  }
}

function underHand(element) {
  return "calm" in element.dataset && (element.matches(":hover") || element.contains(document.activeElement));
}
