"""How long records are kept, what is on hold, and how they are disposed of."""
