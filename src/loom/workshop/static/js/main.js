// Everything the pages do with script. Each behaviour finds its elements by `data-` attributes; pages work without.
import { attach } from "./content.js";
import "./copy.js";
import "./drafts.js";
import "./focus.js";
import "./forms.js";
import "./keys.js";
import "./overlays.js";
import "./tables.js";
import "./themes.js";
import "./toasts.js";

// What only some pages need comes when its first element does.
attach("[data-editor]", () => import("./editor.js"));
attach("[data-live]", () => import("./live.js"));
attach("[data-stream]", () => import("./stream.js"));
