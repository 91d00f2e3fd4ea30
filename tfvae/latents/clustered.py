"""A class beside z, over which every expectation is summed."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Family, Parameters, Projection
from tfvae.latents.joining import join
from tfvae.latents.latents import Latents
from tfvae.objectives.gradients import Gate, refuse_gate
from tfvae.part import positive_integer, registered
from tfvae.posteriors import Amortised, Posterior
from tfvae.priors import MixtureOfGaussians, Prior, StandardNormal
from tfvae.priors.usage import ComponentUsage
from tfvae.random import Noise
from tfvae.side import LABEL, Side, SideInput
from tfvae.trace import Inference

UNLABELLED = -1
# The log-weight of the classes that a label rules out: zero in any sum, and finite.
RULED_OUT = -1e4
LOGITS = "class_logits"


@registered()
class Clustered(Latents):
    r"""A class y, one of K, and z: all classes are gone through, none is sampled.

    $$\log p(x) \ge \sum_y q(y|x)\, E_{q(z|x,y)} \log \frac{p(x|z, y)\, p(z|y)\, p(y)}
    {q(z|x,y)\, q(y|x)}$$

    With a mixture as prior, p(z|y) is its component and p(y) its weights, and the decoder reads z
    alone. With any other prior, p(z) does not depend on y, p(y) is uniform, and the decoder reads z
    with the one-hot code of y behind it.

    Where a label is given, y is observed: the sum is over that class alone, and q(y|x) has no part
    in the bound. It then learns from `tfvae.objectives.Labelled`. A bound by importance weights
    sums p(x, y) over all classes, whatever q(y|x) is: there it learns from labels alone.

    Args:
        posterior: q(z|x,y), a posterior or a family: it reads features and y.
        prior: a prior over z; `StandardNormal()` if left out.
        num_classes: K; a mixture knows it.
        network: a Keras layer between features, joined by y, and the posterior; None for none.

    Raises:
        ValueError: if K is missing, below 2 or not that of the mixture; if a part is not of its
            kind.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     latents=tfvae.latents.Clustered(
        ...         tfvae.families.DiagonalNormal(2), tfvae.priors.MixtureOfGaussians(3)
        ...     ),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.cluster(np.zeros([6, 4, 4, 1])).shape
        (6,)

    Reference:
        Kingma, Rezende, Mohamed and Welling 2014, arXiv:1406.5298, equations 6 and 7; Shu 2016,
        Gaussian mixture VAE: lessons in variational inference, ruishu.io/2016/12/25/gmvae.
    """

    def __init__(
        self,
        posterior: Posterior | Family,
        prior: Prior | None = None,
        num_classes: int | None = None,
        network: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.posterior = Amortised(posterior) if isinstance(posterior, Family) else posterior
        self.prior = StandardNormal() if prior is None else prior
        for part, kind, name in (
            (self.posterior, Posterior, "posterior"),
            (self.prior, Prior, "prior"),
        ):
            if not isinstance(part, kind):
                raise ValueError(f"`{name}` must be a {name} of tfvae, but is {part!r}.")
        self.num_classes = _number_of_classes(num_classes, self.prior)
        self.network = network
        size = self.posterior.event_shape[0]
        if len(self.posterior.event_shape) != 1:
            raise ValueError(
                "A class joins latents that are a vector, but the posterior has events of shape "
                f"{self.posterior.event_shape}."
            )
        self.event_shape = (size,) if self._is_mixture else (size + self.num_classes,)
        # Else the prior leaves out the code of y, which is a part of z.
        self.has_prior_density = self._is_mixture

    @property
    def _is_mixture(self) -> bool:
        return isinstance(self.prior, MixtureOfGaussians)

    @property
    def is_euclidean(self) -> bool:
        # A mixture has a density in which the class is summed over.
        return self._is_mixture and self.posterior.support == "vectors"

    def build(self, features_shape: tuple[Any, ...]) -> None:
        if len(features_shape) != 2:
            raise ValueError(
                f"A class joins features that are a vector, but they have shape {features_shape}: "
                "end the encoder with `keras.layers.Flatten()`."
            )
        self.classifier = Projection((self.num_classes,), name=LOGITS)
        self.classifier.build(features_shape)
        joined = keras.KerasTensor((None, features_shape[1] + self.num_classes))
        shape = joined.shape if self.network is None else self.network(joined).shape
        self.posterior.build_once(tuple(shape))
        self.prior.build_once((None, *self.posterior.event_shape))
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        count, classes = tf.shape(features)[0], self.num_classes
        rows = tf.repeat(features, classes, axis=0)
        codes = tf.tile(tf.eye(classes, dtype=features.dtype), [count, 1])
        joined = join(rows, codes)
        parameters = self.posterior(joined if self.network is None else self.network(joined))
        by_class = {
            name: tf.reshape(value, tf.concat([[-1, classes], tf.shape(value)[1:]], axis=0))
            for name, value in parameters.items()
        }
        return {**by_class, LOGITS: self.classifier(features)}

    def side_inputs(self) -> dict[str, SideInput]:
        return {LABEL: SideInput((), whole=True, needed=False, check=self._check_labels)}

    def _check_labels(self, labels: np.ndarray) -> None:
        if labels.size and not (labels.min() >= UNLABELLED and labels.max() < self.num_classes):
            raise ValueError(
                f"Labels must be from 0 to {self.num_classes - 1}, or {UNLABELLED} where there is "
                f"none, but go from {labels.min()} to {labels.max()}."
            )

    def conditioned(self, parameters: Parameters, side: Side) -> Parameters:
        return {**parameters, LABEL: side[LABEL]} if LABEL in side else parameters

    def noise(self) -> dict[str, Noise]:
        # For a single draw; expectations go through all classes.
        return {"class": Noise("uniform", ()), **self.posterior.noise()}

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        refuse_gate(gate)
        log_class, log_q_class = self._log_class(parameters)
        of_z = self._of_z(parameters)
        z, log_q = self._sample(of_z, noise)
        if self._is_mixture:
            components, log_p_class = self.prior.made_components(), self.prior.log_weights()
            log_p = components.log_prob_each(z)
            p = components.distribution()[:, tf.newaxis, tf.newaxis]
        else:
            log_p, p = self.prior.log_prob(z), self.prior.distribution()
            log_p_class = -tf.math.log(tf.ones([self.num_classes], z.dtype) * self.num_classes)
        by_class = {name: value[:, None] for name, value in of_z.items()}
        categorical = tfp.distributions.Categorical
        return Inference(
            z=z if self._is_mixture else self._with_codes(z),
            log_q=(log_q_class, log_q),
            log_p=(log_p_class[:, None, None], log_p),
            posteriors=(
                categorical(logits=tf.transpose(log_class[:, 0])),
                self.posterior.distribution(by_class),
            ),
            priors=(categorical(logits=log_p_class), p),
            log_w=log_class,
            log_q_label=self._log_q_label(parameters),
        )

    def _log_q_label(self, parameters: Parameters) -> tf.Tensor | None:
        if LABEL not in parameters:
            return None
        chosen = tf.one_hot(parameters[LABEL], self.num_classes, dtype=parameters[LOGITS].dtype)
        # The code of no label is zero throughout.
        return tf.reduce_sum(chosen * tf.nn.log_softmax(parameters[LOGITS]), axis=-1)

    def _log_class(self, parameters: Parameters) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the log-weights of the classes, and log q(y|x) in the bound, `[K, 1, B]` each."""
        log_q = tf.transpose(tf.nn.log_softmax(parameters[LOGITS]))[:, None]
        if LABEL not in parameters:
            return log_q, log_q
        label = parameters[LABEL]
        chosen = tf.one_hot(label, self.num_classes, axis=0, dtype=log_q.dtype)[:, None]
        observed = (label >= 0)[None, None]
        # An observed class is not inferred: with log q left in, training would lower it.
        log_w = tf.where(observed, RULED_OUT * (1.0 - chosen), log_q)
        return log_w, tf.where(observed, tf.zeros_like(log_q), log_q)

    def draw(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        """Returns z of one class, drawn by q(y|x), with its code behind it: `[S, B, *event]`."""
        reached = tf.cumsum(self.class_probabilities(parameters), axis=-1)[:, :-1]
        exceeded = reached < noise["class"][..., None]
        classes = tf.reduce_sum(tf.cast(exceeded, tf.int32), axis=-1)
        of_z, codes = self._chosen(parameters, tf.transpose(classes))
        of_z = {name: tf.transpose(v, (1, 0, *range(2, v.shape.rank))) for name, v in of_z.items()}
        z, _ = self.posterior.sample(of_z, noise)
        return z if self._is_mixture else tf.concat([z, tf.transpose(codes, (1, 0, 2))], axis=-1)

    def _of_z(self, parameters: Parameters) -> Parameters:
        """Returns the parameters of q(z|x,y) with the classes first, `[K, B, ...]`."""
        names = [name for name in parameters if name not in (LOGITS, LABEL)]
        return {
            name: tf.transpose(value, (1, 0, *range(2, value.shape.rank)))
            for name, value in ((name, parameters[name]) for name in names)
        }

    def _sample(self, of_z: Parameters, noise: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z `[K, S, B, D]` and log q(z|x,y) `[K, S, B]`, every class by the same noise."""
        rows = {
            name: tf.reshape(value, tf.concat([[-1], tf.shape(value)[2:]], axis=0))
            for name, value in of_z.items()
        }
        # Not by `tf.tile`: TensorFlow Lite's converter (2.21) drops one whose result is multiplied.
        tiled = {
            name: tf.concat([noise[name]] * self.num_classes, axis=1)
            for name in self.posterior.noise()
        }
        z, log_q = self.posterior.sample(rows, tiled)
        samples = tf.shape(z)[0]
        z = tf.reshape(z, (samples, self.num_classes, -1, z.shape[-1]))
        log_q = tf.reshape(log_q, (samples, self.num_classes, -1))
        return tf.transpose(z, (1, 0, 2, 3)), tf.transpose(log_q, (1, 0, 2))

    def _with_codes(self, z: tf.Tensor) -> tf.Tensor:
        codes = tf.eye(self.num_classes, dtype=z.dtype)[:, None, None]
        shape = tf.concat([tf.shape(z)[:-1], [self.num_classes]], axis=0)
        return tf.concat([z, tf.broadcast_to(codes, shape)], axis=-1)

    def _chosen(self, parameters: Parameters, classes: tf.Tensor) -> tuple[Parameters, tf.Tensor]:
        """Returns the parameters of q(z|x,y) for classes `[B, ...]`, and their one-hot codes."""
        codes = tf.one_hot(classes, self.num_classes, dtype=parameters[LOGITS].dtype)
        names = [name for name in parameters if name not in (LOGITS, LABEL)]
        of_z = {name: tf.gather(parameters[name], classes, axis=1, batch_dims=1) for name in names}
        return of_z, codes

    def point(self, parameters: Parameters) -> tf.Tensor:
        """Returns the point of q(z|x,y) for the most probable class, with its code behind it."""
        shares = self.class_probabilities(parameters)
        of_z, codes = self._chosen(parameters, tf.argmax(shares, axis=-1, output_type=tf.int32))
        z = self.posterior.point(of_z)
        return z if self._is_mixture else tf.concat([z, codes], axis=-1)

    def distribution(self, parameters: Parameters) -> Any:
        from tfvae.latents.clustered_distribution import ClusteredDistribution

        names = [name for name in parameters if name not in (LOGITS, LABEL)]
        of_z = self.posterior.distribution({name: parameters[name] for name in names})
        log_class = tf.transpose(self._log_class(parameters)[0][:, 0])
        return ClusteredDistribution(
            log_class, of_z, self.point(parameters), with_codes=not self._is_mixture
        )

    def generative_noise(self) -> dict[str, Noise]:
        if self._is_mixture:
            return self.prior.noise()
        return {"component": Noise("uniform", ()), **self.prior.noise()}

    def generate(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if self._is_mixture:
            return self.prior.sample(noise, component, temperature)
        if component is None:
            component = tf.cast(noise["component"] * self.num_classes, tf.int32)
        z = self.prior.sample(noise, None, temperature)
        return tf.concat([z, tf.one_hot(component, self.num_classes, dtype=z.dtype)], axis=-1)

    @property
    def num_components(self) -> int:
        return self.num_classes

    def class_probabilities(self, parameters: Parameters) -> tf.Tensor:
        """Returns q(y|x), or the one-hot code of the label where there is one, `[B, K]`."""
        return tf.transpose(tf.exp(self._log_class(parameters)[0][:, 0]))

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return [ComponentUsage(self.num_classes)]

    def usage(self, inference: Inference) -> tf.Tensor:
        return shares_of_classes(inference)

    def adapt(self, values: np.ndarray) -> None:
        self.prior.adapt(values[:, : self.posterior.event_shape[0]])


def shares_of_classes(inference: Inference) -> tf.Tensor:
    """Returns the weights of the classes, averaged over samples, `[B, K]`."""
    log_w = inference.log_w
    return tf.transpose(tf.reduce_mean(tf.exp(log_w), axis=1))


def _number_of_classes(num_classes: int | None, prior: Prior) -> int:
    known = prior.num_components if isinstance(prior, MixtureOfGaussians) else None
    if known is None and num_classes is None:
        raise ValueError(
            "`num_classes` is missing: a prior that is no mixture does not know the number of "
            "classes."
        )
    if None not in (known, num_classes) and known != num_classes:
        raise ValueError(
            f"`num_classes` is {num_classes}, but the mixture has {known} components: leave it out."
        )
    number = positive_integer(known if num_classes is None else num_classes, "num_classes")
    if number < 2:
        raise ValueError("`num_classes` must be at least 2: there is nothing to tell apart.")
    return number
