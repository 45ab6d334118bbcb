// What stands around the question box: chosen documents, attachments, which model may see what,
// and the end of a temporary conversation.
import { $, $$, csrf, el, fragment, icon, offline, problem, toast } from "./dom.js";

const chat = $(".chat"), form = $("[data-ask]"), pills = $("[data-pills]"), scope = $("#scope");
const RANK = { O: 0, S: 1, C: 2 }, NAMES = { O: "공개", S: "민감", C: "기밀" };
const higher = (a, b) => (RANK[a] >= RANK[b] ? a : b);

// ---- scope: documents that were chosen, else the kind -----------------------------------------
function pill(label, glyph, remove, inside = []) {
  const button = el("button", { type: "button", ariaLabel: `‘${label}’ 빼기`, onclick: remove }, icon("x"));
  return el("li", { className: "pill" }, ...inside, icon(glyph), el("span", { textContent: label }), button);
}
function choose(id, title, grade) {
  if ($(`input[name="document"][value="${id}"]`, pills)) { $("textarea", form).focus(); return; }
  const held = el("input", { type: "hidden", name: "document", value: id });
  const made = pill(title, "file-text", () => unchoose(made), [held]);
  made.dataset.grade = grade;
  pills.append(made);
  changed();
}
function unchoose(item) { item.remove(); changed(); $("textarea", form).focus(); }
function changed() {
  const chosen = $$("[data-grade]", pills).length > 0;
  $("[data-kind]", pills)?.remove();
  scope.hidden = chosen;
  if (!chosen && scope.value) {
    const made = pill(scope.selectedOptions[0].textContent, "folder-open", () => { scope.value = ""; changed(); $("textarea", form).focus(); });
    made.dataset.kind = scope.value;
    pills.prepend(made);
  }
  warn();
}

// ---- grade and model ----------------------------------------------------------------------------
function heldGrade() {
  return $$("[data-grade]", pills).reduce((most, item) => higher(most, item.dataset.grade), $("[data-attached]").dataset.grade || "O");
}
/** Say before anything is sent that the chosen model will not be asked. */
function warn() {
  const held = $("[data-attached]").dataset.grade || "O", most = heldGrade();
  const line = $("[data-held]"), mark = $(`[data-grade="${held}"]`, $("[data-grades]").content);
  line.hidden = held === "O";
  $("[data-held-mark]").replaceChildren(mark.cloneNode(true));
  const model = $("#model"), note = $("[data-model-note]"), option = model?.selectedOptions[0];
  const first = model?.value === "" ? $$("option", model).slice(1, -1) : [option];
  const may = !model || model.value === "발췌" || first.some((o) => RANK[o.dataset.grade] >= RANK[most]);
  note.hidden = may;
  if (!may) {
    const who = model.value ? `‘${option.textContent}’ 모델은 ${NAMES[option.dataset.grade]} 등급까지만` : "지금 연결된 모델은 모두";
    note.textContent = `이 질문에는 ${NAMES[most]} 등급 자료가 쓰입니다. ${who}${model.value ? "" : " 이 등급을"} 볼 수 ${model.value ? "있어" : "없어"}, 모델에 보내지 않고 원문을 발췌해 답합니다.`;
  }
}

