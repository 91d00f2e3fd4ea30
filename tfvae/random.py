"""Noise as data: what a part needs is stated, drawn outside it, and handed in.

A part that never draws for itself behaves alike in training, evaluation and export.  There are two
ways to draw: :func:`draw` uses TensorFlow's generators and is fast, but eager, graph and XLA give
different numbers from one seed; :func:`threefry_draw` uses integer operations that LiteRT has as
builtins, and gives the same numbers wherever it runs.
"""

import math
import operator
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["Noise", "draw", "rows", "stream", "threefry_2x32", "threefry_draw"]

KINDS = ("normal", "uniform")

# TensorFlow draws uniforms as k / 2^23 (float32) or k / 2^52 (float64), zero included; half a step
# more is exact in the same type and leaves the interval open at both ends.
HALF_STEP = {"float32": 2.0**-24, "float64": 2.0**-53}

# TensorFlow's own choice on CPU and GPU, so the numbers are the same; but what XLA compiles for a
# choice that is left to it takes ten to fifty times as long on a CPU (TensorFlow 2.21).
ALGORITHM = "philox"

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
KEY_PARITY = 0x1BD11BDA
INT32 = np.iinfo(np.int32)


@dataclass(frozen=True)
class Noise:
    """The noise that one draw of a part needs.

    Args:
        kind: ``"normal"``, N(0, 1); or ``"uniform"``, on the open interval (0, 1).
        shape: Shape of one draw; ``()`` for one number.

    Raises:
        ValueError: If the kind is unknown, or a size is not a positive integer.

    Example:
        >>> Noise("normal", (40,)).size
        40
    """

    kind: str
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the fields, and make the shape a tuple of Python integers."""
        if self.kind not in KINDS:
            raise ValueError(f"Noise kind must be one of {KINDS}; got {self.kind!r}.")
        try:
            shape = tuple(operator.index(size) for size in self.shape)
        except TypeError:
            shape = (0,)
        if any(size < 1 for size in shape):
            raise ValueError(
                "Noise shape must be a tuple of positive integers, such as (40,) for a vector of "
                f"40 or () for one number; got {self.shape!r}."
            )
        object.__setattr__(self, "shape", shape)

    @property
    def size(self) -> int:
        """How many numbers one draw has."""
        return math.prod(self.shape)


def stream(name: str) -> int:
    """Number the stream of random numbers that belongs to a name: CRC-32 without its top bit.

    It depends on the name alone, so that noise added under another name changes nothing.

    Example:
        >>> stream("z")
        1657960367
    """
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def _streams(specs: Mapping[str, Noise]) -> dict[str, int]:
    numbers: dict[int, str] = {}
    for name in specs:
        other = numbers.setdefault(stream(name), name)
        if other != name:
            raise ValueError(
                f"The noise names {other!r} and {name!r} have the same stream number, so their "
                "noise would be equal. Rename one of them."
            )
    return {name: number for number, name in numbers.items()}


def draw(
    specs: Mapping[str, Noise],
    sample_shape: Sequence[Any] | tf.Tensor,
    seed: Any,
    dtype: str = "float32",
) -> dict[str, tf.Tensor]:
    """Draw noise by TensorFlow's stateless generators: fast, but tied to where it runs.

    Args:
        specs: The noise to draw, by name; each name has a stream of its own.
        sample_shape: Leading dimensions, integers or scalar tensors, or one integer vector.
        seed: Integer tensor [2], such as ``keras.random.SeedGenerator.next()`` gives.
        dtype: ``"float32"`` or ``"float64"``.

    Returns:
        By name, a tensor [*sample_shape, *shape].

    Raises:
        ValueError: If the dtype is another, or the seed is not a pair.

    Example:
        >>> noise = draw({"z": Noise("normal", (40,))}, [3, 16], seed=[0, 1])
        >>> noise["z"].shape.as_list()
        [3, 16, 40]
    """
    dtype = tf.as_dtype(dtype).name
    if dtype not in HALF_STEP:
        raise ValueError(
            f"Noise is drawn as {' or '.join(HALF_STEP)}; got dtype {dtype!r}. Cast it."
        )
    seed = tf.convert_to_tensor(seed)
    if seed.shape != (2,) or not seed.dtype.is_integer:
        raise ValueError(
            "A seed of two integers, shape (2,), was expected; got shape "
            f"{seed.shape}, {seed.dtype.name}. Try keras.random.SeedGenerator(0).next()."
        )
    leading = tf.cast(tf.convert_to_tensor(sample_shape, dtype_hint="int32"), "int32")
    noise = {}
    for name, number in _streams(specs).items():
        shape = tf.concat([leading, tf.constant(specs[name].shape, "int32")], axis=0)
        # Keras's seeds are uint32, which the stateless generators refuse.
        key = tf.random.fold_in(tf.cast(seed, "int32"), number, alg=ALGORITHM)
        if specs[name].kind == "normal":
            noise[name] = tf.random.stateless_normal(shape, key, dtype=dtype, alg=ALGORITHM)
        else:
            uniform = tf.random.stateless_uniform(shape, key, dtype=dtype, alg=ALGORITHM)
            noise[name] = uniform + HALF_STEP[dtype]
    return noise


def rows(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Number n rows under one seed, as :func:`threefry_draw` wants them.

    Row i is the same for every n, so a batch may be cut anywhere.

    Args:
        seed: Any 32-bit signed integer.
        n: Number of rows, at least 1.

    Returns:
        The seed n times and 0 .. n - 1, two int32 arrays [n].

    Raises:
        ValueError: If the seed is not an integer in [-2^31, 2^31), or n not one in [1, 2^31).

    Example:
        >>> seed, index = rows(7, 3)
        >>> seed.tolist(), index.tolist()
        ([7, 7, 7], [0, 1, 2])
    """
    seed = _integer("seed", seed, INT32.min)
    n = _integer("n", n, 1)
    return np.full(n, seed, np.int32), np.arange(n, dtype=np.int32)


