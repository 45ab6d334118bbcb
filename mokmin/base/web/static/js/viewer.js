// Document page: bring the cited passage into view and mark the current heading in the contents.
import { $, $$ } from "./dom.js";

const content = $("#main"), passage = $("#passage");

function show(smooth) {
  const target = passage?.closest(".sheet") && $("rect", passage) ? $("rect", passage) : passage;
  if (!target) return;
  const top = target.getBoundingClientRect().top - content.getBoundingClientRect().top;
  content.scrollTo({ top: content.scrollTop + top - content.clientHeight / 3, behavior: smooth ? "smooth" : "instant" });
}
if (passage) {
  const image = passage.closest(".sheet")?.querySelector("img");
  show(false);
  if (image && !image.complete) image.addEventListener("load", () => show(false), { once: true });
  document.fonts?.ready.then(() => show(false));
}
$("[data-jump]")?.addEventListener("click", (e) => { e.preventDefault(); show(true); });

const links = new Map($$(".toc a").map((a) => [a.hash.slice(1), a]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const a of links.values()) a.removeAttribute("aria-current");
    links.get(entry.target.id)?.setAttribute("aria-current", "location");
  }
}, { root: content, rootMargin: "0px 0px -75% 0px" });
for (const id of links.keys()) { const heading = document.getElementById(id); if (heading) seen.observe(heading); }
const contents = $(".toc details");
if (contents && getComputedStyle(contents.parentElement).position !== "sticky") contents.open = false;
