"""The network that every benchmark trains, and the exact count of its matrix products."""

from collections.abc import Iterator
from dataclasses import dataclass

INPUT_SIZE = 784
HIDDEN_SIZES = (512, 512)
LATENT_SIZE = 32
BATCH_SIZE = 128
NUM_IMAGES = 60_000
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Product:
    """One product of a training step: [rows, inner] times [inner, columns].

    `kind` is "forward" (x w), "weight_gradient" (transposed x, times dy) or "input_gradient"
    (dy times transposed w).
    """

    kind: str
    rows: int
    inner: int
    columns: int

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiplication and an addition for each term."""
        return 2 * self.rows * self.inner * self.columns


def dense_layers(latent_size: int = LATENT_SIZE) -> list[tuple[int, int]]:
    """The dense layers as (inputs, outputs): the encoder with its head, then the decoder.

    The posterior's head gives a location and a scale for each latent dimension.
    """
    encoder = [INPUT_SIZE, *HIDDEN_SIZES, 2 * latent_size]
    decoder = [latent_size, *reversed(HIDDEN_SIZES), INPUT_SIZE]
    return [*_pairs(encoder), *_pairs(decoder)]


def step_products(
    batch_size: int = BATCH_SIZE, latent_size: int = LATENT_SIZE
) -> Iterator[Product]:
    """Every matrix product of one training step, forward and backward.

    The images are data, so the first layer has no gradient with respect to its input.
    """
    for index, (inputs, outputs) in enumerate(dense_layers(latent_size)):
        yield Product("forward", batch_size, inputs, outputs)
        yield Product("weight_gradient", inputs, batch_size, outputs)
        if index:
            yield Product("input_gradient", batch_size, outputs, inputs)


def step_flops(batch_size: int = BATCH_SIZE, latent_size: int = LATENT_SIZE) -> int:
    """Floating-point operations in the matrix products of one training step."""
    return sum(product.flops for product in step_products(batch_size, latent_size))


def _pairs(sizes: list[int]) -> Iterator[tuple[int, int]]:
    return zip(sizes[:-1], sizes[1:], strict=True)
