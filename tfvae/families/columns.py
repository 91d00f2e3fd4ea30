"""A likelihood of tables: columns of mixed types, some of whose values are missing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, own_distribution
from tfvae.part import registered


@registered()
class Columns(Elementwise):
    r"""Families side by side, each over some columns of a table; NaN means missing.

    $$\log p(x) = \sum_{i\ \text{observed}} \log p_i(x_i)$$

    A missing value is marginalised: it adds nothing to the density, and no gradient. Begin the
    encoder with `tfvae.encoders.Observed`, which puts zeros and a mask in place of NaN.

    `mean` is that of each family or, of one that gives the probabilities of classes, the most
    probable class: the expectation of numbers, the code of a class, the median of levels.

    Args:
        families: families of this package whose elements are independent, in the order of their
            columns; each has the event shape `(number of its columns,)`.

    Raises:
        ValueError: if a family is of another kind, or needs what a table does not have.

    Example:
        >>> import numpy as np, tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Columns(
        ...     [tfvae.families.Normal((2,)), tfvae.families.Categorical((1,), 3)]
        ... )
        >>> parameters = likelihood(tf.zeros([1, 8]))
        >>> x = tf.constant([[np.nan, np.nan, 2.0]])
        >>> likelihood.log_prob(parameters, x).numpy().round(3)
        array([-1.099], dtype=float32)

    Reference:
        Nazabal, Olmos, Ghahramani and Valera 2018, arXiv:1807.03653, on incomplete data and on
        columns of several types, without their mixture over s.
    """

    def __init__(self, families: Sequence[Elementwise], **kwargs: Any) -> None:
        for family in families:
            _check_family(family)
        super().__init__((sum(family.event_shape[0] for family in families),), **kwargs)
        self.families = list(families)

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        for family in self.families:
            family.build_once(features_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        return {
            f"{name}_{number}": value
            for number, family in enumerate(self.families)
            for name, value in family(features).items()
        }

    def _each(self, parameters: Parameters) -> list[tuple[Elementwise, Parameters]]:
        """Returns the families with the parameters of each."""
        return [
            (
                family,
                {
                    name.removesuffix(f"_{number}"): value
                    for name, value in parameters.items()
                    if name.endswith(f"_{number}")
                },
            )
            for number, family in enumerate(self.families)
        ]

    def _split(self, x: Any) -> list[Any]:
        """Returns the columns of each family."""
        ends = np.cumsum([family.event_shape[0] for family in self.families])
        pairs = zip(self.families, ends, strict=True)
        return [x[..., end - family.event_shape[0] : end] for family, end in pairs]

    def distribution(self, parameters: Parameters) -> Any:
        first, values = self._each(parameters)[0]
        return own_distribution(self, parameters, first.distribution(values).batch_shape_tensor())

    def draw(self, parameters: Parameters, n: tf.Tensor, seed: Any) -> tf.Tensor:
        """Draws n events from each distribution: `[n, ..., columns]`."""
        seeds = tfp.random.split_seed(seed, len(self.families))
        parts = [
            family.distribution(values).sample(n, seeds[number])
            for number, (family, values) in enumerate(self._each(parameters))
        ]
        return tf.concat(parts, axis=-1)

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        observed = tf.logical_not(tf.math.is_nan(x))
        log_probs = []
        pairs = zip(self._each(parameters), self._split(observed), self._split(x), strict=True)
        for (family, values), known, part in pairs:
            # A value of its own in place of NaN, or the gradient would be NaN in spite of the mask.
            known_values = tf.where(known, part, tf.cast(family.placeholder, part.dtype))
            log_prob = family.element_log_prob(values, known_values)
            log_probs.append(tf.where(known, log_prob, tf.zeros_like(log_prob)))
        return tf.concat(log_probs, axis=-1)

    def mean(self, parameters: Parameters) -> tf.Tensor:
        means = [
            family.mean(values) if family.mean_shape == family.event_shape else family.point(values)
            for family, values in self._each(parameters)
        ]
        return tf.concat(means, axis=-1)

    def point(self, parameters: Parameters) -> tf.Tensor:
        points = [family.point(values) for family, values in self._each(parameters)]
        return tf.concat(points, axis=-1)

    def check(self, x: np.ndarray) -> None:
        first = 0
        for family, part in zip(self.families, self._split(x), strict=True):
            last = first + family.event_shape[0] - 1
            try:
                if not np.isnan(part).all():
                    family.check(part[~np.isnan(part)])
            except ValueError as error:
                raise ValueError(f"Columns {first} to {last}: {error}") from error
            first = last + 1

    def check_input(self, x: np.ndarray) -> None:
        self.check(x)


def _check_family(family: Any) -> None:
    if not isinstance(family, Elementwise) or isinstance(family, Columns):
        raise ValueError(
            "`families` must be families with independent elements, such as "
            f"`tfvae.families.Normal((3,))` for three columns of numbers, but one is {family!r}."
        )
    if len(family.event_shape) != 1:
        raise ValueError(
            "Each family has the event shape (number of its columns,), but that of "
            f"{type(family).__name__} is {family.event_shape}."
        )
    if family.side_inputs():
        raise ValueError(f"{type(family).__name__} with side inputs cannot be part of a table.")
    if getattr(family, "scale", None) == "calibrated":
        raise ValueError(
            "A calibrated scale needs every value of a batch, and those of a table may be "
            "missing: take `scale='per_pixel'`."
        )
