"""Residual quantisation: a codebook for the features, another for what it left, and so on."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.part import positive_integer, registered
from tfvae.quantisers.codebook import Codebook
from tfvae.quantisers.quantiser import Quantisation, Quantiser, straight_through
from tfvae.random import Noise


@registered()
class ResidualCodebooks(Quantiser):
    r"""Quantises features f, then what is left of them, `depth` times; the vectors are summed.

    $$r_0 = f,\qquad code_d = \arg\min_k \lVert r_{d-1} - e^d_k \rVert^2,\qquad
    r_d = r_{d-1} - e^d_{code_d},\qquad vector = \sum_d e^d_{code_d}$$

    With D levels of K codes it tells $K^D$ vectors apart. Each level adds its codebook's loss.

    Args:
        codebook: a `Codebook`: that of all levels, or of the first.
        depth: number of levels, D.
        shared: whether all levels have one codebook; else each has its own, with the same
            arguments (a `seed` goes up by one from level to level).

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> quantiser = tfvae.quantisers.ResidualCodebooks(tfvae.quantisers.Codebook(16, 2), 3)
        >>> quantiser.build((None, 2))
        >>> quantiser.quantise(tf.zeros([5, 2])).codes.shape
        TensorShape([5, 3])

    Reference:
        Lee et al. 2022, arXiv:2203.01941, section 3.1. Their commitment, of the features to
        each partial sum, is equal to ours of each residual to its vector.
    """

    def __init__(self, codebook: Codebook, depth: int, shared: bool = True, **kwargs: Any) -> None:
        if not isinstance(codebook, Codebook):
            raise ValueError(
                "`codebook` must be a codebook such as `tfvae.quantisers.Codebook(512, 64)`, but "
                f"is {codebook!r}."
            )
        super().__init__(codebook.code_size, codebook.num_codes, **kwargs)
        self.depth = (positive_integer(depth, "depth"),)
        self.codebook, self.shared = codebook, bool(shared)
        self.codebooks = [codebook]
        if not shared:
            self.codebooks += [_alike(codebook, level) for level in range(1, depth)]
            self.num_vectors = depth * self.num_codes

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        for codebook in self.codebooks:
            codebook.build_once(features_shape)
        self.built = True

    def _levels(self) -> list[Codebook]:
        return self.codebooks * self.depth[0] if self.shared else self.codebooks

    def quantise(self, features: tf.Tensor) -> Quantisation:
        levels, residual = [], features
        for codebook in self._levels():
            levels.append(codebook.quantise(residual))
            residual -= tf.stop_gradient(levels[-1].vectors)
        codes = tf.stack([level.codes for level in levels], axis=-1)
        return Quantisation(
            straight_through(features, self.vectors(codes)),
            codes,
            tf.stack([level.inputs for level in levels], axis=-2),
            tf.reduce_sum(tf.stack([level.loss for level in levels]), axis=0),
        )

    def vectors(self, codes: tf.Tensor) -> tf.Tensor:
        parts = zip(self._levels(), tf.unstack(codes, axis=-1), strict=True)
        return tf.add_n([codebook.vectors(part) for codebook, part in parts])

    def usage(self, codes: tf.Tensor) -> tf.Tensor:
        if self.shared:
            return super().usage(codes)
        return super().usage(codes + self.num_codes * tf.range(self.depth[0]))

    def noise(self) -> dict[str, Noise]:
        return {
            f"{name}_{number}": spec
            for number, codebook in enumerate(self.codebooks)
            for name, spec in codebook.noise().items()
        }

    def update(
        self, quantisation: Quantisation, share: tf.Tensor, noise: dict[str, tf.Tensor]
    ) -> None:
        for number, codebook in enumerate(self.codebooks):
            own = {name: noise[f"{name}_{number}"] for name in codebook.noise()}
            level = slice(None) if self.shared else slice(number, number + 1)
            part = quantisation._replace(
                codes=quantisation.codes[..., level], inputs=quantisation.inputs[..., level, :]
            )
            codebook.update(part, share, own)

    def adapt(self, features: np.ndarray) -> None:
        """Starts level by level at clusters of features `[N, ..., code_size]` and residuals.

        A shared codebook starts at clusters of the features and of all the residuals together that
        codebooks of each level's own would leave.

        Raises:
            ValueError: if there are fewer features than codes.
        """
        residual = features.reshape(-1, self.code_size)
        seen = []
        for codebook in self._levels():
            seen.append(residual)
            codebook.adapt(residual)
            residual = residual - codebook.quantise(tf.constant(residual)).vectors.numpy()
        if self.shared:
            self.codebook.adapt(np.concatenate(seen))


def _alike(codebook: Codebook, level: int) -> Codebook:
    config = codebook.get_config()
    config["name"] = f"{codebook.name}_{level}"
    if codebook.seed is not None:
        config["seed"] = codebook.seed + level
    return Codebook.from_config(config)
