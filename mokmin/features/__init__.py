"""What a person opens. One line per feature; features never import each other."""

from mokmin.governance.usage.switches import Feature

FEATURES: tuple[str, ...] = ("portal", "assistant", "library", "curation", "tools", "console")

# What uses AI, and so can be switched off by itself. Whoever adds one here also asks for it.
AI_FEATURES: tuple[Feature, ...] = (
    Feature("assistant", "업무 대화"),
    Feature("search", "뜻으로 찾기"),
    Feature("tools", "요약·표·비교"),
)
