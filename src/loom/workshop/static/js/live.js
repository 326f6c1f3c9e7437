// Parts of a page that follow events: `data-live` is the address of a stream, `data-after` the cursor that the page
// shows. Events say only that something changed; what changed is asked of the page's own address and morphed in.
import { attach } from "./content.js";
import { Block } from "./refresh.js";

const RETRY_MS = 2000;
const LOST_MS = 1500; // a stream that ends as it should is there again before
const ANNOUNCE_MS = 10_000;
const HELD_MS = 500;
const WORDS = { live: "live", held: "held", lost: "not live: trying again" };
const regions = new Set();
let held = false;

/** Holds every update of the page, or lets them come again. */
function toggleHold() {
  held = !held;
  for (const button of document.querySelectorAll("[data-hold]")) button.setAttribute("aria-pressed", String(held));
  for (const region of regions) region.resume();
}

class Region {
  constructor(element) {
    this.element = element;
    this.after = Number(element.dataset.after ?? 0);
    this.at = Date.now();
    this.blocks = new Map();
    this.fresh = new Map(); // button -> number of events it stands for
    this.open();
  }

  open() {
    if (this.source || document.hidden) return;
    const address = new URL(this.element.dataset.live, location.href);
    address.searchParams.set("after", this.after);
    this.source = new EventSource(address);
    this.source.addEventListener("open", () => this.found());
    this.source.addEventListener("message", (message) => this.take(JSON.parse(message.data)));
    this.source.addEventListener("error", () => this.fail());
  }

  /** Browsers allow few connections to one server, so a page that nobody sees keeps none. */
  close() {
    clearTimeout(this.losing);
    this.losing = null;
    this.source?.close();
    this.source = null;
  }

  /** The stream is there: what it could not tell of meanwhile, as that whoever worked is gone, is asked for. */
  found() {
    clearTimeout(this.losing);
    this.losing = null;
    const asleep = [...this.element.querySelectorAll("[data-new]")].map((button) => button.dataset.newTarget);
    if (this.state === "lost") {
      for (const element of this.element.querySelectorAll("[data-refresh]")) {
        if (!asleep.includes(element.id)) this.block(element).want();
      }
    }
    this.tell("live");
  }

  fail() {
    this.losing ??= setTimeout(() => this.tell("lost"), LOST_MS);
    if (this.source?.readyState !== EventSource.CLOSED) return; // the browser tries again
    this.source = null;
    setTimeout(() => this.element.isConnected && this.open(), RETRY_MS);
  }

  take({ seq, type }) {
    if (!this.element.isConnected) return this.leave();
    if (seq <= this.after) return; // told again after a reconnection
    this.after = seq;
    this.at = Date.now();
    for (const element of this.element.querySelectorAll("[data-refresh]")) {
      if (concerns(element.dataset.on, type)) this.block(element).want();
    }
    for (const button of this.element.querySelectorAll("[data-new]")) {
      if (concerns(button.dataset.new, type)) this.count(button, (this.fresh.get(button) ?? 0) + 1);
    }
  }

  block(element) {
    if (!this.blocks.has(element.id)) this.blocks.set(element.id, new Block(element, () => held));
    return this.blocks.get(element.id);
  }

  count(button, number) {
    this.fresh.set(button, number);
    button.hidden = number === 0;
    button.textContent = `${number} new`;
  }

  showNew(button) {
    const target = document.getElementById(button.dataset.newTarget);
    if (!target) return location.reload(); // there was nothing to show when the page was drawn
    this.block(target).want({ now: true });
    this.count(button, 0);
  }

  resume() {
    this.tell(this.state);
    for (const block of this.blocks.values()) block.plan();
  }

  tell(state) {
    this.state = state;
    const shown = held ? "held" : state;
    this.element.toggleAttribute("data-lost", shown === "lost");
    for (const place of this.element.querySelectorAll("[data-live-state]")) {
      place.dataset.state = shown;
      place.textContent = WORDS[shown] ?? "";
    }
  }

  tick() {
    const seconds = Math.round((Date.now() - this.at) / 1000);
    const age = seconds < 2 ? "now" : seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
    for (const place of this.element.querySelectorAll("[data-live-age]")) place.textContent = age;
  }

  leave() {
    this.close();
    regions.delete(this);
  }
}

function concerns(wanted, type) {
  return !wanted || wanted.split(" ").some((prefix) => type.startsWith(prefix));
}

attach("[data-live]", (element) => regions.add(new Region(element)));

document.addEventListener("hold", toggleHold);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-hold]")) toggleHold();
  const button = event.target.closest("[data-new]");
  if (button) for (const region of regions) if (region.element.contains(button)) region.showNew(button);
});

document.addEventListener("visibilitychange", () => {
  for (const region of regions) document.hidden ? region.close() : region.open();
});

setInterval(() => {
  for (const region of regions) region.element.isConnected ? region.tick() : region.leave();
}, 1000);

// `data-leads-to="/address"` in what a refresh brings: the page goes on there, unless it is held.
attach("[data-leads-to]", (element) => {
  const go = () => (held ? setTimeout(go, HELD_MS) : location.replace(element.dataset.leadsTo));
  go();
});

// `<p role="status" data-announce="id">` says what the element of that id holds, but not at every change.
attach("[data-announce]", (place) => {
  setInterval(() => {
    const words = document.getElementById(place.dataset.announce)?.textContent.trim().replace(/\s+/g, " ");
    if (words && words !== place.textContent) place.textContent = words;
  }, ANNOUNCE_MS);
});
