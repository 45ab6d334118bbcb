// Search box: proposals while typing, as a combobox with a list (WAI-ARIA). Without this file the form still works.
import { $, el, icon } from "./dom.js";

const PAUSE_MS = 200;
// Hangul is under composition nearly all the time: ask only when the composition rests.
const COMPOSING_PAUSE_MS = 600;
const LONE_LETTER = /[ㄱ-ㅣ]$/;
const GLYPHS = { document: "file-text", saved: "folder-open", recent: "history" };
const input = $("[data-suggest]");

if (input) {
  const list = $("#proposals"), box = list.parentElement, status = $("[data-proposals-status]");
  let items = [], chosen = -1, timer = 0, asking = null, asked = null, composing = false;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "proposals", "aria-haspopup": "listbox" })) input.setAttribute(name, value);

  const open = () => !box.hidden;
  function stop() { clearTimeout(timer); asking?.abort(); asking = null; }
  function close() {
    stop();
    box.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    status.textContent = "";
  }
  /** The text with what was typed marked; text never becomes HTML. */
  function shown(text, typed) {
    const at = typed ? text.toLowerCase().indexOf(typed.toLowerCase()) : -1;
    if (at < 0) return el("span", { textContent: text });
    return el("span", {}, text.slice(0, at), el("mark", { textContent: text.slice(at, at + typed.length) }), text.slice(at + typed.length));
  }
  function choose(n) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = n;
    const line = list.children[n];
    if (!line) { input.removeAttribute("aria-activedescendant"); return; }
    line.setAttribute("aria-selected", "true");
    line.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", line.id);
  }
  function draw(found, typed) {
    items = found;
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(...items.map((item, n) => el("li", { id: `proposal-${n}`, role: "option", "aria-selected": "false", onclick: () => go(n) },
      icon(GLYPHS[item.kind] ?? "search"), shown(item.text, typed), el("small", { textContent: item.detail }))));
    box.hidden = !items.length;
    input.setAttribute("aria-expanded", String(!box.hidden));
    status.textContent = items.length ? `제안 ${items.length}개. 아래 화살표로 고릅니다.` : "";
  }
  function go(n) {
    const target = new URL(items[n].url, location.origin);
    if (target.origin === location.origin) location.href = target.href;
  }
  async function ask() {
    const typed = input.value.trim();
    if (typed === asked && open()) return;
    asking?.abort();
    const mine = asking = new AbortController();
    try {
      const response = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed.slice(0, 100))}`, { credentials: "same-origin", headers: { Accept: "application/json" }, signal: mine.signal });
      const found = response.ok ? (await response.json()).items : [];
      if (mine !== asking || document.activeElement !== input) return;
      asked = typed;
      draw(found, typed);
    } catch { /* aborted, or the server is away: searching itself still works */ }
  }
  function soon() {
    clearTimeout(timer);
    if (composing && LONE_LETTER.test(input.value)) return;
    timer = setTimeout(ask, composing ? COMPOSING_PAUSE_MS : PAUSE_MS);
  }
  input.addEventListener("input", soon);
  input.addEventListener("compositionstart", () => { composing = true; clearTimeout(timer); });
  input.addEventListener("compositionend", () => { composing = false; soon(); });
  input.addEventListener("blur", () => { composing = false; close(); });
  box.addEventListener("mousedown", (e) => e.preventDefault());
  input.form.addEventListener("submit", close);
  input.addEventListener("keydown", (e) => {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (!open()) { asked = null; ask(); return; }
      const step = e.key === "ArrowDown" ? 1 : -1;
      // One place before the first and after the last is the box itself.
      choose((chosen + 1 + step + items.length + 1) % (items.length + 1) - 1);
    } else if (e.key === "Enter" && open() && chosen >= 0) { e.preventDefault(); go(chosen); }
    else if (e.key === "Escape" && open()) { e.preventDefault(); e.stopPropagation(); close(); }
    else if (e.key === "Tab") close();
  });
}
