"""Prompts and guardrails that a city edits: versions, checks, and which of them is in use."""
