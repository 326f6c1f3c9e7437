// An answer as it is written: `data-stream` is the address of its events. Follows the end unless scrolled away.
// Events: `{"seq", "type", "at", "data"}`; type `text` brings `data.text`; with type `restart`
// the answer begins again, `data.text` says why; type `end` is the last one.
import { attach } from "./content.js";
import { make } from "./elements.js";

const NEAR_END_PX = 24;

attach("[data-stream]", (place) => {
  const source = new EventSource(place.dataset.stream);
  let last = 0;
  let waiting = "";
  place.dataset.state = "live";

  function append(...more) {
    const following = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_END_PX;
    place.append(waiting, ...more);
    waiting = "";
    if (following) place.scrollTop = place.scrollHeight;
  }

  function restart(why) {
    const line = make("span", { className: "muted", textContent: `tried again: ${why}` });
    append(place.textContent || waiting ? "\n" : "", line, "\n");
  }

  function finish(state, address) {
    source.close();
    if (waiting) append();
    place.dataset.state = state;
    const target = document.getElementById(place.dataset.streamTarget) ?? place.closest("[data-stream-root]");
    if (address && target) window.htmx.ajax("GET", address, { target, swap: "outerHTML" });
  }

  source.addEventListener("message", (message) => {
    if (!place.isConnected) return source.close();
    const { seq, type, data } = JSON.parse(message.data);
    if (seq <= last) return; // told again after a reconnection
    last = seq;
    if (type === "end") return finish("ended", data.url ?? place.dataset.streamDone);
    if (type === "restart") return restart(data.text);
    if (type !== "text") return;
    if (!waiting) requestAnimationFrame(() => append());
    waiting += data.text;
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) finish("lost", place.dataset.streamDone);
  });
});
