// Theme, text size, navigation drawer, menus, toasts, htmx set-up.
import { $, $$, csrf, expire, remember, toast, offline } from "./dom.js";
import "./keys.js";
import "./refill.js";

const root = document.documentElement;

function setTheme(theme) {
  root.dataset.theme = theme;
  $("[data-theme-toggle]")?.setAttribute("aria-pressed", String(theme === "dark"));
}
function toggleTheme() {
  const next = root.dataset.theme === "dark" ? "light" : "dark";
  setTheme(next);
  remember("theme", next);
}
function setFont(size) {
  root.dataset.font = size;
  for (const b of $$("[data-font-size]")) b.setAttribute("aria-pressed", String(b.dataset.fontSize === size));
}

function drawer(open) {
  const side = $("#side"), opener = $("[data-nav-open]");
  if (!side || side.hasAttribute("data-open") === open) return;
  side.toggleAttribute("data-open", open);
  opener.setAttribute("aria-expanded", String(open));
  $("#stage").inert = open;
  if (open) $("a", side).focus(); else opener.focus();
}

// ---- one listener for all clicks ------------------------------------------------------------
document.addEventListener("click", (e) => {
  const at = (selector) => e.target.closest?.(selector);
  for (const open of $$("details.menu[open]")) if (!open.contains(e.target) || at(".menu > div > *")) open.open = false;
  let hit;
  if (at("[data-theme-toggle]")) toggleTheme();
  else if ((hit = at("[data-font-size]"))) { setFont(hit.dataset.fontSize); remember("font", hit.dataset.fontSize); }
  else if (at("[data-nav-open]")) drawer(true);
  else if (at("[data-nav-close]")) drawer(false);
  else if ((hit = at("[data-open-dialog]"))) document.getElementById(hit.dataset.openDialog)?.showModal();
  else if ((hit = at("[data-dismiss]"))) hit.closest("[data-toast]").remove();
  else if ((hit = at("[data-reveal]"))) {
    const box = document.getElementById(hit.dataset.reveal);
    box.hidden = !box.hidden;
    if (!box.hidden) $("input:not([type=hidden]), textarea, select", box)?.focus();
  }
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  document.activeElement?.closest(".sup")?.classList.add("dismissed");
  const menu = $("details.menu[open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); }
  drawer(false);
});
/** Keep the explanation of a support mark inside the column. */
function place(e) {
  const mark = e.target.closest?.(".sup"), tip = mark && $(".tip", mark);
  if (!tip) return;
  tip.style.insetInlineStart = "0px";
  const edge = (mark.closest(".log, .content, .panel-body") ?? document.body).getBoundingClientRect();
  const over = tip.getBoundingClientRect().right - (edge.right - 12);
  if (over > 0) tip.style.insetInlineStart = `${-over}px`;
}
document.addEventListener("mouseover", place);
document.addEventListener("focusin", place);
document.addEventListener("focusout", (e) => e.target.closest?.(".dismissed")?.classList.remove("dismissed"));
document.addEventListener("change", (e) => {
  const all = e.target.matches?.("[data-check-all]") && e.target;
  if (all) for (const box of $$(`input[type=checkbox][form="${all.dataset.checkAll}"]`)) box.checked = all.checked;
});
document.addEventListener("change", (e) => { if (e.target.matches?.("[data-submit-on-change]")) e.target.form.requestSubmit(); });

// Folded groups of the menu stay folded on this computer.
for (const group of $$("[data-fold]")) {
  const key = `fold.${group.dataset.fold}`;
  let kept = null;
  try { kept = localStorage.getItem(`mokmin.${key}`); } catch { /* storage is off */ }
  if (kept === "1" && !$("[aria-current]", group)) group.open = false;
  group.addEventListener("toggle", () => remember(key, group.open ? "" : "1"));
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (e) => {
  let kept = null;
  try { kept = localStorage.getItem("mokmin.theme"); } catch { /* storage is off */ }
  if (!kept) setTheme(e.matches ? "dark" : "light");
});
document.body.addEventListener("htmx:configRequest", (e) => { e.detail.headers["X-CSRF-Token"] = csrf(); });
// A table that refreshes itself waits while someone works in it with the keyboard or an open menu.
document.body.addEventListener("htmx:beforeRequest", (e) => {
  const { elt } = e.detail;
  const polls = elt.getAttribute("hx-trigger")?.startsWith("every");
  if (polls && (elt.contains(document.activeElement) || $("details.menu[open]", elt))) e.preventDefault();
});
document.body.addEventListener("htmx:sendError", () => toast(offline));
for (const box of $$("[data-toast]")) expire(box);
setTheme(root.dataset.theme);
setFont(root.dataset.font);
