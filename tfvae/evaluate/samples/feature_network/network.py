"""A small convolutional classifier of 28x28 images, and the features that it ends on."""

from dataclasses import dataclass, field
from typing import Any, Self

import keras
import numpy as np

from tfvae.evaluate.samples.feature_network.stored import Stored
from tfvae.part import check_finite
from tfvae.pipeline import as_events, as_floats

IMAGE_SHAPE = (28, 28, 1)
NUM_FEATURES, NUM_CLASSES = 64, 10
DROPOUT = 0.3


def build_classifier() -> keras.Sequential:
    """Returns the classifier with fresh weights: from images to logits of ten classes.

    Data type and order of axes are spelled out, so that no setting of Keras's changes a feature.
    """
    spatial = {"data_format": "channels_last", "dtype": "float32"}
    convolution = {"kernel_size": 3, "padding": "same", "activation": "relu", **spatial}
    return keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE, dtype="float32"),
            keras.layers.Conv2D(32, name="convolution_1", **convolution),
            keras.layers.MaxPooling2D(**spatial),
            keras.layers.Conv2D(64, name="convolution_2", **convolution),
            keras.layers.MaxPooling2D(**spatial),
            keras.layers.Conv2D(64, name="convolution_3", **convolution),
            keras.layers.MaxPooling2D(**spatial),
            keras.layers.Flatten(**spatial),
            keras.layers.Dense(NUM_FEATURES, activation="relu", name="features", dtype="float32"),
            keras.layers.Dropout(DROPOUT, dtype="float32"),
            keras.layers.Dense(NUM_CLASSES, name="logits", dtype="float32"),
        ],
        # The paths of the variables start with it.
        name="classifier",
    )


@dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """A classifier of 28x28 grey images, pinned by name and digest, and its last hidden layer.

    Three convolutions, each with pooling, and a dense layer of 64 rectified units: the features.
    Distances between them belong to this network alone. They are no Inception features, and no
    figure from them may stand beside an FID, nor beside a figure of another of these networks.

    Args:
        name: name and version, such as `"tfvae-mnist-conv-1"`.
        sha256: digest of the weights' file.
        metadata: how it was trained, on what, and how well it does.
        classifier: the Keras model, from images to logits.

    Example:
        >>> import numpy as np
        >>> network = FeatureNetwork.load("mnist")
        >>> network.name, network(np.zeros([2, 28, 28])).shape
        ('tfvae-mnist-conv-1', (2, 64))
    """

    name: str
    sha256: str
    metadata: dict[str, Any] = field(repr=False)
    classifier: keras.Sequential = field(repr=False)

    @classmethod
    def load(cls, name: str = "mnist") -> Self:
        """Returns the network that was trained on a data set; it comes with tfvae.

        Args:
            name: of the data set, `"mnist"` or `"fashion_mnist"`.

        Raises:
            ValueError: if there is no such network, or its files are not as they were written.
        """
        stored = Stored.read(name)
        classifier = build_classifier()
        for weight in classifier.weights:
            weight.assign(stored.weights[weight.path])
        return cls(stored.name, stored.sha256, stored.metadata, classifier)

    def __call__(self, x: Any, batch_size: int = 512) -> np.ndarray:
        """Returns the features of images.

        Args:
            x: images, `[N, 28, 28, 1]` or `[N, 28, 28]`, values from 0 to 1.
            batch_size: images at a time.

        Returns:
            Float32 `[N, 64]`, none below zero.

        Raises:
            ValueError: if these are no such images.
        """
        layers = self.classifier
        features = keras.Model(layers.inputs, layers.get_layer("features").output)
        return features.predict(_checked(x), batch_size=batch_size, verbose=0)

    def classify(self, x: Any, batch_size: int = 512) -> np.ndarray:
        """Returns the most probable class of each image, int64 `[N]`; arguments as for a call."""
        logits = self.classifier.predict(_checked(x), batch_size=batch_size, verbose=0)
        return np.argmax(logits, axis=1)


def _checked(x: Any) -> np.ndarray:
    """Returns images as float32, in the shape and the range that the networks read."""
    expected = "the feature networks read grey images"
    images = as_events(as_floats(x, "x"), IMAGE_SHAPE, "x", expected)
    check_finite(images)
    if images.min() < 0.0 or images.max() > 1.0:
        raise ValueError(
            "The feature networks read images with values from 0 to 1, but these go from "
            f"{images.min():g} to {images.max():g}. For bytes, divide by 255."
        )
    return images.astype("float32")
