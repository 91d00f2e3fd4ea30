"""How much float32 itself rounds away: the model beside the same model in float64."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from .endpoints import Endpoint, endpoints_of
from .parity import Arrays, Case, relative_gap, run
from .precision import in_float64


class Rounding:
    """What endpoints of a model err by because they compute in float32.

    An output that is a small difference of large sums has few digits in float32, and a program that
    sums in another order has other ones. How many, the same model in float64 tells.

    Args:
        model: a `tfvae.VAE` that computes in float32.
        endpoints: its endpoints.
        cases: the inputs on which its artefacts are compared with it.
    """

    def __init__(
        self, model: Any, endpoints: Mapping[str, Endpoint], cases: Sequence[Case]
    ) -> None:
        self._model = model
        self._endpoints = endpoints
        self._cases = cases

    def error(self, endpoint: str, output: str, inputs: str) -> float:
        """Returns max|a - b| / max|a| with a the output in float64, and b in float32.

        It is 0 where that cannot be found out: for a model that cannot be rebuilt in float64, or
        has a layer that computes in float32 alone. It is 0 for integers, which are not rounded.

        Args:
            endpoint: name of the endpoint.
            output: name of the output.
            inputs: name of the group of inputs.
        """
        if endpoint not in self._exact:
            return 0.0
        given = [case.values for case in self._cases if case.inputs == inputs]
        try:
            exact = [run(self._exact[endpoint], _widened(values))[output] for values in given]
        except (TypeError, ValueError, tf.errors.InvalidArgumentError):
            return 0.0
        rounded = [run(self._endpoints[endpoint], values)[output] for values in given]
        if not np.issubdtype(rounded[0].dtype, np.floating):
            return 0.0
        error = relative_gap(list(zip(exact, rounded, strict=True)))[0]
        return error if np.isfinite(error) else 0.0

    @cached_property
    def _exact(self) -> Mapping[str, Endpoint]:
        model = in_float64(self._model)
        return {} if model is None else endpoints_of(model)


def _widened(values: Arrays) -> Arrays:
    return {
        name: value.astype(np.float64) if value.dtype == np.float32 else value
        for name, value in values.items()
    }
