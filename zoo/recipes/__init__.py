"""Recipes: one file a preset, each with a `RECIPE`."""
