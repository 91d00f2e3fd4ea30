"""Images made from known factors: a procedural re-creation of the best-known such data set."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfvae.evaluate.factors.draws import generator
from tfvae.evaluate.factors.shapes import NUM_SHAPES, draw_shapes
from tfvae.part import positive_integer

NUM_POSITIONS = 32
# A step of a position is one pixel of 64, whatever the size of the images.
_STEP = 1.0 / 64.0
_FIRST = 0.5 * (1.0 - (NUM_POSITIONS - 1) * _STEP)
_VALUES = {
    "shape": np.arange(float(NUM_SHAPES)),
    "scale": np.linspace(0.5, 1.0, 6),
    # As in the original, the last orientation is the first again.
    "orientation": np.linspace(0.0, 2.0 * math.pi, 40),
    "x": _FIRST + _STEP * np.arange(NUM_POSITIONS),
    "y": _FIRST + _STEP * np.arange(NUM_POSITIONS),
}
_CATEGORICAL = ("shape",)


class Sprites:
    r"""White shapes on black, made from five known factors: a re-creation of dSprites.

    It is not that data set, and scores on the two do not compare: factors, their values and their
    order are the original's, and the pixels are our own. An image is computed when it is asked
    for; nothing is stored or downloaded.

    | factor | values |
    | --- | --- |
    | `shape` | square, ellipse, heart |
    | `scale` | 6, from 0.5 to 1 |
    | `orientation` | 40, from 0 to $2\pi$ |
    | `x`, `y` | 32 each, a pixel of 64 apart, around the middle |

    Two facts of the original are kept. Orientations 0 and 39 are the same, since both ends of the
    circle are among the 40. And a square looks the same after a quarter of a turn, an ellipse after
    half a turn: no code can tell what the picture does not.

    Args:
        size: pixels a side.
        fixed: numbers of the values at which factors rest, by name: the others are those that vary,
            the columns of every array of factors.

    Attributes:
        names: the factors that vary.
        num_values: how many values each of them has.
        categorical: which of their columns are kinds, not amounts.
        values: the value that each number stands for, float64, by name: the shape's number, the
            scale, the angle clockwise in radians, the centre in image widths from the left or from
            above.

    Raises:
        ValueError: if `size` is not a whole number above 0, a factor or a value does not exist, or
            none is left to vary.

    Example:
        >>> sprites = Sprites()
        >>> len(sprites), sprites.names, sprites.num_values
        (737280, ('shape', 'scale', 'orientation', 'x', 'y'), (3, 6, 40, 32, 32))
        >>> heart = sprites.images([[2, 0, 0, 15, 15]])[0, 26:39, 24:39, 0]
        >>> print("\n".join("".join("-#"[int(pixel)] for pixel in row) for row in heart))
        ---###---###---
        -#############-
        -#############-
        ###############
        ###############
        ###############
        -#############-
        --###########--
        ---#########---
        ----#######----
        -----#####-----
        ------###------
        -------#-------

    Reference:
        Matthey, Higgins, Hassabis and Lerchner 2017, dSprites: Disentanglement testing Sprites
        dataset. Its pixels came from a game engine; ours are on where their middle is within the
        shape, whose proportions are ours.
    """

    def __init__(self, size: int = 64, fixed: Mapping[str, int] | None = None) -> None:
        self.size = positive_integer(size, "size")
        self.fixed = _checked_fixed(fixed or {}, tuple(_VALUES))
        self.names = tuple(name for name in _VALUES if name not in self.fixed)
        if not self.names:
            raise ValueError("`fixed` leaves no factor to vary: leave at least one out.")
        self.num_values = tuple(len(_VALUES[name]) for name in self.names)
        self.categorical = tuple(i for i, name in enumerate(self.names) if name in _CATEGORICAL)
        self.values = {name: _VALUES[name].copy() for name in self.names}

    def __len__(self) -> int:
        """Returns how many images there are: every combination of values once."""
        return math.prod(self.num_values)

    def __repr__(self) -> str:
        return f"Sprites(size={self.size}, fixed={self.fixed})"

    def factors(self, index: Any) -> np.ndarray:
        """Returns the factors of images by their place, in which the last factor varies fastest.

        Args:
            index: whole numbers `[N]`, from 0 to one less than how many images there are.

        Returns:
            int64 `[N, F]`, the number of each factor's value.

        Raises:
            ValueError: if there is no such place.
        """
        index = np.asarray(index)
        whole = index.ndim == 1 and index.dtype.kind in "iu"
        if not whole or (index.size and (index.min() < 0 or index.max() >= len(self))):
            raise ValueError(
                f"`index` must be a row of whole numbers from 0 to {len(self) - 1:,}, but is "
                f"{index!r}."
            )
        return np.stack(np.unravel_index(index, self.num_values), axis=1).astype(np.int64)

    def index(self, factors: Any) -> np.ndarray:
        """Returns the places of images by their factors: the inverse of `factors`.

        Args:
            factors: whole numbers `[N, F]`.

        Returns:
            int64 `[N]`.

        Raises:
            ValueError: if a factor has no such value.
        """
        columns = tuple(self._checked_factors(factors).T)
        return np.asarray(np.ravel_multi_index(columns, self.num_values), np.int64)

    def draw(self, n: int, seed: int = 0, fixed: Mapping[str, int] | None = None) -> np.ndarray:
        """Draws factors independently, each uniformly over its values.

        Args:
            n: how many images' factors.
            seed: seed of the draws, a whole number from 0 to 2^32 - 1.
            fixed: numbers of values that are the same in all, by the factor's name.

        Returns:
            int64 `[n, F]`.

        Raises:
            ValueError: if `n` is not a whole number above 0, or a factor or value does not exist.

        Example:
            >>> Sprites().draw(2, seed=0, fixed={"shape": 1}).tolist()
            [[1, 4, 24, 17, 13], [1, 2, 35, 30, 12]]
        """
        positive_integer(n, "n")
        held = _checked_fixed(fixed or {}, self.names)
        drawn = generator(seed).random_sample((n, len(self.names)))
        factors = (drawn * self.num_values).astype(np.int64)
        for name, value in held.items():
            factors[:, self.names.index(name)] = value
        return factors

    def images(self, factors: Any) -> np.ndarray:
        """Returns the images that factors make.

        Args:
            factors: whole numbers `[N, F]`, the number of each factor's value.

        Returns:
            float32 `[N, size, size, 1]`, 1 within the shape and 0 outside.

        Raises:
            ValueError: if a factor has no such value.
        """
        factors = self._checked_factors(factors)
        of = {name: np.full(len(factors), number) for name, number in self.fixed.items()}
        of |= dict(zip(self.names, factors.T, strict=True))
        drawn = draw_shapes(
            of["shape"],
            _VALUES["scale"][of["scale"]],
            # 2 pi becomes 0, for cosine and sine of the two differ in their last digits.
            np.mod(_VALUES["orientation"], 2.0 * math.pi)[of["orientation"]],
            _VALUES["x"][of["x"]],
            _VALUES["y"][of["y"]],
            self.size,
        )
        return drawn[..., None].astype(np.float32)

    def _checked_factors(self, factors: Any) -> np.ndarray:
        factors = np.asarray(factors)
        expected = "; ".join(
            f"{name} from 0 to {count - 1}"
            for name, count in zip(self.names, self.num_values, strict=True)
        )
        if (
            factors.ndim != 2
            or factors.shape[1] != len(self.names)
            or factors.dtype.kind not in "iu"
        ):
            raise ValueError(
                f"`factors` must be whole numbers [N, {len(self.names)}] ({expected}), but has "
                f"shape {factors.shape} and dtype {factors.dtype}."
            )
        if ((factors < 0) | (factors >= self.num_values)).any():
            raise ValueError(f"`factors` has values out of range: expected {expected}.")
        return factors.astype(np.int64)


def _checked_fixed(fixed: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    """Returns the values at which factors rest, each checked to exist."""
    for name, number in fixed.items():
        if name not in names:
            raise ValueError(
                f"`fixed` names {name!r}, but the factors are {', '.join(map(repr, names))}."
            )
        last = len(_VALUES[name]) - 1
        whole = hasattr(number, "__index__") and not isinstance(number, bool)
        if not (whole and 0 <= number.__index__() <= last):
            raise ValueError(
                f"`fixed[{name!r}]` must be a whole number from 0 to {last}, but is {number!r}."
            )
    return {name: number.__index__() for name, number in fixed.items()}
