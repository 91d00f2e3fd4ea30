"""Training the networks of `tfvae.evaluate.FeatureNetwork`, whose weights come with tfvae.

`python -m tfvae.zoo feature-network mnist --output FOLDER`
"""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfvae.evaluate.samples import feature_network
from tfvae.evaluate.samples.feature_network import NETWORKS
from tfvae.evaluate.samples.feature_network.network import DROPOUT, build_classifier
from tfvae.evaluate.samples.feature_network.stored import write

from . import data
from .errors import PresetError
from .provenance import hardware, versions

LICENCE = "Apache-2.0"
VALIDATION, SEED = 10_000, 0
EPOCHS, BATCH_SIZE, LEARNING_RATE = 15, 128, 1e-3


def pinned() -> Path:
    """Returns the folder of the networks that come with tfvae."""
    return Path(feature_network.__file__).parent


def train(name: str, folder: Path, epochs: int = EPOCHS, verbose: Any = "auto") -> Path:
    """Trains the classifier of a data set, and writes its weights with what is known of them.

    The last 10,000 training images are held out: the epoch with the best accuracy on them gives
    the weights. The test images are looked at once, when the weights are final and rounded. The
    seconds that are noted are of the wall clock, whatever else the machine did.

    Args:
        name: of the data set, as in `tfvae.evaluate.samples.feature_network.NETWORKS`.
        folder: where the two files shall stand.
        epochs: passes through the 50,000 other images.
        verbose: as in `fit`.

    Returns:
        The path of the weights.

    Raises:
        PresetError: if there is no such network, or one of its name and version is there already.
    """
    if name not in NETWORKS:
        raise PresetError(f"There is no feature network {name!r}. Known: {', '.join(NETWORKS)}.")
    path = folder / f"{NETWORKS[name]}.npz"
    if path.exists():
        raise PresetError(
            f"{path} is there already, and what a name and version stand for never changes. Raise "
            "the version in tfvae/evaluate/samples/feature_network/stored.py, or name another "
            "folder."
        )
    dataset = data.load(name)
    start = time.monotonic()
    classifier, best_epoch = _fit(dataset, epochs, verbose)
    seconds = time.monotonic() - start
    for weight in classifier.weights:
        weight.assign(np.asarray(weight, "float16").astype("float32"))
    metadata = {
        "data": {"name": dataset.name, "sha256": dict(dataset.sha256), "licence": dataset.licence},
        "training": _training(dataset, epochs, best_epoch),
        "validation_errors": _errors(classifier, *data.split(dataset, VALIDATION)[1]),
        "test_errors": _errors(classifier, dataset.x_test, dataset.y_test),
        "test_examples": len(dataset.x_test),
        "parameter_count": classifier.count_params(),
        "seconds": round(seconds),
        "hardware": hardware(),
        "licence": LICENCE,
        **versions(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    weights = {weight.path: np.asarray(weight) for weight in classifier.weights}
    write(folder, name, weights, metadata)
    return path


def _fit(dataset: data.Dataset, epochs: int, verbose: Any) -> tuple[keras.Sequential, int]:
    """Returns the classifier as it was after its best epoch, and the number of that, from 1."""
    keras.utils.set_random_seed(SEED)
    training, validation = data.split(dataset, VALIDATION)
    steps = -(-len(training[0]) // BATCH_SIZE)
    classifier = build_classifier()
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps * epochs)
    classifier.compile(
        keras.optimizers.Adam(schedule),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=epochs, restore_best_weights=True
    )
    classifier.fit(
        *training,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        validation_data=validation,
        callbacks=[best],
        verbose=verbose,
    )
    return classifier, int(best.best_epoch) + 1


def _errors(classifier: keras.Sequential, x: np.ndarray, y: np.ndarray) -> int:
    """Returns how many images the classifier takes for something else."""
    logits = classifier.predict(x, batch_size=512, verbose=0)
    return int(np.sum(np.argmax(logits, axis=1) != y))


def _training(dataset: data.Dataset, epochs: int, best_epoch: int) -> dict[str, Any]:
    """Returns how the weights came about, as numbers and names."""
    return {
        "training_examples": len(dataset.x_train) - VALIDATION,
        "validation_examples": VALIDATION,
        "epochs": epochs,
        "chosen_epoch": best_epoch,
        "batch_size": BATCH_SIZE,
        "dropout": DROPOUT,
        "optimizer": "Adam",
        "learning_rate": LEARNING_RATE,
        "schedule": "cosine to zero",
        "seed": SEED,
    }
