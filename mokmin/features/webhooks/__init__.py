"""Other systems told of what happened, by signed calls."""
