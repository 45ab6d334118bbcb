"""Which machines of the network may be called."""
