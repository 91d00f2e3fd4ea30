"""The tables of docs/results.md: models scored, beside what others have published."""
