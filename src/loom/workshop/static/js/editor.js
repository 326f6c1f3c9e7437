// CodeMirror over a textarea with `data-editor`; the textarea stays what the form sends, and works without it.
// `data-editor`: yaml, json or text. `data-validate`: where the form is sent while one types; its problems are shown
// at their lines, and listed below.
import { attach } from "./content.js";
import { icon, make } from "./elements.js";

const CHECK_AFTER_MS = 300;

attach("textarea[data-editor]", async (area) => {
  const cm = await import("../vendor/editor.js");
  if (area.isConnected) new Editor(cm, area);
});

class Editor {
  constructor(cm, area) {
    this.cm = cm;
    this.area = area;
    this.place = make("div", { className: "code-editor" });
    this.view = new cm.EditorView({ doc: area.value, extensions: this.extensions(), parent: this.place });
    area.after(this.place);
    area.hidden = true;
    area.required = false; // the browser could not show what is missing; the server can
    area.addEventListener("change", () => this.show(area.value)); // a draft was restored
    for (const label of area.labels) label.addEventListener("click", () => this.view.focus());
    if (area.dataset.validate) this.check();
  }

  extensions() {
    const { cm, area } = this;
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
        tabindex: "0", // said aloud: the region around it scrolls
      }),
      cm.EditorState.readOnly.of(area.readOnly),
      cm.keymap.of([
        // Ctrl+Enter runs and Tab leaves, as everywhere on the pages.
        ...cm.defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
        ...cm.historyKeymap,
        ...cm.searchKeymap,
        ...cm.foldKeymap,
        ...cm.lintKeymap,
      ]),
      cm.EditorView.updateListener.of((update) => update.docChanged && this.changed()),
      ...(language ? [language()] : []),
    ];
  }

  changed() {
    this.area.value = this.view.state.doc.toString();
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
    this.view.dispatch(this.cm.setDiagnostics(this.view.state, diagnostics));
    const list = this.area.closest(".editor")?.querySelector("[data-editor-problems]");
    list?.replaceChildren(...problems.map(listed));
  }
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
