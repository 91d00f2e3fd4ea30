"""All scores of a model in one call, as a table, as JSON and as a sheet of pictures."""
