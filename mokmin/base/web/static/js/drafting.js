// The editor of official documents: fields and items at the left, paper at the right, saved as one writes.
import { $, $$, csrf, el, icon, offline, problem, toast } from "./dom.js";
import { layPaper } from "./paper.js";

const root = $("main.draft");
const id = root.dataset.draft;
const writable = "writable" in root.dataset;
let state = JSON.parse(root.dataset.state);
const undone = [];
let timer = 0, saving = false, again = false, stuck = false;
const STYLES = { item: "항목", bullet: "□○-", heading: "제목", text: "문단", lead: "첫 문단", quote: "인용", note: "덧붙임", box: "상자" };
const TOLD = { ai: "AI가 쓴 글", fact: "적은 사실", source: "문서에서 가져옴", form: "서식의 말", person: "사람이 고친 글", blank: "빠진 사실" };
const ACTIONS = { shorter: "더 짧게", clearer: "더 또렷하게", polite: "더 정중하게", plain: "쉬운 말로", basis: "법적 근거 달기", numbers: "수 확인" };
const ROLES = ["기안", "검토", "협조", "결재"];

const textOf = (block) => block.spans.map((span) => span.text).join("");
const copy = (value) => JSON.parse(JSON.stringify(value));

// --- what is written ------------------------------------------------------------------------
function changed(before) {
  if (before) { undone.push(before); if (undone.length > 100) undone.shift(); $("[data-undo]").disabled = false; }
  say("고친 글을 저장하고 있습니다");
  clearTimeout(timer);
  timer = setTimeout(save, 500);
}

async function save() {
  if (!writable || stuck) return;
  if (saving) { again = true; return; }
  saving = true;
  const sent = copy(state.document);
  try {
    const answer = await fetch(`/drafts/${id}`, {
      method: "PUT", credentials: "same-origin", body: JSON.stringify({ revision: state.revision, document: sent }),
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf(), Accept: "application/json" },
    });
    if (!answer.ok) {
      const why = await problem(answer);
      stuck = answer.status === 409;
      say(stuck ? "저장하지 못했습니다" : "저장하지 못했습니다. 다시 해 봅니다");
      toast(why);
      if (!stuck) again = true;
      return;
    }
    const fresh = await answer.json();
    const mine = state.document;
    state = fresh;
    // What was typed while the server answered stays.
    if (JSON.stringify(mine) !== JSON.stringify(sent)) { state.document = mine; again = true; }
    around();
    say(`저장됨 ${fresh.saved}`);
  } catch { say("저장하지 못했습니다. 다시 해 봅니다"); toast(offline); again = true; }
  finally {
    saving = false;
    if (again && !stuck) { again = false; clearTimeout(timer); timer = setTimeout(save, 1500); }
  }
}

const say = (text) => { $("[data-saved]").textContent = text; };

// --- the left side ----------------------------------------------------------------------------
function drawFields() {
  const made = (group) => state.fields.flatMap((field, at) => ((field.group === "foot") === group ? [fieldRow(field, at)] : []));
  $("[data-fields]").replaceChildren(...made(false));
  const foot = made(true);
  $("[data-foot]").replaceChildren(...foot);
  $(".foot-fields").hidden = !foot.length;
}

function fieldRow(field, at) {
    const span = state.document.fields[field.key] ?? { text: "", origin: "form", ref: "" };
    const name = `field-${at}`;
    const value = span.origin === "blank" ? "" : span.text;
    const input = field.choices.length
      ? el("select", { className: "input", id: name }, el("option", { value: "", textContent: "" }), ...choices(field.choices, value))
      : el("input", { className: "input", id: name, value, placeholder: span.origin === "blank" ? "[  ] 빠진 사실" : "", autocomplete: "off" });
    input.dataset.anchor = `field:${field.key}`;
    input.disabled = !writable;
    if (field.choices.length) input.value = value;
    input.addEventListener("input", () => {
      const before = copy(state.document);
      const text = input.value.trim();
      if (text) state.document.fields[field.key] = { text: input.value, origin: "person", ref: "" };
      else if (span.origin === "blank") state.document.fields[field.key] = { text: "[  ]", origin: "blank", ref: span.ref };
      else delete state.document.fields[field.key];
      changed(before);
    });
    return el("div", { className: field.group === "head" && field.key === "제목" ? "field wide" : "field" }, el("label", { htmlFor: name, textContent: field.label }), input);
}

