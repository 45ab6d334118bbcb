"""How AI is used: what is switched on, and for whom it says so."""
