"""Retention, legal holds and disposal, for the records officer and the second person."""
