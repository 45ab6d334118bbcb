// The question box, the streamed answer, and the panel that shows evidence.
import { $, $$, el, fragment, icon, offline, post, problem, toast } from "./dom.js";

// ---- question box -----------------------------------------------------------------------------
const form = $("[data-ask]"), box = form && $("textarea", form), send = form && $(".send:not(.stop)", form);
const stopButton = $("[data-stop-button]"), statusLine = $("#chat-status"), log = $("#main.log");
let stream = null;

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 224)}px`;
}
function ready() { send.disabled = !box.value.trim() || stream !== null; }

if (form) {
  let composing = false;
  box.addEventListener("compositionstart", () => { composing = true; });
  // Some browsers end the composition before the keydown of the Enter that ended it.
  box.addEventListener("compositionend", () => { setTimeout(() => { composing = false; }); });
  box.addEventListener("input", () => { grow(); ready(); });
  box.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || composing || e.isComposing || e.keyCode === 229) return;
    e.preventDefault();
    if (!send.disabled) form.requestSubmit(send);
  });
  form.addEventListener("submit", (e) => {
    if (stream) { e.preventDefault(); return; }
    send.disabled = true;
    if (statusLine) say("질문을 보내는 중", true);
  });
  addEventListener("pageshow", ready); // back button: the box works again
  grow();
  ready();
  if (box.autofocus) box.setSelectionRange(box.value.length, box.value.length);
}

// ---- streaming ----------------------------------------------------------------------------------
function say(text, busy = false) {
  const dots = el("span", { className: "dots", ariaHidden: "true" }, el("i"), el("i"), el("i"));
  statusLine.replaceChildren(...(busy ? [dots] : []), text);
}
// With very large text the log does not scroll by itself but together with the question box.
const scroller = () => (getComputedStyle(log).overflowY === "visible" ? log.parentElement : log);
const nearEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 120;
function keepEnd(change) {
  const view = scroller(), stay = nearEnd(view);
  change();
  if (!stay) return;
  // Follow the answer, but never so far that its question and first line leave the screen.
  const asked = [...log.querySelectorAll("article.q")].pop();
  const top = asked ? asked.getBoundingClientRect().top - view.getBoundingClientRect().top + view.scrollTop - 16 : Infinity;
  view.scrollTop = Math.min(view.scrollHeight, top);
}
/** Put a block in place: a known id replaces nothing (finished blocks never change). */
function addBlock(blocks, html) {
  const block = fragment(html).firstElementChild;
  if (!block || document.getElementById(block.id)) return;
  const tail = $(":scope > .tail", blocks);
  if (tail) tail.replaceWith(block); else blocks.append(block);
}
function setTail(blocks, html) {
  let tail = $(":scope > .tail", blocks);
  if (!html.trim()) { tail?.remove(); return; }
  if (!tail) { tail = el("div", { className: "tail" }); blocks.append(tail); }
  tail.replaceChildren(fragment(html), el("span", { className: "caret", ariaHidden: "true" }));
}
function finish(answer, text) {
  stream?.close();
  stream = null;
  answer.removeAttribute("aria-busy");
  delete answer.dataset.stream;
  $(".blocks > .tail .caret", answer)?.remove();
  stopButton.hidden = true;
  send.hidden = false;
  ready();
  say(text);
}
function follow(answer) {
  const blocks = $(".blocks", answer);
  let failures = 0;
  stream = new EventSource(answer.dataset.stream);
  stopButton.hidden = false;
  send.hidden = true;
  say("작성 중", true);
  const on = (name, act) => stream.addEventListener(name, (e) => { failures = 0; keepEnd(() => act(e.data)); });
  on("step", (text) => say(text, true));
  on("block", (html) => addBlock(blocks, html));
  on("tail", (html) => setTail(blocks, html));
  on("foot", (html) => { $("[data-foot]", answer)?.remove(); answer.append(fragment(html)); const mark = $("[data-head]", answer); if (mark) $(".a-head", answer)?.replaceChildren(mark.content.cloneNode(true)); });
  on("fail", (html) => { setTail(blocks, ""); answer.append(fragment(html)); finish(answer, "답을 마치지 못했습니다"); });
  on("end", () => { finish(answer, "마쳤습니다"); });
  stream.onerror = () => {
    if (stream === null) return;
    failures += 1;
    if (stream.readyState !== EventSource.CLOSED && failures < 5) { say("연결이 끊겨 다시 잇는 중", true); return; }
    finish(answer, "연결이 끊겼습니다. 쓰던 답은 서버에 남아 있으니 새로 고침하면 이어서 볼 수 있습니다.");
  };
}
stopButton?.addEventListener("click", async () => {
  const answer = $("[data-stream]");
  if (!answer) return;
  stopButton.disabled = true;
  try { await post(answer.dataset.stop); } catch { toast(offline); }
  stopButton.disabled = false;
  setTimeout(() => { if (stream) finish(answer, "여기까지 쓰고 멈췄습니다"); }, 1500); // the server sends end
  box.focus();
});
const waiting = $("[data-stream]");
if (waiting) follow(waiting);
if (log && $("article", log)) {
  const last = $$("article.q", log).at(-1);
  if (!location.hash) last?.scrollIntoView({ block: "start" });
}

// ---- evidence panel -----------------------------------------------------------------------------
const panel = $("#panel");
let opener = null;
const over = () => getComputedStyle(panel).position === "fixed";

async function openPanel(url, from) {
  if (!panel.contains(from)) opener = from;
  for (const chip of $$(".chip[aria-expanded]")) chip.removeAttribute("aria-expanded");
  if (from.matches(".chip")) from.setAttribute("aria-expanded", "true");
  const wasOpen = !panel.hidden;
  panel.hidden = false;
  if (!wasOpen) panel.replaceChildren(
    el("header", {}, el("h2", { id: "panel-title", textContent: "여는 중" })),
    el("div", { className: "panel-body stack" }, ...[1, 2, 3].map(() => el("div", { className: "skeleton" }))));
  try {
    const response = await fetch(url, { headers: { "X-Partial": "1" }, credentials: "same-origin" });
    if (!response.ok) throw new Error(await problem(response));
    panel.replaceChildren(fragment(await response.text()));
  } catch (error) {
    const close = el("button", { type: "button", className: "icon-btn", ariaLabel: "창 닫기" }, icon("x"));
    close.dataset.panelClose = "";
    panel.replaceChildren(el("header", {}, el("h2", { id: "panel-title", textContent: "열지 못했습니다" }), close),
      el("div", { className: "panel-body stack" }, el("p", { textContent: error instanceof TypeError ? offline : error.message }),
        el("div", {}, el("button", { type: "button", className: "btn", textContent: "다시 시도", onclick: () => openPanel(url, from) }))));
  }
  $("#stage").inert = over();
  panel.focus({ preventScroll: true });
  $(".hit", panel)?.scrollIntoView({ block: "nearest" });
}
function closePanel() {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  $("#stage").inert = false;
  for (const chip of $$(".chip[aria-expanded]")) chip.removeAttribute("aria-expanded");
  opener?.focus();
}

/** Plain text of an answer with its numbered sources, for pasting into a document. */
function plain(answer) {
  const copy = $(".blocks", answer).cloneNode(true);
  // A doubt travels with its sentence; "verified" needs no words.
  for (const mark of $$(".sup", copy)) mark.replaceWith(mark.matches(".ok") ? "" : ` (${mark.firstElementChild.nextSibling.textContent.trim()})`);
  for (const node of $$(".caret", copy)) node.remove();
  for (const list of $$("ol", copy)) [...list.children].forEach((item, n) => item.prepend(`${n + 1}. `));
  for (const chip of $$(".chip", copy)) chip.replaceWith(`[${chip.textContent.trim()}]`);
  for (const cell of $$("td, th", copy)) cell.append("\t");
  for (const line of $$("p, li, tr, h2, caption, header", copy)) line.append("\n");
  const text = copy.textContent.replace(/[ \u00a0]+/g, " ").replace(/ *\n\s*/g, "\n").trim();
  const sources = $$(".src", answer).map((s) => `[${s.dataset.evidence}] ${$("b", s).textContent}, ${$("small", s).textContent.trim()}`);
  const mark = $(".a-head .badge", answer)?.textContent.trim() ?? "AI";
  return `${text}\n\n근거\n${sources.join("\n")}\n\n※ ${$("[data-ai-notice]", answer).textContent.trim()} (${mark})`;
}
async function copyAnswer(answer) {
  const text = plain(answer);
  try { await navigator.clipboard.writeText(text); }
  catch { // no clipboard on plain http: select and copy the old way
    const area = el("textarea", { className: "sr", value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast("답과 근거를 복사했습니다.");
}
async function askWhy(button) {
  const foot = button.closest("[data-foot]");
  const open = $("[data-feedback-form]", foot);
  if (open) { $("input", open).focus(); return; }
  try {
    const response = await fetch(button.dataset.url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(await problem(response));
    foot.append(fragment(await response.text()));
    const form = $("[data-feedback-form]", foot);
    const close = () => { form.remove(); button.focus(); };
    $("[data-feedback-cancel]", form).addEventListener("click", close);
    form.addEventListener("keydown", (e) => { if (e.key === "Escape") { e.stopPropagation(); close(); } });
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const given = new FormData(form);
      if (await rate(button, { reason: given.get("reason"), comment: given.get("comment") })) close();
    });
    $("input", form).focus();
  } catch (error) { toast(error instanceof TypeError ? offline : error.message); }
}
async function rate(button, more = {}) {
  const was = button.getAttribute("aria-pressed") === "true";
  const value = was ? "" : button.dataset.feedback;
  if (value === "down" && !more.reason) { await askWhy(button); return false; }
  try {
    const response = await post(button.dataset.url, { value, ...more });
    if (!response.ok) throw new Error(await problem(response));
    for (const b of $$("[data-feedback]", button.parentElement)) b.setAttribute("aria-pressed", String(b === button && !was));
    if (value) toast(value === "up" ? "의견을 남겼습니다." : "의견을 남겼습니다. 담당자가 살펴봅니다.");
    return true;
  } catch (error) { toast(error instanceof TypeError ? offline : error.message); return false; }
}

document.addEventListener("click", (e) => {
  const at = (selector) => e.target.closest?.(selector);
  let hit;
  if ((hit = at("[data-evidence]")) && panel && !e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); openPanel(hit.href, hit); }
  else if ((hit = at("[data-why]"))) openPanel(hit.dataset.why, hit);
  else if (at("[data-panel-close]")) closePanel();
  else if ((hit = at("[data-copy]"))) copyAnswer(hit.closest("[data-answer]"));
  else if ((hit = at("[data-feedback]"))) rate(hit);
});
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && !$("dialog[open]")) closePanel();
  if (e.altKey && panel && !panel.hidden && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
    e.preventDefault();
    $(`[data-turn="${e.key === "ArrowDown" ? "next" : "prev"}"]`, panel)?.click();
  }
});
