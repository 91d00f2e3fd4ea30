"""The sections of the page of results, each of its result files."""
