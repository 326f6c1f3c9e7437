// A textarea with `data-editor` (yaml, json or text) as a sheet: its text in colours and with line numbers, drawn under
// it. The code editor is much to load, so it comes when somebody begins to edit; until then one types into the textarea,
// which is all there is without script.
// `data-validate`: where the form is sent while one types. `data-line`: where the caret goes, for what was refused.
import { attach } from "./content.js";
import { make } from "./elements.js";
import { highlighted } from "./highlight.js";

class Sheet {
  held = false; // while a pointer is down or a word is being composed: nothing is exchanged under the hand

  constructor(area) {
    this.area = area;
    this.given = area.value;
    this.sheet = make("div", { className: "editor-sheet" });
    this.ink = make("pre", { className: "editor-ink", ariaHidden: "true" });
    const had = document.activeElement === area; // which it loses by being moved
    area.removeAttribute("aria-invalid"); // for which Pico moves the text; the list below says what is wrong
    area.before(this.sheet);
    this.sheet.append(this.ink, area);
    this.draw();
    this.listen();
    if (area.dataset.line) this.goTo(Number(area.dataset.line));
    else if (had) area.focus();
  }

  listen() {
    const { area } = this;
    this.end = new AbortController();
    const on = (target, names, act) =>
      names.forEach((name) => target.addEventListener(name, act, { signal: this.end.signal }));
    on(area, ["input", "change"], () => this.draw());
    on(area, ["focus"], () => this.upgrade());
    on(area, ["pointerdown", "compositionstart"], () => (this.held = true));
    on(window, ["pointerup", "pointercancel", "compositionend"], () => {
      this.held = false;
      if (this.editor) setTimeout(() => this.exchange());
    });
  }

  draw() {
    const marks = this.marks();
    const lines = highlighted(this.area.value, this.area.dataset.editor);
    this.ink.replaceChildren(...lines.map((parts, at) => inkLine(parts, marks.get(at + 1))));
  }

  /** The lines that something is wrong with, as the list below says. */
  marks() {
    const found = this.area.closest(".editor")?.querySelectorAll("[data-line]:not(textarea)") ?? [];
    return new Map([...found].reverse().map((item) => [Number(item.dataset.line), item.className]));
  }

  goTo(line) {
    const before = this.area.value.split("\n").slice(0, line - 1);
    const at = before.reduce((sum, text) => sum + text.length + 1, 0);
    this.area.setSelectionRange(at, at);
    this.area.focus({ preventScroll: true });
    this.ink.children[before.length]?.scrollIntoView({ block: "nearest" });
  }

  async upgrade() {
    if (this.loading || this.area.readOnly) return;
    this.loading = true;
    try {
      this.editor = (await import("./codemirror.js")).CodeEditor;
    } catch {
      this.loading = false; // the server is away: the textarea does, and the next focus tries again
      return;
    }
    this.exchange();
  }

  exchange() {
    if (this.held || this.end.signal.aborted || !this.area.isConnected) return;
    this.end.abort();
    new this.editor(this.area, this.sheet, this.given);
  }
}

function inkLine(parts, mark) {
  const line = make("span", { className: mark ? `ink-line ${mark}` : "ink-line" });
  line.append(...parts.map(([kind, text]) => (kind ? make("span", { className: kind, textContent: text }) : text)));
  return line;
}

attach("textarea[data-editor]", (area) => new Sheet(area));
