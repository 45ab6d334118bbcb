"""Sources of files that lie elsewhere."""
