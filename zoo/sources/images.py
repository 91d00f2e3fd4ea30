"""Sets of images: IDX files in a folder, downloaded by Keras, or taken from scikit-learn."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..idx import read_idx
from .source import ARRAYS, Loaded, Source, data_root, fifth_of_each_class

DIGITS_SEED = 1797

_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@dataclass(frozen=True, kw_only=True)
class ImageSource(Source):
    """Labelled grey images, stored as arrays of unsigned bytes.

    Attributes:
        shapes: the shape of each stored array, by the names in `ARRAYS`.
        sha256: the digest of the bytes of each stored array, in C order. Digests of the arrays,
            not of files: packed, unpacked and downloaded copies are then held to the same ones.
        peak: the byte that stands for 1.0.
        folders: the names its folder of IDX files may have; empty if it has no such files.
    """

    shapes: Mapping[str, tuple[int, ...]]
    sha256: Mapping[str, str]
    peak: int
    folders: tuple[str, ...] = ()

    def load(self, name: str) -> Loaded:
        """Returns the images, in [0, 1], and their labels, all of them checked."""
        stored, origin, places = _stored(name, self)
        for key in ARRAYS:
            _check(stored[key], key, self, f"{places[key]} ({key} of {name})")
        arrays = {
            key: self._decoded(stored[key]) if key.startswith("x") else stored[key]
            for key in ARRAYS
        }
        return Loaded(arrays, origin, dict(self.sha256))

    def _decoded(self, images: np.ndarray) -> np.ndarray:
        return np.divide(images[..., np.newaxis], np.float32(self.peak), dtype=np.float32)


_DIGIT_NAMES = tuple("0123456789")

_MNIST_SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}

SOURCES: dict[str, ImageSource] = {
    "mnist": ImageSource(
        licence="CC-BY-SA-3.0",
        citation=(
            "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. Gradient-based learning applied to "
            "document recognition. Proceedings of the IEEE 86(11), 1998. "
            "doi:10.1109/5.726791"
        ),
        class_names=_DIGIT_NAMES,
        shapes=_MNIST_SHAPES,
        sha256={
            "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        },
        peak=255,
        folders=("mnist",),
    ),
    "fashion_mnist": ImageSource(
        licence="MIT",
        citation=(
            "H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a novel image dataset for "
            "benchmarking machine learning algorithms. 2017. arXiv:1708.07747"
        ),
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        shapes=_MNIST_SHAPES,
        sha256={
            "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
            "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
            "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
            "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
        },
        peak=255,
        folders=("fashion-mnist", "fashion_mnist"),
    ),
    "digits": ImageSource(
        licence="CC-BY-4.0",
        citation=(
            "E. Alpaydin, C. Kaynak. Optical recognition of handwritten digits. UCI Machine "
            "Learning Repository, 1998. doi:10.24432/C50P49"
        ),
        class_names=_DIGIT_NAMES,
        shapes={
            "x_train": (1_438, 8, 8),
            "y_train": (1_438,),
            "x_test": (359, 8, 8),
            "y_test": (359,),
        },
        sha256={
            "x_train": "44155f9e88f8833eec8e64bfd0afbc0ebb65b65a982dfcc885d3d55311127d91",
            "y_train": "41700f9b77b9692a1d42086b2e436cc6ba684fb15ae4a73066f7d51c47c2d4a7",
            "x_test": "71754d7643190cf7824ac45dc5c923f56b9f02884605ed76f6cb1894761c0366",
            "y_test": "4b70c241969b647098823deb71180ef294146a2ab63b1cb8e5903dc7d2cdea34",
        },
        peak=16,
    ),
}

_Stored = tuple[dict[str, np.ndarray], str, dict[str, str]]


def _stored(name: str, source: ImageSource) -> _Stored:
    """Returns the arrays of bytes, which road they came by, and the place of each."""
    if not source.folders:
        return _from_scikit_learn(), "scikit-learn", dict.fromkeys(ARRAYS, "sklearn.datasets")
    root = data_root()
    folder = None if root is None else _find_folder(root, source)
    if folder is None:
        place = f"keras.datasets.{name}"
        return _from_keras(name, source), "download", dict.fromkeys(ARRAYS, place)
    paths = {key: _find_file(folder, file) for key, file in _FILES.items()}
    arrays = {key: read_idx(path, source.shapes[key]) for key, path in paths.items()}
    return arrays, "folder", {key: str(path) for key, path in paths.items()}


def _find_folder(root: Path, source: ImageSource) -> Path | None:
    """Returns the folder with the IDX files, or None if there is none below `root`."""
    candidates = [root / name for name in source.folders]
    if root.resolve().name in source.folders:
        candidates.append(root)
    return next((folder for folder in candidates if folder.is_dir()), None)


def _find_file(folder: Path, name: str) -> Path:
    """Returns the packed or the unpacked file of that name."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise DataError(f"{folder} lacks {name}.gz (or {name}). Put the original file there.")


def _from_keras(name: str, source: ImageSource) -> dict[str, np.ndarray]:
    """Returns the arrays that Keras keeps in its cache, or downloads."""
    import keras

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise DataError(
            f"{name} was not found in TFVAE_DATA, and keras.datasets could not provide it "
            f"({error}). Put its four IDX files into a folder {source.folders[0]}/ and set "
            "TFVAE_DATA to the folder above it."
        ) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _from_scikit_learn() -> dict[str, np.ndarray]:
    """Returns scikit-learn's digits, a fifth of each class set apart as the test set."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    test = fifth_of_each_class(labels, DIGITS_SEED)
    return {
        "x_train": images[~test],
        "y_train": labels[~test],
        "x_test": images[test],
        "y_test": labels[test],
    }


def _check(array: np.ndarray, key: str, source: ImageSource, place: str) -> None:
    """Raises DataError unless the array is, byte for byte, the one that was published."""
    shape = source.shapes[key]
    if array.shape != shape or array.dtype != np.uint8:
        raise DataError(
            f"{place} should be uint8 of shape {shape}, but is {array.dtype} of shape "
            f"{array.shape}. Delete that copy and fetch the original."
        )
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    if digest != source.sha256[key]:
        raise DataError(
            f"{place} is not the published data: the sha256 of the array should be "
            f"{source.sha256[key]}, but is {digest}. Delete that copy and fetch the original."
        )