def _integer(name: str, value: Any, least: int) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and least <= value <= INT32.max:
        return int(value)
    advice = " Try seed % 2**31." if name == "seed" and whole else ""
    raise ValueError(
        f"{name} must be an integer from {least} to {INT32.max}; got {value!r}.{advice}"
    )


def _shift_right(x: tf.Tensor, bits: int) -> tf.Tensor:
    # On int32 the sign would be shifted in.  LiteRT has bitcast and the shift of uint32 by a
    # constant as builtins, but neither the left shift nor bitwise_and and bitwise_or.
    return tf.bitcast(tf.bitwise.right_shift(tf.bitcast(x, "uint32"), np.uint32(bits)), "int32")


def threefry_2x32(
    key_0: tf.Tensor, key_1: tf.Tensor, counter_0: tf.Tensor, counter_1: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Hash counters under keys by Threefry-2x32 with 20 rounds.

    The words are unsigned in the paper and the same bits as int32 here: TensorFlow and LiteRT both
    add and multiply int32 modulo 2^32, and LiteRT has no unsigned addition.

    Args:
        key_0: First key word, int32, of any shape that broadcasts with the others.
        key_1: Second key word, int32.
        counter_0: First counter word, int32.
        counter_1: Second counter word, int32.

    Returns:
        The two output words, int32, of the broadcast shape.

    Example:
        >>> [int(word) for word in threefry_2x32(0, 0, 0, 0)]
        [1797259609, -1715843330]

    Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011,
    doi:10.1145/2063384.2063405.
    """
    key_0, key_1 = tf.convert_to_tensor(key_0, "int32"), tf.convert_to_tensor(key_1, "int32")
    xor = tf.bitwise.bitwise_xor
    keys = (key_0, key_1, xor(xor(key_0, key_1), KEY_PARITY))
    x, y = counter_0 + key_0, counter_1 + key_1
    for group in range(1, 6):
        for bits in ROTATIONS[(group + 1) % 2]:
            x += y
            y = xor(y * (1 << bits) + _shift_right(y, 32 - bits), x)
        x += keys[group % 3]
        y += keys[(group + 1) % 3] + group
    return x, y


def _open_uniform(word: tf.Tensor) -> tf.Tensor:
    # (k + 1/2) / 2^23 from the top 23 bits has 24 significant bits at most, hence is exact in
    # float32; one bit more would round to 1 at the upper end.
    return (tf.cast(_shift_right(word, 9), "float32") + 0.5) * 2.0**-23


def threefry_draw(
    specs: Mapping[str, Noise], seed: Any, index: Any, dtype: str = "float32"
) -> dict[str, tf.Tensor]:
    """Draw noise that is the same on every backend, by operations that LiteRT has as builtins.

    Row b has the key (seed[b], index[b]).  Block j of a name, counter (j, stream(name)), gives the
    words that become elements 2j and 2j + 1: uniforms u = (k + 1/2) / 2^23, k being the top 23
    bits; or normals by Box-Muller, r cos(2 pi v) and r sin(2 pi v) with r = sqrt(-2 log u).

    Normals therefore lie within 5.77 of 0.  Integers and uniforms agree exactly between eager,
    graph, XLA and LiteRT; normals to 1e-5.

    Args:
        specs: The noise to draw, by name.
        seed: int32 [B]; see :func:`rows`.
        index: int32 [B].
        dtype: What the noise is cast to; it is computed in float32, so its values are the same.

    Returns:
        By name, a tensor [B, *shape].

    Raises:
        ValueError: If seed or index is not a vector.

    Example:
        >>> specs = {"z": Noise("normal", (40,)), "choice": Noise("uniform", ())}
        >>> noise = threefry_draw(specs, *rows(seed=0, n=5))
        >>> noise["z"].shape.as_list(), noise["choice"].shape.as_list()
        ([5, 40], [5])
        >>> alone = threefry_draw({"z": specs["z"]}, *rows(seed=0, n=2))
        >>> bool((alone["z"] == noise["z"][:2]).numpy().all())
        True
    """
    seed, index = (tf.convert_to_tensor(vector, "int32") for vector in (seed, index))
    if seed.shape.rank != 1 or index.shape.rank != 1:
        raise ValueError(
            "seed and index must be int32 vectors with one entry a row; got shapes "
            f"{seed.shape} and {index.shape}. Try rows(seed, n)."
        )
    if not specs:
        return {}
    blocks = {name: (spec.size + 1) // 2 for name, spec in specs.items()}
    # One pass for all names keeps the graph at 20 rounds however many names there are.
    counter_0 = np.concatenate([np.arange(count) for count in blocks.values()])
    streams = _streams(specs)
    counter_1 = np.concatenate([np.full(count, streams[name]) for name, count in blocks.items()])
    counters = (counter_0.astype(np.int32), counter_1.astype(np.int32))
    words = threefry_2x32(seed[:, None], index[:, None], *counters)
    u, v = (_open_uniform(word) for word in words)
    noise, start = {}, 0
    for name, spec in specs.items():
        stop = start + blocks[name]
        noise[name] = tf.cast(_elements(spec, u[:, start:stop], v[:, start:stop]), dtype)
        start = stop
    return noise


def _radius(u: tf.Tensor) -> tf.Tensor:
    # LiteRT's log is off by 6e-8 next to 1, which is 1e-4 after the square root: two terms of the
    # series are better there.  1 - u is exact.
    rest = 1.0 - u
    log = tf.where(rest < 2.0**-8, -rest * (1.0 + 0.5 * rest), tf.math.log(u))
    return tf.sqrt(-2.0 * log)


def _elements(spec: Noise, u: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    if spec.kind == "normal":
        radius, angle = _radius(u), (2.0 * math.pi) * v
        u, v = radius * tf.cos(angle), radius * tf.sin(angle)
    pairs = tf.reshape(tf.stack([u, v], axis=-1), [-1, 2 * u.shape[1]])
    return tf.reshape(pairs[:, : spec.size], [-1, *spec.shape])
