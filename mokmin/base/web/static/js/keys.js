// Shortcuts of one key, read by the place of the key, so that they work while Hangul is being typed as well.
// They can be switched off in the preferences (WCAG 2.1.4); Ctrl K stays.
import { $ } from "./dom.js";
import { openFinder } from "./finder.js";

const GO = { KeyH: "/", KeyC: "/chat/history", KeyB: "/assistants", KeyL: "/library", KeyD: "/drafts", KeyJ: "/jobs", KeyS: "/preferences" };
const FIELDS = "input, textarea, select, [contenteditable], [role=listbox], [role=combobox], [role=tablist]";
let leading = 0; // when G was pressed

const sheet = $("#keys");
document.addEventListener("click", (e) => {
  if (e.target.closest?.("[data-keys-open]")) sheet?.showModal();
  else if (e.target.closest?.("[data-keys-close]") || (sheet && e.target === sheet)) sheet.close();
});
document.addEventListener("keydown", (e) => {
  if (document.documentElement.dataset.keys === "off" || e.defaultPrevented || e.repeat) return;
  if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.(FIELDS) || $("dialog[open]")) return;
  const led = Date.now() - leading < 1500;
  leading = 0;
  if (e.code === "Slash" || e.key === "?" || e.key === "/") {
    e.preventDefault();
    if (e.shiftKey || e.key === "?") sheet?.showModal(); else openFinder();
  } else if (e.shiftKey) {
    return;
  } else if (led && GO[e.code]) {
    e.preventDefault();
    location.href = GO[e.code];
  } else if (e.code === "KeyG") {
    leading = Date.now();
  } else if (e.code === "KeyN") {
    e.preventDefault();
    location.href = "/chat";
  }
});
