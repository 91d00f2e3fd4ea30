"""What `sample` draws latents from: the prior, or a sampler fitted after training."""

from typing import Any

import keras
import tensorflow as tf

from tfvae import random
from tfvae.batchwise import Batchwise
from tfvae.priors import Prior
from tfvae.priors.prior import EncodedData
from tfvae.random import Noise
from tfvae.wiring import build_sampler, freeze


class Sampling(Batchwise):
    """Mixin of the model: a second prior, for `sample` alone.

    The bound keeps the prior that the model was trained with: its rate is the divergence from that
    one, and stays what it was. A sampler changes `sample`, in Python and in artefacts, and nothing
    else.
    """

    sampler: Prior | None

    def fit_sampler(
        self,
        x: Any,
        sampler: Prior,
        *,
        epochs: int = 20,
        batch_size: int = 128,
        optimizer: keras.optimizers.Optimizer | str = "adam",
        seed: int = 0,
        verbose: Any = 0,
    ) -> dict[str, list[float]]:
        r"""Fits a prior to the latents of data, and draws from it in `sample` from now on.

        $$\max_s\ E_{x}\, E_{q(z|x)} \log p_s(z)$$

        The latents are one draw of q(z given x) for each example. What has a closed form is fitted
        by it: `MixtureOfGaussians(k, "full", start="mixture")` by expectation maximisation, which
        for one component is a Gaussian of their mean and covariance. Other priors start by their
        `adapt` and are then trained by gradients. The sampler is kept in the model's config and
        weights, hence in `.keras` files, presets and artefacts; its weights stay as they are if the
        model is trained on, and so it should be fitted again then.

        Args:
            x: training examples, `[N, *event_shape]`.
            sampler: a prior that no model holds yet, or this model's sampler, for one like it.
            epochs: passes over the latents, where training needs them.
            batch_size: examples at a time.
            optimizer: a Keras optimiser, or its name, for that training.
            seed: seed of the draws from the posterior.
            verbose: as in Keras's `fit`.

        Returns:
            The history of the training, as Keras has it; empty where there was none.

        Raises:
            ValueError: if `sampler` is no prior, or is not over such latents.

        Example:
            >>> import numpy as np, tfvae
            >>> vae = tfvae.models.AE(
            ...     tfvae.encoders.MLP((8,)),
            ...     tfvae.decoders.MLP((8,)),
            ...     2,
            ...     tfvae.families.Bernoulli((4, 4, 1)),
            ... )
            >>> x = np.random.default_rng(0).uniform(size=(32, 4, 4, 1))
            >>> sampler = tfvae.priors.MixtureOfGaussians(1, "full", start="mixture")
            >>> vae.fit_sampler(x, sampler)
            {}
            >>> vae.sample(3, seed=0).shape, type(vae.sampler).__name__
            ((3, 4, 4, 1), 'MixtureOfGaussians')

        Reference:
            Ghosh et al. 2020, arXiv:1903.12436, section 4: density estimation after training.
        """
        if sampler is None or checked_sampler(sampler) is self.latents.prior:
            raise ValueError("`sampler` must be a prior of its own, not the one of the model.")
        if sampler is self.sampler:
            sampler = type(sampler).from_config(sampler.get_config())
        build_sampler(self, sampler)
        row_seed = random.rows(seed, 1)[0]
        z, parameters = self._over(self._draw_posterior, x, batch_size, row_seed)
        arrays = {name: value.numpy() for name, value in parameters.items()}
        examples = None
        if sampler.adapts_to == "examples":
            examples = self._over(self._examples, x, batch_size).numpy()
        encoded = EncodedData(z.numpy(), arrays, examples)
        history = sampler.fit(
            encoded, optimizer, epochs=epochs, batch_size=batch_size, verbose=verbose
        )
        freeze(sampler)
        if self.sampler is not None:
            # Keras 3.15 saves what an attribute once held.
            self._tracker.untrack(self.sampler)
        self.replace_argument("sampler", sampler)
        self.forget_traces()
        return history

    def generative_noise(self) -> dict[str, Noise]:
        """States the noise of one draw of `sample`, by name."""
        if self.sampler is not None:
            return self.sampler.noise()
        return self.latents.generative_noise()

    def draw_latents(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: Any = 1.0,
    ) -> tf.Tensor:
        """Returns latents `[B, *event]` made from that noise `[B, *shape]`, as in `generate`."""
        if self.sampler is not None:
            return self.sampler.sample(noise, component, temperature)
        return self.latents.generate(noise, component, temperature)

    @property
    def samples_from_noise(self) -> bool:
        """Whether `sample` draws nothing but the noise that it is given."""
        return (self.latents.prior if self.sampler is None else self.sampler).samples_from_noise

    @property
    def num_sample_components(self) -> int | None:
        """How many components `sample` may choose from; None if what it draws from has none."""
        return (self.latents if self.sampler is None else self.sampler).num_components


def checked_sampler(sampler: Any) -> Prior | None:
    """Returns the sampler, if it is a prior or None.

    Raises:
        ValueError: if it is something else.
    """
    if sampler is not None and not isinstance(sampler, Prior):
        raise ValueError(
            "`sampler` must be a prior such as `tfvae.priors.MixtureOfGaussians(10)`, but is "
            f"{sampler!r}."
        )
    return sampler
