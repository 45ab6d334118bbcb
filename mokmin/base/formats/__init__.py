"""Every office format to one list of blocks: bytes in, blocks out, no network."""
