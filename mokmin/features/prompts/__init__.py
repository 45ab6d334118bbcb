"""Prompts and guardrails (지시문과 안전선): looked at, edited, tried, compared, taken back."""
