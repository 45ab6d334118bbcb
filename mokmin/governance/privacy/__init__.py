"""Personal information: found, masked, kept from where it may not go."""
