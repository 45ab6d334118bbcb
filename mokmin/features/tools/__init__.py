"""Tools on documents (요약·표·비교): what an official has to make out of documents, with the place of
every line."""
