"""The register of AI in use, and the notice before its first use."""
