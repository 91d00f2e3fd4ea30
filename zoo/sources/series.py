"""Labelled time series: utterances of two vowels by nine speakers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..ts_files import read_ts, resampled
from .source import Source
from .wheels import WheelSource

__all__ = ["CHANNELS", "LENGTH", "SOURCES", "Channels"]

# Near the mean length of an utterance, 15.8 frames of 6.4 ms.
LENGTH = 16
ORDER_SEED = 0
_FOLDER = "aeon/datasets/data/JapaneseVowels"


@dataclass(frozen=True)
class Channels:
    """The channels of a series, and what was subtracted of each and divided by.

    Attributes:
        names: of the channels.
        loc: the mean of each, over the steps of the training series.
        scale: its standard deviation.
    """

    names: tuple[str, ...]
    loc: tuple[float, ...]
    scale: tuple[float, ...]

    def standardised(self, series: Sequence[np.ndarray], length: int) -> np.ndarray:
        """Returns series as a model reads them.

        Args:
            series: each `[steps, channels]`, of any number of steps.
            length: the number of steps that a model reads.

        Returns:
            float32 `[N, length, channels]`.
        """
        values = np.stack([resampled(each, length) for each in series])
        return ((values - self.loc) / self.scale).astype(np.float32)


CHANNELS = {
    "japanese_vowels": Channels(
        tuple(f"cepstrum {k}" for k in range(1, 13)),
        loc=(
            *(0.8717, -0.5507, 0.2296, -0.2626, 0.2254, -0.2161),
            *(-0.1742, -0.0483, -0.2071, -0.1805, -0.0195, 0.0864),
        ),
        scale=(
            *(0.482, 0.3845, 0.3029, 0.3039, 0.2623, 0.1663),
            *(0.1602, 0.1864, 0.1833, 0.1147, 0.0955, 0.1272),
        ),
    )
}


def decode_vowels(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """Returns the utterances and their speakers, of the two files that have them."""
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "test"):
        name = f"{_FOLDER}/JapaneseVowels_{part.upper()}.ts"
        series, labels = read_ts(files[name], name)
        x = CHANNELS["japanese_vowels"].standardised(series, LENGTH)
        y = np.array(labels).astype(np.int64) - 1
        # In the files they stand by speaker; the last ones are what a recipe holds out.
        order = np.random.RandomState(ORDER_SEED).permutation(len(x))
        if part == "test":
            order = np.arange(len(x))
        arrays |= {f"x_{part}": x[order], f"y_{part}": y[order]}
    return arrays


SOURCES: dict[str, Source] = {
    "japanese_vowels": WheelSource(
        licence="CC-BY-4.0",
        citation=(
            "M. Kudo, J. Toyama, M. Shimbo. Multidimensional curve classification using "
            "passing-through regions. Pattern Recognition Letters 20(11-13), 1999. UCI Machine "
            "Learning Repository. doi:10.24432/C5NS47"
        ),
        class_names=tuple(f"speaker {k}" for k in range(1, 10)),
        columns=CHANNELS["japanese_vowels"].names,
        package="aeon",
        version="1.6.0",
        files={
            f"{_FOLDER}/JapaneseVowels_TRAIN.ts": (
                "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd"
            ),
            f"{_FOLDER}/JapaneseVowels_TEST.ts": (
                "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462"
            ),
        },
        decode=decode_vowels,
    )
}
