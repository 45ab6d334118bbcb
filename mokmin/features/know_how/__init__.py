"""Prompts and know-how that staff share, with a weekly board."""
