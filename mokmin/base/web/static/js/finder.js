// Find-and-run (Ctrl K): one list of recent things, actions, pages and whatever the text finds; keyboard only.
import { $, $$, el, icon, remember } from "./dom.js";

const DELAY = 110; // ms of quiet before the server is asked
const SIZES = ["normal", "large", "larger", "largest"];
const box = $("#finder"), input = $("#finder input"), list = $("#finder-list"), status = $("#finder-status");
let entries = [], chosen = 0, timer = 0, request = null, pending = null, shown = null, composing = false;

function resize(step) {
  const now = SIZES.indexOf(document.documentElement.dataset.font);
  $(`[data-font-size="${SIZES[Math.min(Math.max(now + step, 0), SIZES.length - 1)]}"]`)?.click();
}
const ACTIONS = {
  "!theme": () => $("[data-theme-toggle]")?.click(),
  "!larger": () => resize(1),
  "!smaller": () => resize(-1),
  "!keys": () => $("#keys")?.showModal(),
  "!leave": () => $("form[action='/signout']")?.requestSubmit(),
};

function always(text) {
  if (!text) return [];
  const q = encodeURIComponent(text);
  return [{ name: input.dataset.ask, items: [
    { name: `${input.dataset.question}: ${text}`, href: `/chat?q=${q}`, icon: "message-square-text", note: "" },
    { name: `${input.dataset.search}: ${text}`, href: `/search?q=${q}`, icon: "search", note: "" },
  ] }];
}
function draw(groups) {
  entries = [];
  list.replaceChildren(...groups.map((group, g) => el("li", { role: "presentation" },
    el("div", { id: `find-g${g}`, className: "finder-group", textContent: group.name }),
    el("ul", { role: "group", "aria-labelledby": `find-g${g}` }, ...group.items.map((item) => {
      const n = entries.push(item) - 1;
      return el("li", { id: `find-${n}`, role: "option", "aria-selected": "false", onclick: () => run(n) },
        icon(item.icon), el("span", { textContent: item.name }), el("small", { textContent: item.note }));
    })))));
  point(0);
}
function point(n) {
  list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
  chosen = n;
  const at = $(`#find-${n}`);
  at?.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", at ? at.id : "");
  if (n === 0) list.scrollTop = 0; else at?.scrollIntoView({ block: "nearest" });
}
function ask() {
  const text = input.value.trim();
  if (text === shown && !pending) return pending;
  clearTimeout(timer);
  request?.abort();
  request = new AbortController();
  const mine = request;
  pending = (async () => {
    let groups = [];
    try {
      const answer = await fetch(`/find?q=${encodeURIComponent(text)}`, {
        credentials: "same-origin", headers: { Accept: "application/json" }, signal: mine.signal,
      });
      if (answer.ok) ({ groups } = await answer.json());
    } catch { /* aborted, or no connection: what is always there stays */ }
    if (mine !== request) return;
    shown = text;
    pending = null;
    draw([...groups, ...always(text)]);
    status.textContent = `${entries.length}${input.dataset.count}`;
  })();
  return pending;
}
function typed() {
  clearTimeout(timer);
  timer = setTimeout(ask, DELAY);
}
async function enter() {
  // Enter right after the last letter waits for what that text finds.
  if (input.value.trim() !== shown || pending) { clearTimeout(timer); await ask(); }
  if (box.open) run(chosen);
}
function run(n) {
  const item = entries[n];
  if (!item) return;
  box.close();
  if (item.href.startsWith("!")) ACTIONS[item.href]?.();
  else location.href = item.href;
}
export function openFinder() {
  if (!box || box.open || $("dialog[open]")) return;
  if ($("#side[data-open]")) $("[data-nav-close]")?.click();
  input.value = "";
  shown = null;
  list.replaceChildren();
  box.showModal();
  input.focus();
  ask();
}

input?.addEventListener("compositionstart", () => { composing = true; });
input?.addEventListener("compositionend", () => { composing = false; typed(); });
input?.addEventListener("input", typed);
input?.addEventListener("keydown", (e) => {
  if (e.isComposing || composing || e.keyCode === 229) return;
  const last = entries.length - 1;
  const to = { ArrowDown: chosen < last ? chosen + 1 : 0, ArrowUp: chosen > 0 ? chosen - 1 : last,
    PageDown: Math.min(chosen + 8, last), PageUp: Math.max(chosen - 8, 0) }[e.key];
  if (to !== undefined && last >= 0) { e.preventDefault(); point(to); }
  else if (e.key === "Enter") { e.preventDefault(); enter(); }
});
document.addEventListener("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && (e.code === "KeyK" || e.key.toLowerCase() === "k")) {
    e.preventDefault();
    openFinder();
  }
});
document.addEventListener("click", (e) => {
  if (e.target.closest?.("[data-finder]")) openFinder();
  else if (e.target.closest?.("[data-finder-close]") || (box && e.target === box)) box.close();
});

// ---- the look of this browser: contrast, density, single-key shortcuts ------------------------------
const root = document.documentElement;
const LOOKS = { contrast: "normal", density: "normal", keys: "on" };
for (const [name, usual] of Object.entries(LOOKS)) {
  const press = () => {
    for (const b of $$(`[data-look="${name}"]`)) b.setAttribute("aria-pressed", String(b.value === (root.dataset[name] || usual)));
  };
  press();
  document.addEventListener("click", (e) => {
    const hit = e.target.closest?.(`[data-look="${name}"]`);
    if (!hit) return;
    root.dataset[name] = hit.value;
    remember(name, hit.value);
    press();
  });
}
