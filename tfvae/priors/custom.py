"""A prior around a distribution of the user's own."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.part import registered
from tfvae.priors.prior import Prior
from tfvae.random import Noise


@registered()
class Custom(Prior):
    r"""Any `tfd.Distribution` over the latents, its parameters fixed or learned.

    $$\log p(z) = \texttt{distribution(**weights).log\_prob}(z)$$

    What is learned are the prior's own weights. The distribution is made of them anew at each use:
    one that is made once would keep their first values.

    How a distribution of any kind is made from given noise cannot be known. So the noise only seeds
    its own `sample`, one latent after another: seeded draws repeat, but depend on TensorFlow's
    generators, `temperature` must be 1, and artefacts have no endpoint `sample`. Their `elbo` has
    the density, as far as LiteRT has its operations.

    A model with this prior can be saved if the function is registered
    (`@keras.saving.register_keras_serializable("mine")`); its weights alone, in any case.

    Args:
        distribution: a function that takes the weights by name, as tensors, and returns a
            `tfd.Distribution` with the event of the latents and no batch; or such a distribution,
            if nothing in it is to be learned.
        weights: initial values of what the function takes, by name; they are trained.

    Raises:
        ValueError: if the two do not go together, or the distribution has variables; in building,
            if it is not over the latents; in saving, if the function is not registered.

    Example:
        >>> import tensorflow_probability as tfp, tfvae
        >>> def heavy_tails(loc, log_scale):
        ...     elements = tfp.distributions.StudentT(5.0, loc, tf.exp(log_scale))
        ...     return tfp.distributions.Independent(elements, 1)
        >>> prior = tfvae.priors.Custom(heavy_tails, {"loc": [0.0, 0.0], "log_scale": [0.0, 0.0]})
        >>> import tensorflow as tf
        >>> prior(tf.zeros([3, 2])).shape
        TensorShape([3])
        >>> [weight.name for weight in prior.trainable_weights]
        ['loc', 'log_scale']
    """

    samples_from_noise = False
    support = None

    def __init__(
        self,
        distribution: Callable[..., Any] | Any,
        weights: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.initial = {name: np.asarray(value) for name, value in (weights or {}).items()}
        self._is_function = not isinstance(distribution, tfp.distributions.Distribution)
        if not self._is_function:
            _need_constant(distribution, self.initial)
        elif not callable(distribution):
            raise ValueError(
                "`distribution` must be a `tfd.Distribution` or a function that returns one, but "
                f"is {distribution!r}."
            )
        self.made_by = distribution

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        self.learned = [
            self.add_weight(
                name=name,
                shape=value.shape,
                initializer=_Value(value),
                dtype=self.density_dtype,
                autocast=False,
            )
            for name, value in self.initial.items()
        ]
        distribution = self.distribution()
        shapes = tuple(distribution.event_shape), tuple(distribution.batch_shape)
        if shapes != (self.event_shape, ()) or distribution.dtype != self.density_dtype:
            raise ValueError(
                f"The prior must be over {self.density_dtype} latents of shape "
                f"{self.event_shape}, but the distribution has event shape {shapes[0]}, batch "
                f"shape {shapes[1]} and dtype {distribution.dtype}. `tfd.Independent` makes batch "
                "dimensions part of the event."
            )

    def distribution(self) -> Any:
        if not self._is_function:
            return self.made_by
        values = {weight.name: tf.convert_to_tensor(weight) for weight in self.learned}
        with tf.GradientTape() as tape:
            made = self.made_by(**values)
        others = {id(weight.value) for weight in self.learned}
        strange = [v.name for v in tape.watched_variables() if id(v) not in others]
        if strange or not isinstance(made, tfp.distributions.Distribution):
            problem = f"reads the variables {strange}" if strange else f"returned {made!r}"
            raise ValueError(
                "The function of a custom prior must return a `tfd.Distribution` made of the "
                f"weights that it is given, but it {problem}. Give initial values by `weights=`, "
                "and take what is learned as arguments of these names."
            )
        return made

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return self.distribution().log_prob(z)

    def noise(self) -> dict[str, Noise]:
        return {"seed": Noise("uniform", (2,))}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is not None:
            raise ValueError(
                "`component` was given, but nothing is known of the components of a custom prior: "
                "leave it out, or take `tfvae.priors.MixtureOfGaussians`."
            )
        tf.debugging.assert_equal(
            tf.cast(temperature, tf.float32),
            1.0,
            "A custom prior is sampled by its distribution, which knows of no `temperature`: "
            "leave it out.",
        )
        uniform = noise["seed"]
        # Uniform numbers have 23 bits, so these are all that they say.
        seeds = tf.cast(tf.reshape(uniform, (-1, 2)) * 2.0**23, tf.int32)
        distribution = self.distribution()
        z = tf.map_fn(
            lambda seed: distribution.sample(seed=seed),
            seeds,
            fn_output_signature=tf.TensorSpec(self.event_shape, self.density_dtype),
        )
        return tf.reshape(z, tf.concat([tf.shape(uniform)[:-1], self.event_shape], axis=0))

    def get_config(self) -> dict[str, Any]:
        made_by, saving = self.made_by, keras.saving
        named = saving.get_registered_name(made_by) if inspect.isfunction(made_by) else None
        if named is None or saving.get_registered_object(named) is not made_by:
            raise ValueError(
                "A model whose prior is a distribution of your own cannot be saved as it is: no "
                "file can hold the distribution. Give `tfvae.priors.Custom` a function that is "
                "registered, by `@keras.saving.register_keras_serializable('mine')` above it, or "
                "write a `tfvae.priors.Prior` of your own. `vae.save_weights` keeps weights alone."
            )
        return super().get_config()


class _Value(keras.initializers.Initializer):
    """A given value as what Keras starts a weight from."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> tf.Tensor:
        return tf.constant(self.value, dtype)


def _need_constant(distribution: Any, initial: dict[str, np.ndarray]) -> None:
    if initial or distribution.variables:
        problem = "has variables of its own" if distribution.variables else "takes no `weights`"
        raise ValueError(
            f"A distribution that is already made cannot be learned, and {distribution.name!r} "
            f"{problem}. Give a function that makes it, and what is learned as `weights`: "
            "`tfvae.priors.Custom(lambda loc: tfd.MultivariateNormalDiag(loc), {'loc': [0.0]})`."
        )
