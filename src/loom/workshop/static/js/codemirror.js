// The code editor, which takes the place of a textarea's sheet; the textarea stays what the form sends.
import * as cm from "../vendor/editor.js";
import { icon, make } from "./elements.js";

const CHECK_AFTER_MS = 300;

/** Stands where `sheet` stood, with the text, the caret and the focus of its `area`; undoing leads back to `given`. */
export class CodeEditor {
  constructor(area, sheet, given) {
    this.area = area;
    this.place = make("div", { className: "code-editor" });
    this.view = new cm.EditorView({ doc: given, extensions: this.extensions(), parent: this.place });
    this.show(area.value);
    this.replace(sheet);
    area.addEventListener("change", () => this.show(area.value)); // a draft was restored
    for (const label of area.labels) label.addEventListener("click", () => this.view.focus());
    if (area.dataset.validate) this.check();
  }

  replace(sheet) {
    const { area, view } = this;
    const had = document.activeElement === area;
    const { selectionStart, selectionEnd, selectionDirection } = area;
    const ends = [selectionStart, selectionEnd].map((at) => Math.min(at, view.state.doc.length));
    const [anchor, head] = selectionDirection === "backward" ? ends.reverse() : ends;
    const effects = this.scrolledAs(sheet);
    sheet.after(this.place);
    sheet.hidden = true;
    area.required = false; // the browser could not show what is missing; the server can
    view.dispatch({ selection: { anchor, head }, effects });
    if (had) view.focus();
  }

  /** Brings the line that is first in sight to where it is. By lines, whose heights the editor only guesses at first. */
  scrolledAs(sheet) {
    if (sheet.scrollTop === 0) return [];
    const edge = sheet.getBoundingClientRect().top;
    const places = [...sheet.querySelectorAll(".ink-line")].map((line) => line.getBoundingClientRect());
    const first = places.findIndex(({ bottom }) => bottom > edge);
    const { doc } = this.view.state;
    const { from } = doc.line(Math.min(first + 1, doc.lines));
    return [cm.EditorView.scrollIntoView(from, { y: "start", yMargin: places[first].top - edge })];
  }

  extensions() {
    const { area } = this;
    const language = { yaml: cm.yaml, json: cm.json }[area.dataset.editor];
    return [
      cm.EditorView.cspNonce.of(document.querySelector("script[nonce]")?.nonce ?? ""),
      cm.lineNumbers(),
      cm.foldGutter(),
      cm.lintGutter(),
      cm.history(),
      cm.drawSelection(),
      cm.highlightSpecialChars(),
      cm.highlightActiveLine(),
      cm.highlightActiveLineGutter(),
      cm.bracketMatching(),
      cm.indentOnInput(),
      cm.indentUnit.of("  "),
      cm.search({ top: true }),
      cm.highlightSelectionMatches(),
      cm.syntaxHighlighting(cm.classHighlighter),
      cm.EditorView.lineWrapping,
      cm.EditorView.contentAttributes.of({
        "aria-label": area.labels[0]?.textContent.trim() ?? area.name,
        "aria-describedby": area.getAttribute("aria-describedby") ?? "",
        tabindex: "0", // said aloud: the region around it scrolls
      }),
      cm.keymap.of([
        // Ctrl+Enter runs and Tab leaves, as everywhere on the pages.
        ...cm.defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
        ...cm.historyKeymap,
        ...cm.searchKeymap,
        ...cm.foldKeymap,
        ...cm.lintKeymap,
      ]),
      cm.EditorView.domEventHandlers({ beforeinput: typeOver }),
      cm.EditorView.updateListener.of((update) => update.docChanged && this.changed()),
      ...(language ? [language()] : []),
    ];
  }

  changed() {
    const text = this.view.state.doc.toString();
    if (text === this.area.value) return;
    this.area.value = text;
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    if (!this.area.dataset.validate) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_AFTER_MS);
  }

  show(text) {
    const { doc } = this.view.state;
    if (doc.toString() !== text) this.view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
  }

  /** Asks what is wrong; only the answer to the newest text counts. */
  async check() {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const answer = await fetch(this.area.dataset.validate, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(typedIn(this.area.form)),
        signal: this.asked.signal,
      });
      if (answer.ok) this.mark((await answer.json()).problems);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // the server is away
    }
  }

  mark(problems) {
    const { doc } = this.view.state;
    const diagnostics = problems.map(({ line, column, severity, message }) => {
      const at = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
      const from = Math.min(at.from + Math.max((column ?? 1) - 1, 0), at.to);
      return { from, to: at.to, severity, message };
    });
    diagnostics.sort((a, b) => a.from - b.from);
    this.view.dispatch(cm.setDiagnostics(this.view.state, diagnostics));
    const list = this.area.closest(".editor")?.querySelector("[data-editor-problems]");
    list?.replaceChildren(...problems.map(listed));
  }
}

/** Replaces what is selected by what is typed. A browser would keep its looks, in styles that our policy forbids. */
function typeOver({ inputType, isComposing, data }, view) {
  if (inputType !== "insertText" || isComposing || !data || view.state.selection.main.empty) return false;
  view.dispatch(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

function listed({ line, severity, message }) {
  const item = make("li", { className: severity === "warning" ? "editor-warning" : "editor-error" });
  item.append(icon(severity === "warning" ? "triangle" : "cross"));
  if (line) item.append(make("b", { textContent: `line ${line}` }), " ");
  item.append(message);
  return item;
}

function typedIn(form) {
  return [...new FormData(form)].filter(([, value]) => typeof value === "string");
}
