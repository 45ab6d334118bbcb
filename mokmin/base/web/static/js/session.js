// Says two minutes before a session ends, keeps it alive on request, and takes a new sign-in of another
// window over, so that what was typed here is never lost.
import { $, $$, csrf, toast } from "./dom.js";

const box = $("#session-end");
const WARN = Number(box?.dataset.warn ?? 120) * 1000;
let idleEnd = 0, hardEnd = 0, asked = 0, dismissed = false;

const end = () => Math.min(idleEnd, hardEnd);

function learn({ idle, absolute }) {
  idleEnd = Date.now() + idle * 1000;
  hardEnd = Date.now() + absolute * 1000;
}

/** The state of the session at the server: its answer, null when it has ended, undefined when unknown. */
async function ask(path, method = "GET") {
  asked = Date.now();
  try {
    const answer = await fetch(path, { method, headers: { Accept: "application/json", "X-CSRF-Token": csrf() } });
    if (answer.status === 401) return null;
    return answer.ok ? await answer.json() : undefined;
  } catch { return undefined; }
}

function show(ended) {
  const left = Math.max(0, end() - Date.now()), minutes = Math.max(1, Math.ceil(left / 60000));
  const final = !ended && hardEnd <= idleEnd;
  $("#session-end-title").textContent = ended ? "로그인 시간이 끝났습니다" : "곧 로그아웃됩니다";
  $("[data-session-say]", box).textContent = ended
    ? "쓰던 글은 이 화면에 그대로 있습니다. 새 창에서 로그인한 뒤 돌아와 ‘계속 쓰기’를 누르세요."
    : final ? `하루 동안 쓸 수 있는 시간이 ${minutes}분 뒤에 끝납니다. 쓰던 글을 저장하거나, 끝난 뒤 새 창에서 다시 로그인하세요.`
      : `한동안 쓰지 않아 ${minutes}분 뒤에 로그아웃됩니다. 쓰던 글은 그대로 있습니다.`;
  $("[data-session-keep]", box).hidden = final;
  $("[data-session-door]", box).hidden = !ended;
  if (!box.open) { box.showModal(); $(final ? "[data-session-later]" : "[data-session-keep]", box).focus(); }
}

function refresh(state) {
  const meta = $('meta[name="csrf-token"]');
  if (meta.content !== state.csrf) {
    meta.content = state.csrf;
    for (const input of $$('input[name="csrf_token"]')) input.value = state.csrf;
  }
  learn(state);
  dismissed = false;
}

async function tick() {
  if (end() - Date.now() > WARN || (dismissed && end() > Date.now())) return;
  if (Date.now() - asked >= 10000) {
    const state = await ask("/account/session");
    if (state && state.login === box.dataset.login) {
      learn(state);
      if (end() - Date.now() > WARN) { if (box.open) box.close(); return; }
    }
  }
  show(end() <= Date.now());
}

async function keep() {
  const ended = end() <= Date.now();
  let state = await ask("/account/session");
  if (state && state.login !== box.dataset.login) {
    $("[data-session-say]", box).textContent = "다른 사람으로 로그인했습니다. 쓰던 글을 옮겨 적은 뒤 화면을 새로 고쳐 주세요.";
    return;
  }
  if (state) { refresh(state); state = await ask("/account/session/keep", "POST"); }
  if (!state) { show(ended || state === null); return; }
  refresh(state);
  box.close();
  toast("계속 쓸 수 있습니다.");
}

if (box) {
  learn({ idle: Number(box.dataset.idle), absolute: Number(box.dataset.absolute) });
  $("[data-session-keep]", box).addEventListener("click", keep);
  $("[data-session-later]", box).addEventListener("click", () => { dismissed = true; box.close(); });
  box.addEventListener("cancel", () => { dismissed = true; });
  setInterval(tick, 5000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
}