function choices(all, value) {
  const known = all.includes(value) || !value ? all : [value, ...all];
  return known.map((text) => el("option", { value: text, textContent: text }));
}

function drawBlocks(focus) {
  const list = $("[data-blocks]");
  list.replaceChildren(...state.document.body.map(row));
  const loose = (state.suggestions ?? []).filter((one) => !one.before || one.at >= state.document.body.length);
  list.append(...loose.map((one) => el("li", { className: "block loose" }, proposal(one))));
  if (focus) {
    const area = $(`[data-at="${focus.at}"] textarea, [data-at="${focus.at}"] input`, list);
    area?.focus();
    if (area?.setSelectionRange && focus.caret !== undefined) area.setSelectionRange(focus.caret, focus.caret);
  }
}

function row(block, at) {
  const origin = block.style === "table" ? "" : block.spans.find((span) => span.origin !== "form")?.origin ?? "form";
  const mark = el("span", { className: "mark num", textContent: state.marks?.[at] ?? "" });
  const item = el("li", { className: `block level-${block.level} style-${block.style}` });
  item.dataset.at = String(at);
  item.append(mark, block.style === "table" ? grid(block, at) : area(block, at, origin), tools(block, at, origin));
  for (const one of state.suggestions ?? []) if (one.at === at && one.before) item.append(proposal(one));
  return item;
}

function area(block, at, origin) {
  const text = textOf(block);
  const input = el("textarea", { className: `input from-${origin}`, value: text, rows: 1, spellcheck: false });
  input.setAttribute("aria-label", `${state.marks?.[at] || STYLES[block.style]} ${at + 1}번째 항목`);
  input.dataset.anchor = `body:${at}`;
  input.readOnly = !writable;
  const fit = () => { input.style.height = "auto"; input.style.height = `${input.scrollHeight + 2}px`; };
  requestAnimationFrame(fit);
  input.addEventListener("input", () => {
    const before = copy(state.document);
    state.document.body[at].spans = respan(before.body[at].spans, input.value);
    fit();
    changed(before);
  });
  input.addEventListener("keydown", (event) => keys(event, at, input));
  input.addEventListener("focus", () => light(`body:${at}`));
  return input;
}

