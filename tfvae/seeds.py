"""The states of a model's random generators, kept in files beside its weights."""

from typing import Any

import keras


class Seeded(keras.Model):
    """Mixin of the model: Keras does not save seed generators, so the model does."""

    def save_own_variables(self, store: Any) -> None:
        """Keeps the seeds beside the weights, which Keras does not: a loaded model draws on."""
        for number, seed in enumerate(self.seeds()):
            store[f"seed_{number}"] = seed.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Restores what `save_own_variables` kept."""
        for number, seed in enumerate(self.seeds()):
            seed.assign(store[f"seed_{number}"])

    def seeds(self) -> list[keras.Variable]:
        """Returns the states of all seeds in the model, those of its layers included."""
        weights = {id(weight) for weight in self.weights}
        return [variable for variable in self.variables if id(variable) not in weights]
