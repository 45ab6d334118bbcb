"""Forms: an office's own HWPX templates, filled one at a time or for a whole list."""
