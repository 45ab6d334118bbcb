// The form of an assistant: documents chosen while typing, lines that grow, changes that are not saved yet.
import { $, $$, el, icon, offline, problem } from "./dom.js";

const form = $("#bot-form"), chosen = $("[data-chosen]"), none = $("[data-none]");
const MOST = { starter: 8, trial: 20 };

// ---- documents ---------------------------------------------------------------------------------
function selects() { return $$('select[name="trial_document"]'); }
function drop(item) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const used = selects().some((s) => s.value === item.dataset.id);
  if (!used) for (const s of selects()) $(`option[value="${item.dataset.id}"]`, s)?.remove();
  item.remove();
  none.hidden = chosen.children.length > 0;
  ($("[data-drop]", next ?? document.createElement("i")) ?? $('[data-open-dialog="picker"]')).focus();
  changed = true;
}
function choose(d) {
  if ($(`[data-id="${d.id}"]`, chosen)) return false;
  const held = el("input", { type: "hidden", name: "document", value: d.id });
  const mark = $(`[data-grade="${d.grade}"]`, $("[data-grades]").content).firstElementChild.cloneNode(true);
  const away = el("button", { type: "button", className: "icon-btn", ariaLabel: `‘${d.title}’ 빼기` }, icon("x"));
  away.dataset.drop = "";
  const item = el("li", {}, held, icon("file-text"), el("span", { className: "grow", textContent: d.title }), mark, away);
  item.dataset.id = d.id;
  chosen.append(item);
  none.hidden = true;
  for (const s of selects()) if (!$(`option[value="${d.id}"]`, s)) s.append(el("option", { value: d.id, textContent: d.title }));
  changed = true;
  return true;
}
chosen?.addEventListener("click", (e) => { const away = e.target.closest("[data-drop]"); if (away) drop(away.closest("li")); });

const query = $("#picker-q"), picks = $("#picks"), told = $("#picked");
let asked = 0, typing = 0, changed = false;
function row(d) {
  const has = () => Boolean($(`[data-id="${d.id}"]`, chosen));
  const state = el("span", { className: "badge", textContent: has() ? "골랐음" : "고르기" });
  const button = el("button", { type: "button", className: "line", ariaPressed: String(has()) },
    el("span", { className: "grow" }, el("strong", { textContent: d.title }), el("span", { className: "small muted", textContent: d.department })), state);
  button.addEventListener("click", () => {
    const there = $(`[data-id="${d.id}"]`, chosen);
    if (there) { there.remove(); none.hidden = chosen.children.length > 0; changed = true; } else choose(d);
    button.ariaPressed = String(has());
    state.textContent = has() ? "골랐음" : "고르기";
    state.classList.toggle("ok", has());
    told.textContent = `고른 문서 ${chosen.children.length}건`;
  });
  state.classList.toggle("ok", has());
  return el("li", {}, button);
}
async function propose() {
  const turn = ++asked;
  try {
    const response = await fetch(`/assistants/documents?q=${encodeURIComponent(query.value.trim())}`, { credentials: "same-origin" });
    if (!response.ok) throw new Error(await problem(response));
    const { items } = await response.json();
    if (turn !== asked) return;
    picks.replaceChildren(...items.map(row));
    if (!items.length) picks.append(el("li", { className: "muted pad", textContent: "이름이나 내용에 그런 말이 있는 문서가 없습니다. 다른 말로 찾아보세요." }));
  } catch (error) { picks.replaceChildren(el("li", { className: "muted pad", textContent: error instanceof TypeError ? offline : error.message })); }
}
query?.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(propose, 200); });
query?.addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown" || (e.key === "Enter" && !e.isComposing)) { e.preventDefault(); $("button", picks)?.focus(); }
});
picks?.addEventListener("keydown", (e) => {
  if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
  e.preventDefault();
  const all = $$("button", picks), to = all.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
  (all[to] ?? (to < 0 ? query : all.at(-1))).focus();
});
$('[data-open-dialog="picker"]')?.addEventListener("click", propose);

// ---- lines that grow: a new blank one when the last is written in ------------------------------------
document.addEventListener("input", (e) => {
  if (e.target.form === form) changed = true;
  const starters = e.target.closest('[data-rows="starter"]');
  if (starters && e.target === starters.lastElementChild && starters.children.length <= MOST.starter) {
    const more = e.target.cloneNode();
    more.value = "";
    more.ariaLabel = `시작 질문 ${starters.children.length}`;
    starters.append(more);
  }
  const trial = e.target.name === "trial" && e.target.closest("[data-trial]");
  if (trial && trial === trial.parentElement.lastElementChild && $$("[data-trial]").length < MOST.trial) {
    const number = $$("[data-trial]").length + 1, more = trial.cloneNode(true);
    const [text, select] = [$("input", more), $("select", more)];
    text.value = ""; text.id = `tq${number}`; select.value = ""; select.id = `td${number}`;
    const [first, second] = $$("label", more);
    first.htmlFor = text.id; first.textContent = `질문 ${number}`; second.htmlFor = select.id;
    trial.after(more);
  }
});
form?.addEventListener("submit", () => {
  // Many questions take some seconds.
  for (const b of $$("#bot-form button:not([type]), button[form='bot-form']")) { b.textContent = "저장하고 시험하는 중…"; b.setAttribute("aria-busy", "true"); }
});
document.addEventListener("submit", () => { changed = false; });
addEventListener("beforeunload", (e) => { if (changed) e.preventDefault(); });
