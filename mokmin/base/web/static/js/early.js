// Runs before the first paint so that theme and text size never flash.
(function () {
  var root = document.documentElement;
  var get = function (key) { try { return localStorage.getItem(key); } catch (e) { return null; } };
  var theme = get("mokmin.theme");
  var dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.font = get("mokmin.font") || "normal";
})();
