// Runs before the first paint: the theme chosen last time, so that a dark page does not flash white.
try {
  const theme = JSON.parse(localStorage.getItem("recurra.theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme is used.
}
