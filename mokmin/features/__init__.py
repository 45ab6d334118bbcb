"""What a person opens. One line per feature; features never import each other."""

FEATURES: tuple[str, ...] = ("portal", "assistant", "library", "curation", "console")
