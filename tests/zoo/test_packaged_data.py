"""Data that packages carry: made of small files of the same kind, and of the files themselves."""

import os
from pathlib import Path

import numpy as np
import pytest

from tfvae.zoo import DataError, data
from tfvae.zoo.sources import series, tables
from tfvae.zoo.sources.wheels import WheelSource

TS = "@dimensions 12\n@classLabel true 1 2 3 4 5 6 7 8 9\n@data\n"
HEAD = '"carat","cut","color","clarity","depth","table","price","x","y","z"\n'
ROW = '0.23,"Ideal","E","SI2",61.5,55,326,3.95,3.98,2.43\n'


def utterances(count: int, steps: int, seed: int) -> bytes:
    """Series of one number a step, in all channels, with the speakers in turn."""
    random = np.random.RandomState(seed)
    lines = []
    for row in range(count):
        values = ",".join(map(str, random.normal(size=steps + row % 3).round(4)))
        lines.append(":".join([values] * 12 + [str(row % 9 + 1)]))
    return (TS + "\n".join(lines)).encode()


def decoded(train: bytes, test: bytes) -> dict[str, np.ndarray]:
    names = [name for name in series.SOURCES["japanese_vowels"].files]
    return series.decode_vowels(dict(zip(names, (train, test), strict=True)))


def test_utterances_are_brought_to_one_length_and_standardised() -> None:
    found = decoded(utterances(18, 5, 0), utterances(9, 20, 1))
    assert found["x_train"].shape == (18, 16, 12) and found["x_train"].dtype == np.float32
    # The test set stays in its order, the training set is shuffled with its labels.
    np.testing.assert_array_equal(found["y_test"], np.arange(9))
    assert sorted(found["y_train"]) == sorted(np.arange(18) % 9)
    assert list(found["y_train"]) != list(np.arange(18) % 9)
    channels = series.CHANNELS["japanese_vowels"]
    raw = found["x_test"] * channels.scale + channels.loc
    np.testing.assert_allclose(raw, np.broadcast_to(raw[..., :1], raw.shape), atol=1e-5)


def test_a_broken_file_of_utterances_is_named() -> None:
    with pytest.raises(DataError, match=r"JapaneseVowels_TEST\.ts, line 4, has channels of"):
        decoded(utterances(9, 5, 0), utterances(1, 5, 0).removesuffix(b":1") + b",7:1")


def diamonds(content: str) -> dict[str, np.ndarray]:
    (name,) = tables.SOURCES["diamonds"].files
    return tables.decode_diamonds({name: content.encode()})


def test_rows_are_drawn_from_what_was_rounded_and_split() -> None:
    found = diamonds(HEAD + ROW * 39 + ROW.replace("2.43", "0").replace("Ideal", "Fair"))
    assert found["x_train"].shape == (36, 10) and found["x_test"].shape == (4, 10)
    every = np.concatenate([found["x_train"], found["x_test"]])
    assert np.isnan(every).sum() == np.isnan(every[:, 6]).sum() == 1
    schema = tables.SCHEMAS["diamonds"]
    # All within half a step, and so rounded to what was given; and no two alike.
    for name, cells in schema.write(every).items():
        (place,) = [k for k, column in enumerate(schema.columns) if column.name == name]
        given = (
            ROW.strip()
            .replace('"', "")
            .split(",")[HEAD.replace('"', "").strip().split(",").index(name)]
        )
        assert {float(c) for c in cells if c} == {float(given)} if place < 7 else given in cells
    assert len(np.unique(every[:, 3])) == 40
    np.testing.assert_array_equal(diamonds(HEAD + ROW * 40)["y_train"], 0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no table of rows of one length"),
        (HEAD, "has 0 rows"),
        (HEAD + ROW + "1,2\n", "no table of rows of one length"),
        (ROW + ROW, "should have rows of the columns carat"),
    ],
)
def test_a_broken_table_is_named(content: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        diamonds(content)
    assert str(error.value).startswith("plotnine/data/diamonds.csv")


@pytest.mark.parametrize("name", ["diamonds", "japanese_vowels"])
def test_the_constants_are_those_of_the_training_examples(name: str) -> None:
    source = data.SOURCES[name]
    assert isinstance(source, WheelSource)
    wheel = Path(os.environ.get("TFVAE_DATA", ".")) / "wheels" / source.wheel
    if not wheel.is_file():
        pytest.skip(f"needs {source.wheel} in the folder wheels of TFVAE_DATA")
    found = data.load(name)
    numbers = found.x_train[..., :7] if name == "diamonds" else found.x_train
    axes = tuple(range(numbers.ndim - 1))
    np.testing.assert_allclose(np.nanmean(numbers, axes), 0.0, atol=2e-3)
    np.testing.assert_allclose(np.nanstd(numbers, axes), 1.0, atol=2e-3)
    assert found.columns == source.columns and len(found.columns) == found.x_train.shape[-1]
    sizes = {"diamonds": (48_546, 5_394), "japanese_vowels": (270, 370)}
    assert (len(found.x_train), len(found.x_test)) == sizes[name]
