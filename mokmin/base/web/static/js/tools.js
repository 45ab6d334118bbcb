// Results of the tools: copy as Markdown.
import { $$, toast } from "./dom.js";

for (const button of $$("[data-copy]")) {
  button.addEventListener("click", async () => {
    try {
      const answer = await fetch(button.dataset.copy);
      if (!answer.ok) throw new Error(String(answer.status));
      await navigator.clipboard.writeText(await answer.text());
      toast("AI 표시와 근거까지 복사했습니다.");
    } catch {
      toast("복사하지 못했습니다. ‘마크다운’으로 받아 주세요.");
    }
  });
}
