// A button and a frame for one assistant, put into another page of the city by a script tag. Everything that is
// said stays inside the frame, which is this system's own page. The button is styled from here alone.
(() => {
  const tag = document.currentScript;
  if (!tag?.dataset.assistant) return;
  const frameAt = new URL(`/embed/${encodeURIComponent(tag.dataset.assistant)}`, tag.src).href;
  const name = tag.dataset.name || "업무봇";
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    button { position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; padding: .75rem 1.125rem; border: 0; border-radius: 2rem; background: #083891; color: #fff; font: 600 1rem/1.4 system-ui, sans-serif; cursor: pointer; box-shadow: 0 .25rem 1rem #0005; }
    button:focus-visible { outline: .1875rem solid #ffb114; outline-offset: .125rem; }
    iframe { position: fixed; inset: auto 1rem 4.75rem auto; z-index: 2147483000; inline-size: min(25rem, calc(100vw - 2rem)); block-size: min(34rem, calc(100vh - 6rem)); border: 1px solid #8a949e; border-radius: .75rem; background: #fff; box-shadow: 0 .5rem 2rem #0004; }
    iframe[hidden] { display: none; }`);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.setAttribute("aria-expanded", "false");
  let frame = null;
  const show = (open) => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.title = name;
      frame.src = frameAt;
      frame.referrerPolicy = "origin";
      root.append(frame);
    }
    if (frame) frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) button.focus();
  };
  button.addEventListener("click", () => show(!frame || frame.hidden));
  document.addEventListener("keydown", (e) => { if (e.key === "Escape" && frame && !frame.hidden) show(false); });
  root.append(button);
  document.body.append(host);
})();
