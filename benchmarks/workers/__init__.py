"""The processes that are timed: each imports what it measures and nothing of the other side."""
