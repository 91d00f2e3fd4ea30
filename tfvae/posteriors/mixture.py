"""A mixture of Gaussians as the posterior, sampled by strata."""

from typing import Any

import tensorflow as tf

from tfvae.families.family import Parameters, Projection
from tfvae.families.gaussian import positive, standard_normal_log_prob
from tfvae.part import positive_integer, registered
from tfvae.posteriors.posterior import Posterior, Strata
from tfvae.random import Noise


@registered("MixturePosterior")
class MixtureOfGaussians(Posterior):
    r"""A mixture of diagonal Gaussians for each example.

    $$q(z|x) = \sum_k w_k(x)\, \mathcal N(z;\ loc_k(x),\ scale_k(x)^2)$$

    A draw that chooses its component has no gradient with respect to the weights. The bounds
    therefore take one draw z_k from each component and weigh them,

    $$E_q f(z) = \sum_k w_k\, E_{\mathcal N(loc_k, scale_k^2)} f(z_k)$$

    so the decoder runs K times for each sample. The rate is estimated from the same draws, with
    the density of the whole mixture. `point` and `mode()` are the mean of the component with the
    largest weight: the true mode has no closed form.

    Args:
        latent_size: number of coordinates, at least 1.
        num_components: K, at least 1.

    Raises:
        ValueError: if one of the two is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> posterior = tfvae.posteriors.MixtureOfGaussians(2, num_components=3)
        >>> parameters = posterior(tf.zeros([4, 8]))
        >>> posterior.strata(parameters, {"z": tf.zeros([1, 4, 3, 2])}).z.shape
        TensorShape([3, 1, 4, 2])

    Reference:
        Morningstar et al. 2021, arXiv:2003.01687 (SELBO and SIWAE, the bounds by strata); Roeder,
        Wu and Duvenaud 2017, arXiv:1703.09194, on mixtures, for gradients through samples alone.
    """

    def __init__(self, latent_size: int, num_components: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.latent_size = positive_integer(latent_size, "latent_size")
        self.num_components = positive_integer(num_components, "num_components")
        self.event_shape = (self.latent_size,)

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        locations = (self.num_components, self.latent_size)
        shapes = {"logits": (self.num_components,), "loc": locations, "scale": locations}
        self.projections = {name: Projection(shape, name=name) for name, shape in shapes.items()}
        for projection in self.projections.values():
            projection.build(features_shape)
        self.built = True

    def project(self, features: tf.Tensor) -> Parameters:
        return {name: project(features) for name, project in self.projections.items()}

    def parameters(self, projected: Parameters) -> Parameters:
        """Turns the heads' outputs into log-weights `[N, K]`, locations and scales `[N, K, D]`."""
        return {
            "log_weights": tf.nn.log_softmax(projected["logits"]),
            "loc": projected["loc"],
            "scale": positive(projected["scale"]),
        }

    def noise(self) -> dict[str, Noise]:
        return {
            "z": Noise("normal", (self.num_components, self.latent_size)),
            "component": Noise("uniform", ()),
        }

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns draws of one component each, chosen by the noise; no gradient to the weights."""
        thresholds = tf.cumsum(tf.exp(parameters["log_weights"]), axis=-1)[..., :-1]
        reached = tf.cast(thresholds < noise["component"][..., None], tf.int32)
        chosen = tf.one_hot(tf.reduce_sum(reached, axis=-1), self.num_components)
        each = parameters["loc"] + parameters["scale"] * noise["z"]
        z = tf.reduce_sum(tf.cast(chosen, each.dtype)[..., None] * each, axis=-2)
        return z, self.log_prob(parameters, z)

    def strata(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> Strata:
        each = parameters["loc"] + parameters["scale"] * noise["z"]
        z = tf.transpose(each, [2, 0, 1, 3])
        log_w = tf.transpose(parameters["log_weights"])[:, None]
        return Strata(z, self.log_prob(parameters, z), log_w)

    def component_log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        """Returns log N(z; loc_k, scale_k^2) of z `[..., B, D]`, `[..., B, K]`, in nats."""
        whitened = (z[..., None, :] - parameters["loc"]) / parameters["scale"]
        log_volume = tf.reduce_sum(tf.math.log(parameters["scale"]), axis=-1)
        return standard_normal_log_prob(whitened) - log_volume

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        joint = parameters["log_weights"] + self.component_log_prob(parameters, z)
        return tf.reduce_logsumexp(joint, axis=-1)

    def log_prob_of_strata(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        own = tf.eye(self.num_components, dtype=z.dtype)[:, None, None]
        return tf.reduce_sum(own * self.component_log_prob(parameters, z), axis=-1)

    def distribution(self, parameters: Parameters) -> Any:
        from tfvae.posteriors.mixture_distribution import MixtureDistribution

        return MixtureDistribution(
            parameters["log_weights"], parameters["loc"], parameters["scale"]
        )

    def point(self, parameters: Parameters) -> tf.Tensor:
        likeliest = tf.argmax(parameters["log_weights"], axis=-1)
        chosen = tf.one_hot(likeliest, self.num_components, dtype=parameters["loc"].dtype)
        return tf.reduce_sum(chosen[..., None] * parameters["loc"], axis=-2)
