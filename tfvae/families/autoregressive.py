"""A likelihood of sequences of tokens, each given those before it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.causal import CausalNetwork, State, is_recurrent, steps_of
from tfvae.families.categorical import check_codes, checked_classes, log_prob_of_codes
from tfvae.families.family import Family, Parameters, Projection, own_distribution
from tfvae.part import positive_integer, registered

# The codes `[M]` of a step, and what has come of all steps until it, `[M, ...]`.
Chosen = tuple[tf.Tensor, tf.Tensor]


@registered()
class Autoregressive(Family):
    r"""Sequences of T tokens, as codes 0, 1, ..., K-1, each drawn given those before it.

    $$\log p(x|z) = \sum_{t=1}^T \log p(x_t | x_1, \dots, x_{t-1}, z)$$

    A causal network reads, at step t, an embedding of $x_{t-1}$ plus a context that the decoder
    makes of z. The density takes all steps at once, given the data (teacher forcing). Samples are
    drawn step by step: in T steps of the network, where it is the one of default or a recurrent
    layer of Keras, else in T passes of the whole. `mean` and `point` are the greedy sequence: at
    each step the most probable token, given those that were chosen.

    Args:
        event_shape: `(T,)`.
        num_classes: K, at least 2: the size of the vocabulary, with tokens for end and padding if
            there are such.
        units: size of embedding and context.
        network: a Keras layer from `[N, T, units]` to `[N, T, any]` whose step t sees no later
            one, such as `keras.layers.GRU(64, return_sequences=True)`; dilated causal convolutions
            if left out. What layers such as dropout do in training alone, they do not do in it.

    Raises:
        ValueError: if a number is not whole or too small, the shape is not `(T,)`, or `network`
            does not return sequences of T steps.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Autoregressive((6,), num_classes=10, units=8)
        >>> parameters = likelihood(tf.zeros([2, 4]))
        >>> likelihood.distribution(parameters).sample(seed=0).shape
        TensorShape([2, 6])

    Reference:
        Bowman et al. 2015, arXiv:1511.06349, section 3, without word dropout; Yang et al. 2017,
        arXiv:1702.08139, for the dilated convolutions in place of a recurrent network.
    """

    is_discrete = True

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_classes: int,
        units: int = 128,
        network: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape, **kwargs)
        if len(self.event_shape) != 1:
            raise ValueError(
                f"`event_shape` must be (length of a sequence,), but is {event_shape!r}."
            )
        self.num_classes = checked_classes(num_classes)
        self.units = positive_integer(units, "units")
        if not (network is None or isinstance(network, keras.Layer)):
            raise ValueError(f"`network` must be a Keras layer or model, but is {network!r}.")
        self.network = CausalNetwork(self.units) if network is None else network

    def heads(self) -> dict[str, Projection]:
        return {"context": Projection((self.units,), name="context")}

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        # Another code than those of tokens stands for the start.
        self.embedding = self.add_weight(
            name="embedding",
            shape=(self.num_classes + 1, self.units),
            initializer=keras.initializers.RandomNormal(stddev=self.units**-0.5),
            dtype=self.density_dtype,
            autocast=False,
        )
        steps = (None, *self.event_shape, self.units)
        output = tuple(self.network(keras.KerasTensor(steps)).shape)
        if len(output) != 3 or output[1] != self.event_shape[0]:
            raise ValueError(
                f"`network` must return a step for each of its {self.event_shape[0]} steps, "
                f"[N, {self.event_shape[0]}, any], but returned {output}. A recurrent layer needs "
                "`return_sequences=True`."
            )
        self.logits = keras.layers.Dense(self.num_classes, dtype=self.density_dtype, name="logits")
        self.logits.build(output)
        super().build(features_shape)

    def step_logits(self, context: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """Returns the logits of each step given the steps before it.

        Args:
            context: `[M, units]`.
            x: codes, int32 `[M, T]`.

        Returns:
            `[M, T, num_classes]`; those of step t do not depend on x from t on.
        """
        before = tf.pad(x[:, :-1], [[0, 0], [1, 0]], constant_values=self.num_classes)
        embedded = tf.gather(tf.convert_to_tensor(self.embedding), before)
        return self.logits(self.network(embedded + context[:, None]))

    def log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        # Sums with zeros spell out the broadcast in operations that LiteRT has.
        context = parameters["context"] + tf.zeros_like(x[..., :1])
        x += tf.zeros_like(context[..., :1])
        length, leading = self.event_shape[0], tf.shape(x)[:-1]
        codes = tf.cast(tf.reshape(x, (-1, length)), tf.int32)
        flat = tf.reshape(context, (-1, self.units))
        if is_recurrent(self.network):
            return tf.reshape(self._log_prob_by_steps(flat, codes), leading)
        log_probs = tf.nn.log_softmax(self.step_logits(flat, codes))
        return tf.reshape(tf.reduce_sum(log_prob_of_codes(log_probs, codes), axis=-1), leading)

    def _log_prob_by_steps(self, context: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        """Adds up the log-probabilities `[M]` of codes `[M, T]` as a recurrent network goes."""

        # Of Keras's own loop, which lists the outputs, the converter of TensorFlow 2.21 makes no
        # LiteRT operation for batches of any size. A sum needs no list.
        def one_step(step: tf.Tensor, logits: tf.Tensor, total: tf.Tensor) -> Chosen:
            code = tf.gather(codes, step, axis=1)
            return code, total + log_prob_of_codes(tf.nn.log_softmax(logits), code)

        return self._loop(context, one_step, tf.zeros_like(context[:, 0]))

    def _loop(
        self,
        context: tf.Tensor,
        one_step: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Chosen],
        result: tf.Tensor,
    ) -> tf.Tensor:
        """Goes through the steps of sequences with contexts `[M, units]`, and returns the result.

        Args:
            context: `[M, units]`.
            one_step: from the number of a step, its logits `[M, num_classes]` and the result so
                far to the step's codes `[M]` and the result with it.
            result: what there is before the first step, `[M, ...]`.
        """
        length = self.event_shape[0]
        steps = steps_of(self.network, length, self.units)
        embedding = tf.convert_to_tensor(self.embedding)

        def taken(step: tf.Tensor, before: tf.Tensor, state: State, result: tf.Tensor) -> Any:
            outputs, state = steps.step(tf.gather(embedding, before) + context, state)
            codes, result = one_step(step, self.logits(outputs), result)
            return step + 1, codes, state, result

        first = tf.zeros_like(context[:, 0], tf.int32) + self.num_classes
        start = (tf.constant(0), first, steps.start(tf.shape(context)[0]), result)
        return tf.while_loop(
            lambda step, *_: step < length, taken, start, maximum_iterations=length
        )[-1]

    def distribution(self, parameters: Parameters) -> Any:
        return own_distribution(self, parameters, tf.shape(parameters["context"])[:-1])

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return self._step_by_step(parameters["context"], lambda logits, step: logits)

    def draw(self, parameters: Parameters, n: tf.Tensor, seed: Any) -> tf.Tensor:
        """Draws n sequences from each distribution: `[n, ..., T]`."""
        context = parameters["context"]
        context = tf.broadcast_to(context, tf.concat([[n], tf.shape(context)], axis=0))
        count = tf.reduce_prod(tf.shape(context)[:-1])
        shape = tf.stack([self.event_shape[0], count, self.num_classes])
        zero = tf.zeros([], context.dtype)
        noise = tfp.distributions.Gumbel(zero, zero + 1.0).sample(shape, seed)
        return self._step_by_step(context, lambda logits, step: logits + noise[step])

    def _step_by_step(
        self, context: tf.Tensor, scores: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    ) -> tf.Tensor:
        """Chooses token after token, at each step the one of the highest score."""
        flat, length = tf.reshape(context, (-1, self.units)), self.event_shape[0]
        nothing = tf.zeros_like(flat[:, :1], tf.int32) + tf.zeros([1, length], tf.int32)

        def one_step(step: tf.Tensor, logits: tf.Tensor, x: tf.Tensor) -> Chosen:
            chosen = tf.argmax(scores(logits, step), axis=-1, output_type=tf.int32)
            return chosen, x + chosen[:, None] * tf.one_hot(step, length, dtype=tf.int32)

        x = self._loop(flat, one_step, nothing)
        shape = tf.concat([tf.shape(context)[:-1], [length]], axis=0)
        return tf.cast(tf.reshape(x, shape), self.density_dtype)

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        check_codes(x, self.num_classes, type(self).__name__)
