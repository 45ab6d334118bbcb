// Small helpers shared by the page modules.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const meta = (name) => $(`meta[name="${name}"]`)?.content ?? "";
export const csrf = () => meta("csrf-token");

/** The value of a setting in localStorage; storage may be switched off. */
export function remember(key, value) {
  try { localStorage.setItem(`mokmin.${key}`, value); } catch { /* private mode: lasts for this page */ }
}

/** An element from a tag name, properties and children; text never becomes HTML. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key in node && key !== "list") node[key] = value; else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(ns, "use");
  use.setAttribute("href", `${meta("icons")}#${name}`);
  svg.append(use);
  return svg;
}

/** Elements of an HTML fragment that our own server rendered. */
export function fragment(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
}

/** POST a form body to our own server with the CSRF header. */
export function post(url, fields = {}) {
  return fetch(url, {
    method: "POST", body: new URLSearchParams(fields), credentials: "same-origin",
    headers: { "X-CSRF-Token": csrf(), "X-Partial": "1", Accept: "application/json, text/html" },
  });
}

/** Show a message for a while; stays as long as it is hovered or focused. */
export function toast(text, { action, label = "되돌리기" } = {}) {
  const box = el("div", { className: "toast", role: "status" }, el("span", { textContent: text }));
  if (action) box.append(el("button", { type: "button", textContent: label, onclick: () => { box.remove(); action(); } }));
  box.append(el("button", { type: "button", textContent: "닫기", onclick: () => box.remove() }));
  $("#toasts").append(box);
  expire(box);
}

export function expire(box, ms = 8000) {
  const check = () => (box.matches(":hover, :focus-within") ? setTimeout(check, 2000) : box.remove());
  setTimeout(check, ms);
}

/** The sentence to show for a failed response (problem+json), or a general one. */
export async function problem(response) {
  try { return (await response.json()).detail || "요청을 처리하지 못했습니다. 다시 시도해 주세요."; }
  catch { return `요청을 처리하지 못했습니다(${response.status}). 잃어버린 내용은 없습니다. 다시 시도해 주세요.`; }
}

export const offline = "서버에 연결하지 못했습니다. 입력한 내용은 그대로 있습니다. 잠시 뒤 다시 시도해 주세요.";
