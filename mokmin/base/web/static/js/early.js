// Runs before the first paint so that theme, text size, contrast and density never flash.
(function () {
  var root = document.documentElement;
  var get = function (key) { try { return localStorage.getItem("mokmin." + key); } catch (e) { return null; } };
  var theme = get("theme");
  var dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.font = get("font") || "normal";
  root.dataset.contrast = get("contrast") || (matchMedia("(prefers-contrast: more)").matches ? "high" : "normal");
  root.dataset.density = get("density") || "normal";
  root.dataset.keys = get("keys") || "on";
})();
