"""Looking after search: the inspector and the dictionary of administrative terms."""
