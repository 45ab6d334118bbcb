"""How official documents stand on paper: one module per family of forms."""
