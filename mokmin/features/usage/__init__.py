"""How much AI is used, what it costs, and limits of it."""
