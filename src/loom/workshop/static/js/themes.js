// The theme switch: auto, light, dark, auto. What was chosen is applied by theme.js before the next page paints.
import { attach } from "./content.js";
import { remember } from "./storage.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const root = document.documentElement;

function choose(choice) {
  root.dataset.themeChoice = choice;
  if (choice === "auto") delete root.dataset.theme;
  else root.dataset.theme = choice;
  remember("theme", choice === "auto" ? null : choice);
}

attach("[data-theme-switch]", (button) => {
  const label = () => button.setAttribute("aria-label", `Theme: ${root.dataset.themeChoice}`);
  label();
  button.addEventListener("click", () => {
    choose(NEXT[root.dataset.themeChoice]);
    label();
  });
});
