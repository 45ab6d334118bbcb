"""Writing official documents: from facts to a draft, its editor, review and file."""
