"""How the parts of a model are joined when it is built, and what is said when they do not fit."""

import inspect
from typing import Any

import keras
import tensorflow as tf

from tfvae.families.family import Family
from tfvae.part import Part
from tfvae.pipeline import same_but_for_ones
from tfvae.priors.prior import Prior


def wire(model: Any) -> None:
    """Builds every part of a model from the shapes that likelihood and posterior carry.

    Raises:
        ValueError: if a network does not accept its input, its output feeds no head, or densities
            would differ in float type.
    """
    _check_precision([model.likelihood, *model.latents._flatten_layers(include_self=False)])
    model.latents.attach(model.input_shape, model.infer_parameters)
    try:
        _join(model)
    except Exception:
        # The prior is then free for the next attempt.
        model.latents.attach(model.input_shape, None)
        raise


def _join(model: Any) -> None:
    features = output_of(
        model.encoder,
        "encoder",
        model.input_shape,
        "the likelihood's events, unless `input_shape` says otherwise. End up with that input "
        "shape, or start the encoder with `keras.layers.Reshape` or `keras.layers.Flatten`",
        levels=model.latents.num_levels,
    )
    _build(model.latents, features, "The encoder's output cannot feed the posterior. ")
    _check_samples(model)
    decoded = output_of(
        model.decoder,
        "decoder",
        model.latents.decoder_shape,
        "the latents. Make its input shape that of the posterior's event",
    )
    _build(model.likelihood, decoded, "The decoder's output cannot feed the likelihood. ")
    if model.sampler is not None:
        build_sampler(model, model.sampler)
        freeze(model.sampler)
    _freeze_what_is_frozen(model)


def _freeze_what_is_frozen(model: Any) -> None:
    """Freezes what is in the parts that came frozen, as from a file.

    Keras 3.15 does not tell layers that are made, or built, after the one that holds them.
    """
    for layer in model._flatten_layers(include_self=False):
        if not layer.trainable:
            # An attribute that has the value already is not set, and nothing within hears of it.
            layer.trainable = True
            layer.trainable = False


def build_sampler(model: Any, sampler: Prior) -> None:
    """Builds a sampler for the latents of a model.

    Raises:
        ValueError: if it is not over such latents.
    """
    _check_precision([model.likelihood, sampler])
    model.latents.attach(model.input_shape, model.infer_parameters, sampler)
    sampler.build_once((None, *model.latents.event_shape))


def freeze(sampler: Prior) -> None:
    """Keeps a sampler, which is fitted by itself, from being trained with its model."""
    # Not by the layers' `trainable`: that would be in their configs, and a part that is made frozen
    # has layers within, built later, that Keras 3.15 does not freeze.
    for weight in sampler.trainable_weights:
        weight.trainable = False


def _check_precision(parts: list[keras.Layer]) -> None:
    densities = {
        type(part).__name__: part.density_dtype
        for part in parts
        if isinstance(part, Family | Prior)
    }
    if len(set(densities.values())) > 1:
        raise ValueError(
            "All densities of a model are computed in one float type, but its parts have "
            f"{densities}. Call `keras.config.set_dtype_policy` before any part is made, or give "
            "each the same `dtype`."
        )


def _check_samples(model: Any) -> None:
    if model.objective.num_samples > 1 and not model.latents.noise():
        raise ValueError(
            f"`{type(model.objective).__name__}` takes {model.objective.num_samples} samples an "
            f"example, but the latents `{type(model.latents).__name__}` are not random: all would "
            "be the same. Take one sample, as `tfvae.objectives.ELBO()` does."
        )


def _build(part: Part, features: Any, problem: str) -> None:
    try:
        part(keras.tree.map_structure(lambda each: keras.KerasTensor(each.shape), features))
    except ValueError as error:
        raise ValueError(problem + str(error)) from error


def output_of(
    network: Any, name: str, event_shape: tuple[int | None, ...], whose: str, levels: int = 1
) -> Any:
    """Returns what a network gives for inputs `[N, *event_shape]`, symbolically, and builds it.

    Args:
        network: what should be a Keras layer.
        name: what it is called in errors.
        event_shape: shape of one input.
        whose: what such inputs are, in errors.
        levels: how many tensors it may return instead of one.

    Raises:
        ValueError: if it is no layer, does not accept such inputs, or does not return that.
    """
    if not isinstance(network, keras.Layer):
        raise ValueError(
            f"`{name}` must be a Keras layer or model, but is {network!r}. A function can be "
            "wrapped by `keras.layers.Lambda`, or better in a layer of your own."
        )
    try:
        output = apply_network(network, keras.KerasTensor((None, *event_shape)), training=False)
    except Exception as error:
        # Keras and TensorFlow raise many types here; to the user all say that the shapes clash.
        raise ValueError(
            f"The {name} `{network.name}` does not accept input of shape (None, "
            f"{', '.join(map(str, event_shape))}), that of {whose}. What it said: {error}"
        ) from error
    outputs = output if isinstance(output, list | tuple) and levels > 1 else [output]
    if len(outputs) not in (1, levels) or not all(_is_features(each) for each in outputs):
        several = f", or a list of {levels}, one for each level" if levels > 1 else ""
        raise ValueError(
            f"The {name} `{network.name}` must return one tensor of features, [N, ...]{several}, "
            f"but returned {output!r}."
        )
    for each in outputs:
        if None in each.shape[1:]:
            raise ValueError(
                f"The {name} `{network.name}` returns features of unknown size, {each.shape}: "
                "every size but that of the batch must be known."
            )
    return output


def _is_features(output: Any) -> bool:
    return (
        isinstance(output, keras.KerasTensor)
        and output.shape is not None
        and len(output.shape) >= 2
    )


def apply_network(network: keras.Layer, inputs: Any, training: bool) -> Any:
    """Calls a user's network, which may or may not take `training`."""
    accepted = inspect.signature(network.call).parameters
    takes_training = "training" in accepted or any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in accepted.values()
    )
    return network(inputs, training=training) if takes_training else network(inputs)


def as_events(x: Any, event_shape: tuple[int, ...]) -> Any:
    """Returns a batch in the shape of events; axes of size one at the end may be missing or spare.

    Raises:
        ValueError: if the shapes do not agree otherwise.
    """
    shape = tf.TensorShape(x.shape)
    if shape.rank is None or None in shape[1:]:
        # Not known before it runs; that number of examples keeps it from mixing their values.
        return tf.reshape(x, (tf.shape(x)[0], *event_shape))
    given = tuple(shape)[1:]
    if given == event_shape:
        return x
    if same_but_for_ones(given, event_shape):
        return tf.reshape(x, (-1, *event_shape))
    raise ValueError(
        f"The data have examples of shape {given}, but the model is over events of shape "
        f"{event_shape}. Reshape the data, or build the model for their shape."
    )
