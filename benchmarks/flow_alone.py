"""A training step of a flow by itself: what a model with a flow has to pay for it."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from benchmarks.network import BATCH_SIZE, HIDDEN_SIZES, LATENT_SIZE


def flow_alone(vae: Any) -> Callable[[], tf.Tensor] | None:
    """Returns a compiled step of a model's flow, or None if it has none.

    The flow maps a batch as it does in a training step of the model, a posterior's forward and with
    the context that its heads make of features, a prior's back to noise; then the gradients with
    respect to what it is given and to its weights, and Adam.

    Args:
        vae: a built `tfvae.VAE`.
    """
    posterior = getattr(vae.latents, "posterior", None)
    forward = getattr(posterior, "flow", None)
    flow = forward or getattr(vae.prior, "flow", None)
    if flow is None:
        return None
    heads = posterior.heads if forward else {}
    weights = [weight for part in (flow, *heads.values()) for weight in part.trainable_weights]
    optimizer = keras.optimizers.Adam()
    optimizer.build(weights)
    z = tf.random.stateless_normal([BATCH_SIZE, LATENT_SIZE], (0, 1))
    features = tf.random.stateless_normal([BATCH_SIZE, HIDDEN_SIZES[-1]], (0, 2))

    @tf.function(jit_compile=True, autograph=False)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch([z, features])
            context = {name: head(features) for name, head in heads.items()}
            mapped, log_det = (flow.forward if forward else flow.inverse)(z, context)
            loss = tf.reduce_sum(0.5 * tf.square(mapped)) - tf.reduce_sum(log_det)
        values = [weight.value for weight in weights]
        given = [z, features] if heads else [z]
        gradients = tape.gradient(loss, [*values, *given])
        optimizer.apply_gradients(zip(gradients[: len(weights)], weights, strict=True))
        # All are used: XLA would drop what nobody reads.
        return loss + tf.add_n([tf.reduce_sum(one) for one in gradients[len(weights) :]])

    return step
