"""One way down a ladder: what is known on each level, and what is left at the end."""

from typing import NamedTuple

import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.latents.level import Level
from tfvae.latents.rows import of_level


class Step(NamedTuple):
    """What is known on a level when its z is due.

    Args:
        number: number of the level, 1 at the bottom.
        level: the level.
        path: what the path from above gives, `[N, ...]`; None at the top.
        prior: parameters of p(z given what lies above), each `[N, ...]`; None at the top.
    """

    number: int
    level: Level
    path: tf.Tensor | None
    prior: Parameters | None

    def posterior(self, own: Parameters, training: bool = False) -> Parameters:
        """Returns the parameters of q(z given what lies above, and x), each `[N, ...]`.

        Args:
            own: what `Ladder.call` made of the features, each `[N, ...]`.
            training: whether layers such as dropout behave as in training.
        """
        features = of_level(own, self.number)
        if self.path is None or self.prior is None:
            return features
        return self.level.posterior_parameters(self.path, self.prior, features, training)


class Descent(NamedTuple):
    """One way from the top of a ladder to its bottom, on rows.

    Args:
        z: of each level, from z_1 up, `[N, D_l]`.
        priors: parameters of p(z_l given what lies above) by the number of the level, each
            `[N, ...]`; none for the top.
        state: what the decoder reads, `[N, *decoder_shape]`.
    """

    z: list[tf.Tensor]
    priors: dict[int, Parameters]
    state: tf.Tensor
