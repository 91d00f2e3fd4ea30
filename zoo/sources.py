"""What each data set is: its sizes, its licence, whom to cite, and the digests of its arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class Source:
    """One data set as it is stored: arrays of unsigned bytes.

    Attributes:
        licence: SPDX identifier.
        citation: whom to cite.
        class_names: the name of each label.
        shapes: the shape of each stored array, by the names in `ARRAYS`.
        sha256: the digest of the bytes of each stored array, in C order. Digests of the arrays,
            not of files: packed, unpacked and downloaded copies are then held to the same ones.
        peak: the byte that stands for 1.0.
        folders: the names its folder of IDX files may have; empty if it has no such files.
    """

    licence: str
    citation: str
    class_names: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]]
    sha256: Mapping[str, str]
    peak: int
    folders: tuple[str, ...] = ()


_DIGIT_NAMES = tuple("0123456789")

_MNIST_SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}

SOURCES: dict[str, Source] = {
    "mnist": Source(
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
    "fashion_mnist": Source(
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
    "digits": Source(
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
