// The form of a watched place: the connection is checked without losing what was written.
import { $, post, problem } from "./dom.js";

const form = $("[data-source]"), button = $("[data-check]"), found = $("[data-found]");

function tell(ok, text) {
  const box = $(ok ? "[data-ok]" : "[data-bad]").content.cloneNode(true);
  $("[data-text]", box).textContent = text;
  found.replaceChildren(box);
}
button?.addEventListener("click", async (event) => {
  event.preventDefault();
  if (!form.reportValidity()) return;
  button.disabled = true;
  found.textContent = "확인하고 있습니다. 길면 30초쯤 걸립니다.";
  try {
    const response = await post(button.formAction, new FormData(form));
    if (!response.ok) throw new Error(await problem(response));
    const { ok, text } = await response.json();
    tell(ok, text);
  } catch (error) {
    tell(false, error.message);
  }
  button.disabled = false;
  button.focus();
});
