// Drop files and folders, send them one by one with progress, then watch them being read.
import { $, $$, csrf, el, offline } from "./dom.js";

const zone = $("[data-drop]");
const AT_ONCE = 2, WATCH_MS = 2000;
const waiting = [], watched = new Map();
let sending = 0, timer = 0;
const names = { queued: "대기", reading: "읽는 중", indexing: "색인 중", ready: "준비됨", failed: "실패" };

function line(name) {
  const state = el("b", { textContent: "대기" }), bar = el("progress", { max: 100, value: 0, ariaLabel: `${name} 진행률` });
  const why = el("span", { className: "why" });
  const row = el("li", {}, el("span", { textContent: name }), state, bar, why);
  $(".files", zone).append(row);
  return {
    show(text, value, reason = "") {
      state.textContent = text;
      if (value === null) bar.hidden = true; else { bar.hidden = false; bar.value = value; }
      why.textContent = reason;
    },
    link(id) { $("span", row).replaceChildren(el("a", { href: `/library/${id}`, textContent: name })); },
  };
}

function add(file, path) {
  const row = line(path || file.name);
  const limit = Number(zone.dataset.maxMb) * 1048576;
  if (file.size === 0) row.show("올리지 않음", null, "빈 파일입니다. 파일을 확인하고 다시 올려 주세요.");
  else if (limit && file.size > limit) row.show("올리지 않음", null, `${zone.dataset.maxMb}MB보다 큰 파일입니다. 나누어 올려 주세요.`);
  else { waiting.push({ file, path, row }); next(); }
}

function next() {
  while (sending < AT_ONCE && waiting.length) { sending += 1; sendOne(waiting.shift()); }
}

function sendOne({ file, path, row }) {
  const body = new FormData(zone);
  body.delete("file");
  body.append("file", file, file.name);
  body.append("path", path || "");
  const request = new XMLHttpRequest();
  const done = (text, value, reason) => { row.show(text, value, reason); sending -= 1; next(); };
  request.upload.onprogress = (e) => { if (e.lengthComputable) row.show("올리는 중", Math.round(100 * e.loaded / e.total)); };
  request.onload = () => {
    const answer = request.response ?? {};
    if (request.status >= 400 || !request.response) { done("실패", null, answer.detail || "올리지 못했습니다. 다시 시도해 주세요."); return; }
    row.link(answer.document_id);
    if (answer.status === "duplicate") { done("이미 있음", null, answer.message || "같은 파일이 이미 문서고에 있습니다."); return; }
    done("대기", 0, answer.message || "");
    watched.set(answer.document_id, row);
    timer ||= setTimeout(watch, WATCH_MS);
  };
  request.onerror = () => done("실패", null, offline);
  request.open("POST", zone.action);
  request.responseType = "json";
  request.setRequestHeader("X-CSRF-Token", csrf());
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
}

async function watch() {
  timer = 0;
  try {
    const response = await fetch(`/library/status?ids=${[...watched.keys()].join(",")}`, { credentials: "same-origin" });
    if (response.ok) for (const item of await response.json()) {
      watched.get(item.document_id)?.show(names[item.state], item.state === "ready" || item.state === "failed" ? null : item.progress, item.reason);
      if (item.state === "ready" || item.state === "failed") watched.delete(item.document_id);
    }
  } catch { /* the next round tries again */ }
  const filters = $("form.filters");
  if (window.htmx && filters && $("#rows")) window.htmx.trigger(filters, "refresh");
  if (watched.size) timer = setTimeout(watch, WATCH_MS);
}

/** All files below a dropped entry, with their paths. */
async function walk(entry, prefix = "") {
  if (entry.isFile) { entry.file((file) => add(file, prefix && prefix + file.name)); return; }
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!batch.length) return;
    for (const child of batch) await walk(child, `${prefix}${entry.name}/`);
  }
}

if (zone) {
  let depth = 0;
  zone.addEventListener("dragenter", (e) => { e.preventDefault(); depth += 1; zone.dataset.over = ""; });
  zone.addEventListener("dragleave", () => { depth -= 1; if (!depth) delete zone.dataset.over; });
  addEventListener("dragover", (e) => e.preventDefault());
  addEventListener("drop", (e) => {
    e.preventDefault(); // anywhere on the page: never let the browser open the file
    depth = 0;
    delete zone.dataset.over;
    const entries = [...e.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) for (const entry of entries) walk(entry).catch(() => line(entry.name).show("실패", null, "폴더를 읽지 못했습니다. 파일을 직접 골라 주세요."));
    else for (const file of e.dataTransfer.files) add(file, "");
  });
  for (const button of $$("[data-pick]", zone)) button.addEventListener("click", () => document.getElementById(button.dataset.pick).click());
  for (const picker of $$("input[type=file]", zone)) picker.addEventListener("change", () => {
    for (const file of picker.files) add(file, file.webkitRelativePath);
    picker.value = "";
  });
  zone.addEventListener("submit", (e) => e.preventDefault());
  addEventListener("beforeunload", (e) => { if (sending) e.preventDefault(); });
}
