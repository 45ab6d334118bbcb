"""Mokmin (목민): the generative-AI system that a Korean city runs inside its own network."""

__version__ = "0.1.0"
