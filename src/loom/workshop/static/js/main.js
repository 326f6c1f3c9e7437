// Everything the pages do with script. Each behaviour finds its elements by `data-` attributes; pages work without.
import "./compare.js";
import "./copy.js";
import "./drafts.js";
import "./editor.js";
import "./focus.js";
import "./forms.js";
import "./keys.js";
import "./live.js";
import "./overlays.js";
import "./stream.js";
import "./themes.js";
import "./toasts.js";