// ---- choosing documents while typing --------------------------------------------------------------
const query = $("#picker-q"), picks = $("#picks");
let asked = 0, typing = 0;
async function propose() {
  const turn = ++asked;
  try {
    const response = await fetch(`/chat/documents?q=${encodeURIComponent(query.value.trim())}`, { credentials: "same-origin" });
    if (!response.ok) throw new Error(await problem(response));
    const { items } = await response.json();
    if (turn !== asked) return;
    picks.replaceChildren(...items.map((d) => {
      const about = [d.department, NAMES[d.grade]].filter(Boolean).join(" · ");
      const button = el("button", { type: "button", className: "line", onclick: () => { choose(d.id, d.title, d.grade); $("#picker").close(); $("textarea", form).focus(); } },
        el("span", { className: "grow" }, el("strong", { textContent: d.title }), el("span", { className: "small muted", textContent: about }), ...(d.text ? [el("span", { className: "small excerpt", textContent: d.text })] : [])));
      return el("li", {}, button);
    }));
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

// ---- attachments ----------------------------------------------------------------------------------
const WATCH_MS = 1500;
const waiting = [];
let sending = false, watching = 0;
const talk = () => Number($('input[name="conversation_id"]', form)?.value || 0);
function settle(cid) {
  for (const target of [form, $("[data-attach-form]")]) {
    if (!$('input[name="conversation_id"]', target)) target.append(el("input", { type: "hidden", name: "conversation_id", value: cid }));
  }
  if (location.pathname === "/chat") history.replaceState(null, "", `/chat/${cid}`);
}
async function redraw() {
  watching = 0;
  const cid = talk();
  if (!cid) return;
  try {
    const response = await fetch(`/chat/${cid}/attachments`, { credentials: "same-origin" });
    const open = $(".attached .menu[open], .attached [id^=adopt]:not([hidden])");
    if (response.ok && !open) {
      const held = $("#attached :focus")?.getAttribute("aria-label");
      $("#attached").replaceWith(fragment(await response.text()).firstElementChild);
      if (held) $(`#attached [aria-label="${CSS.escape(held)}"]`)?.focus();
      warn();
    }
  } catch { /* the next round tries again */ }
  if ("working" in $("#attached").dataset) watching = setTimeout(redraw, WATCH_MS);
  else if (held) send();
}
function attach(files) {
  const most = Number(chat.dataset.attach);
  for (const file of files) {
    const state = el("b", { textContent: "기다리는 중" }), bar = el("progress", { max: 100, value: 0, ariaLabel: `${file.name} 올리기 진행률` });
    const why = el("span", { className: "why" });
    const row = el("li", {}, el("span", { textContent: file.name }), state, bar, why);
    const fail = (text) => {
      state.textContent = "첨부하지 못함";
      bar.remove();
      why.textContent = text;
      row.append(el("button", { type: "button", className: "icon-btn", ariaLabel: "알림 닫기", onclick: () => row.remove() }, icon("x")));
    };
    $(".sending").append(row);
    if (!file.size) fail("빈 파일이거나 폴더입니다. 파일을 골라 주세요.");
    else if (most && file.size > most * 1048576) fail(`${most}MB보다 큰 파일입니다. 나누어 첨부해 주세요.`);
    else waiting.push({ file, row, state, bar, fail });
  }
  next();
}
// One after another: the first one may make the conversation that the others belong to.
function next() {
  if (sending || !waiting.length) return;
  sending = true;
  const { file, row, state, bar, fail } = waiting.shift();
  const body = new FormData();
  body.append("file", file, file.name);
  body.append("grade", $("#attach-grade").value);
  if (talk()) body.append("conversation_id", talk());
  const request = new XMLHttpRequest();
  const done = () => { sending = false; next(); };
  request.upload.onprogress = (e) => { if (e.lengthComputable) { state.textContent = "올리는 중"; bar.value = Math.round(100 * e.loaded / e.total); } };
  request.onload = () => {
    const answer = request.response ?? {};
    if (request.status >= 400 || !answer.conversation_id) fail(answer.detail || "올리지 못했습니다. 다시 시도해 주세요.");
    else { row.remove(); settle(answer.conversation_id); clearTimeout(watching); redraw(); }
    done();
  };
  request.onerror = () => { fail(offline); done(); };
  request.open("POST", "/chat/attachments");
  request.responseType = "json";
  request.setRequestHeader("X-CSRF-Token", csrf());
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
}
$("[data-attach-form]")?.addEventListener("submit", (e) => {
  e.preventDefault();
  attach([...$("#attach-file").files]);
  $("#attach-file").value = "";
  $("#attach").close();
});
if (chat && "attach" in chat.dataset) {
  const holds = (e) => e.dataTransfer?.types.includes("Files");
  let depth = 0;
  chat.addEventListener("dragenter", (e) => { if (holds(e)) { e.preventDefault(); depth += 1; chat.dataset.over = ""; } });
  chat.addEventListener("dragover", (e) => { if (holds(e)) e.preventDefault(); });
  chat.addEventListener("dragleave", (e) => { if (holds(e)) { depth -= 1; if (depth <= 0) delete chat.dataset.over; } });
  chat.addEventListener("drop", (e) => {
    if (!holds(e)) return;
    e.preventDefault();
    depth = 0;
    delete chat.dataset.over;
    attach([...e.dataTransfer.files]);
  });
}

// A question that is sent while an attachment is being read waits for it.
let held = false, released = false;
function send() { held = false; released = true; form.requestSubmit(); }
document.addEventListener("submit", (e) => {
  if (e.target !== form || released || !$("#question").value.trim() || !("working" in ($("#attached")?.dataset ?? {}))) return;
  e.preventDefault();
  e.stopImmediatePropagation();
  held = true;
  const now = el("button", { type: "button", className: "btn quiet small", textContent: "기다리지 않고 보내기", onclick: send });
  $("#chat-status").replaceChildren("첨부를 다 읽으면 보냅니다.", now);
}, true);

// ---- a temporary conversation ends when it is left --------------------------------------------------
let staying = false;
const within = (url) => { const to = new URL(url, location.href); return to.origin === location.origin && to.pathname.startsWith(`/chat/${chat.dataset.temporary}`); };
if (chat?.dataset.temporary) {
  document.addEventListener("submit", (e) => { if (!e.defaultPrevented) staying = e.target === form || within(e.target.action); });
  document.addEventListener("click", (e) => {
    const link = e.target.closest?.("a[href]");
    if (link && !e.defaultPrevented && within(link.href)) staying = true;
  });
  addEventListener("pagehide", () => {
    if (staying) return;
    const body = new FormData();
    body.append("csrf_token", csrf());
    navigator.sendBeacon(`/chat/${chat.dataset.temporary}/leave`, body);
  });
}

document.addEventListener("click", (e) => {
  const at = (selector) => e.target.closest?.(selector);
  let hit;
  if ((hit = at("[data-choose]")) && form && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    choose(hit.dataset.choose, hit.dataset.title, hit.dataset.grade);
    hit.closest("details[open]")?.removeAttribute("open");
    $("#panel [data-panel-close]")?.click();
    $("textarea", form).focus();
    toast(`‘${hit.dataset.title}’에서만 찾습니다.`);
  } else if ((hit = at("[data-unchoose]"))) unchoose(hit.closest("li"));
  else if ((hit = at("[data-unreveal]"))) {
    const box = document.getElementById(hit.dataset.unreveal);
    box.hidden = true;
    $(`[data-reveal="${box.id}"]`)?.focus();
  } else if (at('[data-open-dialog="picker"]')) propose();
});
if (form) {
  scope.addEventListener("change", changed);
  $("#model")?.addEventListener("change", warn);
  changed();
  if ("working" in $("#attached").dataset) watching = setTimeout(redraw, WATCH_MS);
}
