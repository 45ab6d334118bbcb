"""Assistants that departments make for themselves (업무봇)."""
