// Light or dark: as the system has it, until somebody chooses.
const themeKey = "vf-agent-theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const themes = ["system", "light", "dark"];

function chosenTheme() {
  const kept = localStorage.getItem(themeKey);
  return themes.includes(kept) ? kept : "system";
}

function showTheme() {
  const chosen = chosenTheme();
  const dark = chosen === "system" ? systemIsDark.matches : chosen === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  put(byId("theme"), {system: "◐", light: "☀", dark: "☾"}[chosen]);
  mark(byId("theme"), "aria-label", `Theme: ${chosen}. Change it`);
  mark(byId("theme"), "title", `Theme: ${chosen}`);
}

function startTheme() {
  showTheme();
  systemIsDark.addEventListener("change", showTheme);
  byId("theme").addEventListener("click", () => {
    localStorage.setItem(themeKey, themes[(themes.indexOf(chosenTheme()) + 1) % themes.length]);
    showTheme();
  });
}