/** Spans after an edit: what stays at both ends keeps its origin, what is new is the person's. */
function respan(spans, text) {
  const old = spans.map((span) => span.text).join("");
  let head = 0;
  while (head < old.length && head < text.length && old[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < text.length - head && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  const cut = (from, to) => {
    const kept = [];
    let at = 0;
    for (const span of spans) {
      const [begin, end] = [Math.max(from - at, 0), Math.min(to - at, span.text.length)];
      if (begin < end && span.origin !== "blank") kept.push({ ...span, text: span.text.slice(begin, end) });
      else if (begin < end) kept.push({ text: span.text.slice(begin, end), origin: end - begin === span.text.length ? "blank" : "person", ref: span.ref });
      at += span.text.length;
    }
    return kept;
  };
  const middle = text.slice(head, text.length - tail);
  const made = [...cut(0, head), ...(middle ? [{ text: middle, origin: "person", ref: "" }] : []), ...cut(old.length - tail, old.length)];
  return made.length ? made : [{ text, origin: "person", ref: "" }];
}

function keys(event, at, input) {
  if (event.isComposing || !writable) return;
  const body = state.document.body;
  const block = body[at];
  const before = copy(state.document);
  if (event.key === "Enter" && !event.shiftKey && block.style !== "box") {
    event.preventDefault();
    const caret = input.selectionStart;
    const right = input.value.slice(input.selectionEnd);
    block.spans = respan(block.spans, input.value.slice(0, caret));
    body.splice(at + 1, 0, { style: block.style === "lead" ? "text" : block.style, level: block.level, spans: [{ text: right, origin: "person", ref: "" }] });
    redraw(before, { at: at + 1, caret: 0 });
  } else if (event.key === "Backspace" && !input.value && body.length > 1) {
    event.preventDefault();
    body.splice(at, 1);
    redraw(before, { at: Math.max(0, at - 1) });
  } else if (event.altKey && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
    event.preventDefault();
    level(at, event.key === "ArrowRight" ? 1 : -1);
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    move(at, event.key === "ArrowDown" ? 1 : -1);
  }
}

const redraw = (before, focus) => { guess(); drawBlocks(focus); changed(before); };
const most = (style) => ({ item: 8, bullet: 4, heading: 3 })[style] ?? 1;
function level(at, by) {
  const before = copy(state.document);
  const block = state.document.body[at];
  block.level = Math.min(most(block.style), Math.max(1, block.level + by));
  redraw(before, { at });
}
function move(at, by) {
  const body = state.document.body;
  if (at + by < 0 || at + by >= body.length) return;
  const before = copy(state.document);
  [body[at], body[at + by]] = [body[at + by], body[at]];
  redraw(before, { at: at + by });
}
/** Marks stay as they are until the server has counted anew. */
function guess() { state.marks = state.document.body.map((block) => (block.style === "bullet" ? "□○-※"[block.level - 1] : block.style === "item" ? "·" : "")); }

function tools(block, at, origin) {
  if (!writable) return el("span", {});
  const button = (label, glyph, action) => { const b = el("button", { type: "button", className: "icon-btn", title: label, onclick: action }, icon(glyph)); b.setAttribute("aria-label", label); return b; };
  const menu = el("details", { className: "menu" });
  const summary = el("summary", { className: "icon-btn", title: "이 항목" }, icon("ellipsis-vertical"));
  summary.setAttribute("aria-label", `${at + 1}번째 항목 다루기`);
  const act = (label, action) => el("button", { type: "button", textContent: label, onclick: () => { menu.open = false; action(); } });
  const styles = block.style === "table" ? [] : Object.entries(STYLES).filter(([key]) => key !== block.style).map(([key, label]) => act(`${label}(으)로 바꾸기`, () => {
    const before = copy(state.document); block.style = key; block.level = Math.min(block.level, most(key)); redraw(before, { at });
  }));
  const told = origin && origin !== "form" ? [el("p", { className: "small muted", textContent: `${TOLD[origin]}${source(block)}` })] : [];
  menu.append(summary, el("div", {}, ...told,
    ...(block.style === "table" ? [] : Object.entries(ACTIONS).map(([key, label]) => act(label, () => suggest(key, at)))),
    act("의견 달기", () => { show("tab-comments"); $("#f-anchor").value = `body:${at}`; $("#f-comment").focus(); }),
    act("위로 (Alt+↑)", () => move(at, -1)), act("아래로 (Alt+↓)", () => move(at, 1)),
    ...styles, act("지우기", () => { const before = copy(state.document); state.document.body.splice(at, 1); redraw(before, { at: Math.max(0, at - 1) }); })));
  const levels = ["item", "bullet", "heading"].includes(block.style)
    ? [button("한 단계 위로", "chevron-left", () => level(at, -1)), button("한 단계 아래로", "chevron-right", () => level(at, 1))] : [];
  return el("span", { className: "block-tools" }, ...levels, menu);
}
const source = (block) => { const span = block.spans?.find((one) => one.origin === "source" || one.origin === "ai"); return span?.ref ? `: ${span.ref}` : ""; };

function grid(block, at) {
  const box = el("div", { className: "table-edit" });
  const table = el("table", {});
  block.rows.forEach((cells, y) => {
    const line = el("tr", {});
    cells.forEach((cell, x) => {
      const input = el("input", { className: "input", value: cell.text, readOnly: !writable });
      input.setAttribute("aria-label", `표 ${y + 1}행 ${x + 1}칸`);
      input.addEventListener("input", () => { const before = copy(state.document); Object.assign(state.document.body[at].rows[y][x], { text: input.value, origin: "person", ref: "" }); changed(before); });
      const holder = el(y < block.heads ? "th" : "td", {}, input);
      if (cell.row_span > 1) holder.rowSpan = cell.row_span;
      if (cell.col_span > 1) holder.colSpan = cell.col_span;
      line.append(holder);
    });
    table.append(line);
  });
  const blank = () => ({ text: "", row_span: 1, col_span: 1, origin: "person", ref: "" });
  const width = Math.max(1, ...block.rows.map((cells) => cells.length));
  const act = (label, action) => el("button", { type: "button", className: "btn small", textContent: label, onclick: () => { const before = copy(state.document); action(state.document.body[at].rows); redraw(before, { at }); } });
  box.append(el("div", { className: "table-scroll", tabIndex: 0, role: "group", ariaLabel: "표 고치기" }, table));
  if (writable) box.append(el("div", { className: "row" },
    act("행 더하기", (rows) => rows.push(Array.from({ length: width }, blank))), act("칸 더하기", (rows) => rows.forEach((cells) => cells.push(blank()))),
    ...(block.rows.length > 1 ? [act("끝 행 빼기", (rows) => rows.pop())] : []), ...(width > 1 ? [act("끝 칸 빼기", (rows) => rows.forEach((cells) => { if (cells.length > 1) cells.pop(); }))] : [])));
  return box;
}

// --- suggestions: shown as tracked changes, taken one by one ---------------------------------------
async function suggest(action, at) {
  clearTimeout(timer);
  await save();
  say("다듬고 있습니다");
  const answer = await send(`/drafts/${id}/suggest`, { action, at });
  if (!answer) return;
  for (const notice of answer.notices) toast(notice);
  take(answer, at);
}

function proposal(one) {
  const words = one.diff.map(([kind, text]) => (kind === "same" ? text : el(kind, { textContent: text })));
  const answer = (accept) => async () => {
    clearTimeout(timer);
    if (accept) await save();
    const before = copy(state.document);
    const fresh = await send(`/drafts/${id}/suggestions/${one.id}`, new URLSearchParams({ accept: String(accept) }));
    if (!fresh) return;
    if (accept) { undone.push(before); $("[data-undo]").disabled = false; }
    take(fresh, one.at);
  };
  return el("div", { className: "proposal", role: "group", ariaLabel: `제안: ${one.action}` },
    el("p", { className: "small" }, el("strong", { textContent: one.action }), ` · ${one.by}`),
    el("p", {}, ...words), el("p", { className: "small muted", textContent: one.why }),
    ...(writable ? [el("div", { className: "row" }, el("button", { type: "button", className: "btn small primary", textContent: "받아들이기", onclick: answer(true) }), el("button", { type: "button", className: "btn small", textContent: "버리기", onclick: answer(false) }))] : []));
}

async function send(url, body) {
  const form = body instanceof URLSearchParams;
  try {
    const answer = await fetch(url, { method: "POST", credentials: "same-origin", body: form ? body : JSON.stringify(body), headers: { "X-CSRF-Token": csrf(), Accept: "application/json", ...(form ? {} : { "Content-Type": "application/json" }) } });
    if (answer.ok) return await answer.json();
    toast(await problem(answer));
  } catch { toast(offline); }
  say("다시 해 주십시오");
  return null;
}

function take(fresh, at) {
  state = fresh;
  draw();
  say(`저장됨 ${fresh.saved}`);
  $(`[data-at="${at}"] textarea`, $("[data-blocks]"))?.focus();
}
$("[data-prose]")?.addEventListener("click", () => { $("[data-prose]").closest("details").open = false; suggest("prose", state.document.body.length); });

// --- attachments, decision line -----------------------------------------------------------------
function drawEnds() {
  const attachments = $("[data-attachments]"), approvers = $("[data-approvers]");
  if (document.activeElement !== attachments) attachments.value = state.document.attachments.map((span) => span.text).join("\n");
  if (document.activeElement !== approvers) approvers.value = state.document.approvers.map((a) => [a.role, a.post, a.name].filter(Boolean).join(" ")).join("\n");
  for (const box of [attachments, approvers]) box.readOnly = !writable;
}
$("[data-attachments]").addEventListener("input", (event) => {
  const before = copy(state.document);
  const known = new Map(before.attachments.map((span) => [span.text, span]));
  state.document.attachments = event.target.value.split("\n").filter((line) => line.trim()).map((line) => known.get(line) ?? { text: line.trim(), origin: "person", ref: "" });
  changed(before);
});
$("[data-approvers]").addEventListener("input", (event) => {
  const before = copy(state.document);
  state.document.approvers = event.target.value.split("\n").map((line) => line.trim().split(/\s+/)).filter((words) => ROLES.includes(words[0])).map(([role, ...words]) => {
    const named = words.length > 1 && /^[가-힣]{2,4}$/.test(words.at(-1));
    return { role, post: (named ? words.slice(0, -1) : words).join(" "), name: named ? words.at(-1) : "", signed_on: "", how: "" };
  });
  changed(before);
});

// --- paper, findings, blanks ----------------------------------------------------------------------
function around() {
  const count = layPaper($("[data-paper]"), state.preview);
  $("[data-pages]").textContent = `${count}쪽`;
  $$("[data-blocks] > li").forEach((line, at) => { $(".mark", line).textContent = state.marks[at] ?? ""; });
  const blanks = $("[data-blanks]");
  blanks.replaceChildren(...(state.blanks.length ? [el("p", { className: "notice warn small" }, icon("circle-alert"), el("span", { textContent: `빠진 사실 ${state.blanks.length}가지를 [  ]로 남겼습니다: ${state.blanks.map((b) => b.key).join(", ")}` }))] : []));
  drawFindings();
}

/** The findings that one click mends, above the paper. */
function drawQuick() {
  const quick = writable ? state.findings.filter((one) => one.fix !== null && one.kind !== "info").slice(0, 3) : [];
  const box = $("[data-quick]");
  box.hidden = !quick.length;
  box.replaceChildren(...quick.map((one) => el("p", { className: "quick" }, el("span", { className: "grow", textContent: one.message }),
    el("button", { type: "button", className: "link", textContent: one.mend, onclick: () => mend(one) }))));
}

function drawFindings() {
  drawQuick();
  const box = $("[data-findings]"), found = state.findings;
  $("[data-count]").textContent = found.length ? String(found.length) : "";
  box.replaceChildren(...(found.length ? found.map(finding) : [el("p", { className: "notice ok", textContent: "규칙 검토에서 찾은 것이 없습니다. 내용이 사실과 맞는지는 사람이 확인해야 합니다." })]));
}

function finding(one) {
  const box = el("article", { className: `finding-card ${one.kind}` });
  const go = el("button", { type: "button", className: "link", textContent: one.where, onclick: () => { show("tab-write"); $(`#pane-write [data-anchor="${one.anchor}"]`)?.focus(); light(one.anchor); } });
  box.append(el("p", { className: "row" }, el("span", { className: `badge ${one.kind}`, textContent: one.severity }), go), el("p", { textContent: one.message }), el("p", { className: "small muted", textContent: one.source }));
  if (one.fix !== null && writable) box.append(el("button", { type: "button", className: "btn small", textContent: one.mend, onclick: () => mend(one) }));
  return box;
}

$("[data-opinions]").addEventListener("click", async (event) => {
  const button = event.currentTarget, box = $("[data-opinion-list]");
  clearTimeout(timer);
  if (writable) await save();
  button.disabled = true;
  box.replaceChildren(el("p", { className: "muted", textContent: "글을 읽고 있습니다." }));
  const answer = await send(`/drafts/${id}/opinions`, {});
  button.disabled = false;
  if (!answer) { box.replaceChildren(); return; }
  box.replaceChildren(
    ...answer.opinions.map((one) => el("article", { className: "finding-card info" },
      el("p", { className: "row" }, el("span", { className: "badge info", textContent: one.aspect }),
        el("button", { type: "button", className: "link", textContent: `${one.at + 1}번째 항목`, onclick: () => { show("tab-write"); $(`[data-at="${one.at}"] textarea`, $("[data-blocks]"))?.focus(); light(`body:${one.at}`); } })),
      el("p", {}, el("q", { textContent: one.quote })), el("p", { textContent: one.text }))),
    ...answer.notices.map((text) => el("p", { className: "small muted", textContent: text })),
    ...(answer.model ? [el("p", { className: "small muted", textContent: `AI 의견 · ${answer.model} · 판단은 사람이 합니다.` })] : []));
});

async function mend(one) {
  clearTimeout(timer);
  const before = copy(state.document);
  const fresh = await send(`/drafts/${id}/fix`, { revision: state.revision, rule: one.rule, place: one.place });
  if (!fresh) return;
  state = fresh;
  undone.push(before);
  $("[data-undo]").disabled = false;
  draw();
  say(`저장됨 ${state.saved}`);
}

function light(anchor) {
  for (const lit of $$(".lit", $("[data-paper]"))) lit.classList.remove("lit");
  const part = $(`[data-paper] [data-anchor="${CSS.escape(anchor)}"]`) ?? $(`[data-paper] [data-anchor="${anchor}"]`);
  part?.classList.add("lit");
  part?.scrollIntoView({ block: "nearest" });
}
$("[data-paper]").addEventListener("click", (event) => {
  const part = event.target.closest("[data-anchor]");
  const blank = event.target.closest(".from-blank");
  const anchor = blank && $(`#pane-write [data-anchor="field:${blank.dataset.ref}"]`) ? `field:${blank.dataset.ref}` : part?.dataset.anchor;
  if (!anchor) return;
  if (getComputedStyle($("#tab-paper")).display === "none") show("tab-write");
  $(`#pane-write [data-anchor="${anchor}"]`)?.focus();
});

// --- tabs, buttons --------------------------------------------------------------------------------
const tabs = $$("[role=tab]", root);
function show(name) {
  for (const tab of tabs) {
    const on = tab.id === name;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    const pane = document.getElementById(tab.getAttribute("aria-controls"));
    if (tab.id !== "tab-paper") pane.hidden = !on;
    else pane.classList.toggle("shown", on);
  }
  if (name === "tab-paper") around();
}
tabs.forEach((tab, at) => {
  tab.addEventListener("click", () => show(tab.id));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const seen = tabs.filter((one) => one.offsetParent !== null);
    const next = seen[(seen.indexOf(tab) + (event.key === "ArrowRight" ? 1 : -1) + seen.length) % seen.length];
    show(next.id); next.focus();
  });
});
$("[data-undo]").addEventListener("click", () => {
  const before = undone.pop();
  $("[data-undo]").disabled = !undone.length;
  if (!before) return;
  state.document = before;
  guess();
  drawAll();
  changed();
});
for (const button of $$("[data-add]")) button.addEventListener("click", () => {
  const before = copy(state.document), body = state.document.body, last = body.at(-1);
  const style = button.dataset.add === "item" && last?.style === "bullet" ? "bullet" : button.dataset.add;
  const cell = (text = "") => ({ text, row_span: 1, col_span: 1, origin: "person", ref: "" });
  body.push(style === "table" ? { style, level: 1, rows: [[cell("구분"), cell("내용")], [cell(), cell()]], heads: 1, caption: "", unit: "" }
    : { style, level: last?.style === style ? last.level : 1, spans: [{ text: "", origin: "person", ref: "" }] });
  redraw(before, { at: body.length - 1 });
});
$("[data-print]")?.addEventListener("click", () => { show("tab-paper"); print(); });
$("[data-take]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(`/drafts/${id}/lock`, { method: "POST", credentials: "same-origin", body: new URLSearchParams({ take: "true" }), headers: { "X-CSRF-Token": csrf() } });
  if (answer.ok) location.reload(); else toast(await problem(answer));
});
if (writable) setInterval(() => fetch(`/drafts/${id}/lock`, { method: "POST", credentials: "same-origin", body: new URLSearchParams(), headers: { "X-CSRF-Token": csrf() } }).catch(() => {}), 40_000);
$("[data-file]").addEventListener("click", async (event) => { if (timer && !stuck) { event.preventDefault(); clearTimeout(timer); timer = 0; await save(); location.href = event.currentTarget?.href ?? `/drafts/${id}/file`; } });
window.addEventListener("beforeunload", (event) => { if (saving || stuck) event.preventDefault(); });

if (location.hash === "#comments") show("tab-comments");
const drawAll = () => { drawFields(); drawBlocks(); drawEnds(); };
function draw() { drawAll(); around(); }
for (const box of $$("[data-adders]")) box.hidden = !writable;
draw();
let width = 0;
new ResizeObserver(([entry]) => { if (Math.abs(entry.contentRect.width - width) > 1) { width = entry.contentRect.width; layPaper($("[data-paper]"), state.preview); } }).observe($("#pane-paper"));
