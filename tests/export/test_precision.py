"""Models that do not compute in float32 are rebuilt; the original is not touched."""

from typing import Any

import keras
import numpy as np
import pytest

import tfvae
from tests.export.models import COVERING, build, images
from tfvae.export import ExportError
from tfvae.export.precision import in_float32

POLICIES = ["mixed_bfloat16", "mixed_float16", "bfloat16", "float64"]


def twice(x: Any) -> Any:
    return 2.0 * x


class Mine(keras.Layer):
    """A user's layer that nobody registered, with a function and a layer inside."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units, activation=twice, dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.dense.build(input_shape)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


class Closed(Mine):
    """One that cannot be built anew."""

    def get_config(self) -> dict[str, Any]:
        return keras.Layer.get_config(self)


def users_own(layer: type[Mine] = Mine) -> tfvae.VAE:
    latents = keras.Input((3,))
    hidden = keras.layers.Dense(8, activation=twice)(latents)
    features = keras.layers.Concatenate()([hidden, keras.layers.Dense(4)(latents)])
    encoder = [
        keras.layers.Flatten(),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Lambda(twice),
        layer(8),
    ]
    return tfvae.VAE(
        keras.Sequential(encoder),
        keras.Model(latents, features),
        posterior=tfvae.families.DiagonalNormal(3),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )


def test_a_float32_model_is_taken_as_it_is() -> None:
    vae = build(COVERING[0])
    assert in_float32(vae) == (vae, None)


@pytest.mark.parametrize(
    ("parts", "policy"),
    [(COVERING[1], POLICIES[0]), *((COVERING[2], policy) for policy in POLICIES)],
    ids=str,
)
def test_every_layer_of_the_copy_is_in_float32(parts: Any, policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    vae = build(parts)
    copy, rebuilt_from = in_float32(vae)
    assert rebuilt_from == policy
    layers = copy._flatten_layers()
    assert {(each.compute_dtype, each.variable_dtype) for each in layers} == {("float32",) * 2}
    for ours, theirs in zip(copy.weights, vae.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy().astype(np.float32))
    assert keras.config.dtype_policy().name == vae.encoder.dtype_policy.name == policy
    tolerance = 1e-5 if policy == "float64" else 0.1
    found, expected = (each.encode(images(5)).mean() for each in (copy, vae))
    np.testing.assert_allclose(found, expected, atol=tolerance, rtol=tolerance)


def test_a_users_own_layers_are_rebuilt_though_nobody_registered_them() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    vae = users_own()
    keras.config.set_dtype_policy("float32")
    copy, rebuilt_from = in_float32(vae)
    assert rebuilt_from == "mixed_bfloat16"
    x = images(4, (4, 4, 1))
    np.testing.assert_allclose(copy.encode(x).mean(), vae.encode(x).mean(), atol=0.05)


def test_a_model_that_cannot_be_rebuilt_says_why() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    vae = users_own(Closed)
    with pytest.raises(
        ExportError, match=r"computes in mixed_float16.*'units'.*`get_config`"
    ) as it:
        in_float32(vae)
    # Keras puts the whole config into its message.
    assert len(str(it.value)) < 500
    assert keras.config.dtype_policy().name == "mixed_float16"
