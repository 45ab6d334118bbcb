"""The whole home in one file, and back: made while the service runs, restored whole or not at all."""
