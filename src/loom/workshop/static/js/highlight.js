// The colours of YAML and JSON for reading, line by line, with the class names that CodeMirror's highlighter gives.

const BEGINS_VALUE = /[-?:](?=\s|$)/y;
const BLANK = /\s+/y;
const COMMENT = /#.*/y;
const TEXT_BLOCK = /[|>][-+\d]*(?=\s*(?:#.*)?$)/y;
const NAME = /[&*][^\s,[\]{}]+/y;
const TYPE = /!\S*/y;
const QUOTED = { '"': /(?:[^"\\]|\\.)*("|\\?$)/sy, "'": /(?:[^']|'')*('|$)/y };
const PLAIN = /(?:[^\s:#]|:(?=\S)|(?<=\S)#|\s+(?=[^\s:#]|:\S))+/y;
const PLAIN_INSIDE = /(?:[^\s:#,[\]{}]|:(?=[^\s,[\]{}])|(?<=\S)#|\s+(?=[^\s:#,[\]{}]))+/y;
const KEY_ENDS = /\s*:(?=\s|[,[\]{}]|$)/y;
const OF_JSON = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d[-+.\deE]*)|\b(true|false)\b|\b(null)\b/g;

/** For each line of `text` its stretches, `[class, text]`; the class is "" for what has no colour. */
export function highlighted(text, language) {
  const lines = text.split("\n");
  if (language === "json") return lines.map(jsonLine);
  if (language !== "yaml") return lines.map((line) => [["", line]]);
  const yaml = new Yaml();
  return lines.map((line) => yaml.line(line));
}

function jsonLine(line) {
  const parts = [];
  let end = 0;
  for (const found of line.matchAll(OF_JSON)) {
    const [whole, string, colon, number, bool] = found;
    const kind = string ? (colon ? "propertyName" : "string") : number ? "number" : bool ? "bool" : "keyword";
    parts.push(["", line.slice(end, found.index)], [`tok-${kind}`, string ?? whole], ["", colon ?? ""]);
    end = found.index + whole.length;
  }
  return [...parts, ["", line.slice(end)]];
}

/** Goes through a text and knows, at the start of each line, what is still open. */
class Yaml {
  quote = ""; // the sign that ends the string
  depth = 0; // of brackets
  block = null; // how far the key of a block of text is indented, while its lines follow

  line(text) {
    this.text = text;
    this.at = 0;
    this.parts = [];
    if (this.inBlock()) return [["", text]];
    this.block = null;
    this.fresh = true; // a value may begin here
    if (this.quote) this.string("");
    while (this.at < text.length) this.step();
    return this.parts;
  }

  inBlock() {
    const indent = this.text.search(/\S/);
    return this.block !== null && (indent < 0 || indent > this.block);
  }

  step() {
    const sign = this.text[this.at];
    if (this.takes(BLANK)) return;
    if (sign === "#" && /^$|\s/.test(this.text.charAt(this.at - 1)) && this.takes(COMMENT, "comment")) return;
    if (this.takes(BEGINS_VALUE)) this.fresh = true;
    else if (this.fresh) this.begin(sign);
    else this.goOn(sign);
  }

  begin(sign) {
    if (sign in QUOTED) this.string(sign);
    else if (sign === "[" || sign === "{") this.bracket(1);
    else if (this.takes(NAME, "labelName") || this.takes(TYPE, "typeName")) return;
    else if (this.depth === 0 && this.takes(TEXT_BLOCK, "string2")) this.block = this.indent();
    else this.goOn(sign);
  }

  goOn(sign) {
    if (this.depth && "[]{},".includes(sign)) return this.bracket({ "]": -1, "}": -1, ",": 0 }[sign] ?? 1);
    const begin = this.at;
    if (this.fresh && this.takes(this.depth ? PLAIN_INSIDE : PLAIN)) this.named(begin);
    else if (this.at === begin) this.add(this.text[this.at]);
    this.fresh = false;
  }

  bracket(deeper) {
    this.add(this.text[this.at]);
    this.depth = Math.max(0, this.depth + deeper);
    this.fresh = deeper >= 0;
  }

  /** From `sign`, or from the start of a line within the string. */
  string(sign) {
    const begin = this.at;
    const pattern = QUOTED[sign || this.quote];
    pattern.lastIndex = begin + sign.length;
    const [rest, end] = pattern.exec(this.text);
    this.add(sign + rest, "string");
    this.quote = end === '"' || end === "'" ? "" : sign || this.quote;
    this.fresh = false;
    if (!this.quote) this.named(begin);
  }

  /** What was just taken is a key when a colon follows. */
  named(begin) {
    KEY_ENDS.lastIndex = this.at;
    if (KEY_ENDS.test(this.text)) this.parts.splice(-1, 1, ["tok-propertyName", this.text.slice(begin, this.at)]);
  }

  /** Where the key begins on which a block of text hangs: behind the dashes of a list. */
  indent() {
    const [dashes] = this.text.match(/^\s*(?:[-?]\s+)*/);
    return /:(?:\s|$)/.test(this.text) ? dashes.length : this.text.search(/\S/);
  }

  takes(pattern, kind = "") {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.add(found[0], kind);
    return found !== null;
  }

  add(text, kind = "") {
    this.parts.push([kind && `tok-${kind}`, text]);
    this.at += text.length;
  }
}
