"""Keeping a model as a preset, and taking one: config and weights, without optimiser state."""


class Presets:
    """Mixin of the model: the two ends of the zoo."""
