// Break one flow of parts into sheets of A4, as a printer would.
import { $$ } from "./dom.js";

const HEIGHT = 297;

/** Show `html` (our own server's) as sheets inside `box`. */
export function layPaper(box, html) {
  const first = sheet(box);
  first.innerHTML = html;
  box.replaceChildren(first);
  const flow = first.firstElementChild;
  if (!flow) return 1;
  const unit = parseFloat(getComputedStyle(first).width) / 210;
  const style = getComputedStyle(flow);
  const bottom = HEIGHT * unit - parseFloat(style.paddingBottom);
  let page = first, place = flow;
  const rest = [...flow.children];
  const next = () => {
    page = sheet(box);
    place = flow.cloneNode(false);
    page.append(place);
    box.append(page);
  };
  const over = (node) => node.getBoundingClientRect().bottom - page.getBoundingClientRect().top > bottom + 1;
  flow.replaceChildren();
  for (let at = 0; at < rest.length; at += 1) {
    const part = rest[at];
    if (part.classList.contains("p-new") && place.childElementCount) next();
    place.append(part);
    if (!over(part)) continue;
    if (part.tagName === "TABLE" && split(part, over)) {
      const tail = part.tail;
      next();
      rest.splice(at + 1, 0, tail);
      continue;
    }
    if (place.childElementCount === 1) continue;
    // A heading goes along with what follows it.
    const carried = [part];
    while (place.lastElementChild && place.childElementCount > carried.length) {
      const before = place.children[place.childElementCount - carried.length - 1];
      if (!before?.classList.contains("p-keep") || carried.length > 3) break;
      carried.unshift(before);
    }
    next();
    place.append(...carried);
  }
  for (const [number, one] of $$(".sheet", box).entries()) one.dataset.number = String(number + 1);
  return box.childElementCount;
}

function sheet(box) {
  const made = document.createElement("div");
  made.className = "sheet";
  if (!box.isConnected) return made;
  return made;
}

/** Cut a table where the sheet ends; its head stands again on the next sheet. */
function split(table, over) {
  const rows = [...table.querySelectorAll(":scope > tbody > tr")];
  const heads = rows.findIndex((row) => !row.querySelector("th"));
  const from = rows.findIndex((row) => over(row));
  if (from <= Math.max(heads, 0) || [...table.querySelectorAll("[rowspan]")].length) return false;
  const tail = table.cloneNode(false);
  tail.append(table.querySelector("colgroup").cloneNode(true), document.createElement("tbody"));
  for (const row of rows.slice(0, Math.max(heads, 0))) tail.lastElementChild.append(row.cloneNode(true));
  tail.lastElementChild.append(...rows.slice(from));
  table.tail = tail;
  return true;
}
