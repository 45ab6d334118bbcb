// When the server refuses a form, the page comes back with what was typed in it. Until then that is kept
// in this tab only, and dropped by the next page whatever it is. Passwords, files and questions are not kept.
import { $, $$ } from "./dom.js";

const KEY = "mokmin.typed";
const here = (url) => new URL(url, location.href).pathname;

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.method !== "post" || e.defaultPrevented || $("[type=password], [type=file], [autocomplete=one-time-code]", form) || "ask" in form.dataset) return;
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  const pressed = e.submitter?.name ? [e.submitter.name, e.submitter.value] : null;
  try { sessionStorage.setItem(KEY, JSON.stringify({ path: here(form.action), fields, pressed })); } catch { /* storage is off */ }
});

/** Whether a form is the one that was sent: its address, its hidden fields and the button. */
function same(form, { path, fields, pressed }) {
  if (form.method !== "post" || here(form.action) !== path) return false;
  const sent = new Set(fields.map(([name, value]) => `${name}=${value}`)), names = new Set(fields.map(([name]) => name));
  const hidden = $$("[type=hidden]:not([name=csrf_token])", form).every((i) => sent.has(`${i.name}=${i.value}`));
  const button = !pressed || $$("button[name]", form).some((b) => b.name === pressed[0] && b.value === pressed[1]);
  return hidden && button && fields.every(([name]) => form.elements[name]) && names.size > 0;
}
function fill(form, fields) {
  for (const control of form.elements) {
    const values = fields.filter(([name]) => name === control.name).map(([, value]) => value);
    if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
    else if (values.length === 1 && control.type !== "hidden" && control.type !== "submit") control.value = values[0];
  }
  form.closest("details")?.setAttribute("open", "");
}

let kept = null;
try { kept = JSON.parse(sessionStorage.getItem(KEY)); sessionStorage.removeItem(KEY); } catch { /* storage is off */ }
if (kept && $("main .notice.bad, main [aria-invalid=true]")) {
  const form = $$("main form").find((one) => same(one, kept));
  if (form) fill(form, kept.fields);
}
