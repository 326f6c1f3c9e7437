// Sets the chosen theme before the first paint, and that there is script, which some controls need. Runs in <head>,
// blocking, and is therefore no module.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("loom.theme");
  } catch {
    // Storage is off: follow the system.
  }
  const root = document.documentElement;
  root.dataset.scripted = "";
  root.dataset.themeChoice = choice === "light" || choice === "dark" ? choice : "auto";
  if (root.dataset.themeChoice !== "auto") root.dataset.theme = choice;
})();
