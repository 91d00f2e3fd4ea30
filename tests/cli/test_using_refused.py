"""What the commands refuse: one line, exit code 1, and nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tfvae as library

NAME = "gmvae_mnist"
COMMANDS = {
    "encode": ["{data}", "-o", "out.npy"],
    "cluster": ["{data}", "-o", "out.csv"],
    "score": ["{data}", "-o", "out.csv"],
    "reconstruct": ["{data}", "-o", "out.png"],
    "impute": ["{data}", "--mask", "mask.npy", "-o", "out.npy"],
    "interpolate": ["{data}", "{data}", "-o", "out.npy"],
    "finetune": ["{data}", "-o", "out.keras"],
}
DATA = {
    "missing.npy": "There is no data set, file or folder 'missing.npy'",
    "empty": "holds no .png, .npy, .npz, .csv or .parquet files",
    "text": "text.png is no PNG image that can be read",
    "large.npy": "Resize the images to 28 by 28 pixels",
    "colour": "Convert the images to grey",
    "uneven": "differ in shape: b.png has (3, 3, 1), but a.png has (28, 28, 1)",
    "words.csv": "'red' in line 2",
    "text.md": "is no .npy or .npz file that can be read",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of things that cannot be used, in which one works."""
    monkeypatch.chdir(tmp_path)

    def png(name: str, *shape: int) -> None:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(tf.io.encode_png(np.zeros(shape, np.uint8)).numpy())

    Path("empty").mkdir()
    png("colour/a.png", 28, 28, 3)
    png("uneven/a.png", 28, 28, 1)
    png("uneven/b.png", 3, 3, 1)
    png("good/a.png", 28, 28, 1)
    png("good/b.png", 28, 28, 1)
    Path("text").mkdir()
    Path("text/text.png").write_text("no picture")
    Path("text.md").write_text("no array")
    Path("words.csv").write_text("a,b\n1,red\n")
    np.save("large.npy", np.zeros([2, 32, 32, 1], np.uint8))
    np.save("nan.npy", np.full([2, 28, 28], np.nan))
    np.save("bytes.npy", np.full([2, 28, 28], 255.0))
    np.save("mask.npy", np.eye(28, dtype=bool))
    np.save("small.npy", np.ones([27, 28], bool))
    np.save("grey.npy", np.full([28, 28], 0.3))
    np.save("ones.npy", np.ones([28, 28], bool))
    return tmp_path


def refused(answer: Any, words: str) -> None:
    assert (answer.code, answer.out) == (1, ""), answer
    assert answer.err.startswith("tfvae: ") and answer.err.count("\n") == 1, answer.err
    assert words in answer.err


def left(place: Path) -> list[str]:
    return [path.name for path in place.iterdir() if "out" in path.name or "partial" in path.name]


@pytest.fixture(autouse=True)
def once(preset_loaded_once: Any) -> None:
    """What is refused leaves the preset as it is."""


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("command", COMMANDS)
def test_data_that_are_none(
    tfvae: Callable[..., Any], place: Path, command: str, data: str
) -> None:
    words = [data if word == "{data}" else word for word in COMMANDS[command]]
    refused(tfvae(command, NAME, *words), DATA[data])
    assert left(place) == []


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "impute"])
def test_a_missing_value_where_none_may_be(
    tfvae: Callable[..., Any], place: Path, command: str
) -> None:
    words = ["nan.npy" if word == "{data}" else word for word in COMMANDS[command]]
    refused(tfvae(command, NAME, *words), "not finite: nan at [0, 0, 0, 0]")
    assert left(place) == []


@pytest.mark.parametrize("command", [*COMMANDS, "sample"])
@pytest.mark.parametrize("model", ["nothing_like_it", "text.md", "nowhere/vae.keras"])
def test_a_model_that_is_none(
    tfvae: Callable[..., Any], place: Path, command: str, model: str
) -> None:
    words = COMMANDS.get(command, ["-o", "out.npy"])
    answer = tfvae(command, model, *("good" if word == "{data}" else word for word in words))
    refused(answer, model)
    assert left(place) == []


@pytest.mark.parametrize("command", [*COMMANDS, "sample"])
def test_an_unknown_suffix_is_refused_before_anything_is_computed(
    tfvae: Callable[..., Any], place: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for verb in ("sample", "infer_parameters", "fit", "_run"):
        monkeypatch.setattr(library.VAE, verb, None, raising=False)
    suffix = ".h5" if command == "finetune" else ".jpg"
    words = COMMANDS.get(command, ["-o", "out.npy"])[:-1]
    words = ["good" if word == "{data}" else word for word in words]
    refused(tfvae(command, NAME, *words, f"out{suffix}"), f"-o out{suffix}")
    assert left(place) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sample", NAME, "--component", "500", "-o", "out.png"], "from 0 to 499"),
        (["sample", NAME, "--component", "-1", "-o", "out.png"], "from 0 to 499"),
        (["sample", NAME, "--temperature", "-1", "-o", "out.png"], "`temperature` must be"),
        (["sample", NAME, "-n", "1001", "-o", "out.png"], "one picture holds 1,000 images"),
        (["sample", NAME, "-o", "good"], "a folder of that name, with files in it"),
        (["sample", NAME, "-o", "text.md/out.png"], "is no folder that can be written"),
        (["score", NAME, "good", "--method", "surprise"], "There is no score 'surprise'"),
        (["score", NAME, "good", "--method", "typicality"], "give --reference"),
        (["score", NAME, "good", "--false-positive-rate", "1"], "from 0 to below 1"),
        (["score", NAME, "bytes.npy"], "from 0 to 1"),
        (["score", NAME, "bytes.npy", "--binarize", "none"], "from 0 to 1"),
        (["score", NAME, "good", "--reference", "empty"], "holds no"),
        (["impute", NAME, "good", "-o", "out.npy"], "No value of good is missing"),
        (["impute", NAME, "good", "--mask", "ones.npy", "-o", "out.npy"], "the mask is all 1"),
        (["impute", NAME, "good", "--mask", "small.npy", "-o", "out.npy"], "shape (27, 28)"),
        (["impute", NAME, "good", "--mask", "grey.npy", "-o", "out.npy"], "other values"),
        (["impute", NAME, "good", "--mask", "none.npy", "-o", "out.npy"], "There is no mask"),
        (["interpolate", NAME, "good", "good/a.png", "-o", "out.npy"], "holds 1: there must be"),
        (["finetune", NAME, "good/a.png", "-o", "out"], "1 examples, of which 1 are held out"),
        (["finetune", NAME, "good", "-o", "out", "--validation-fraction", "1"], "below 1"),
        (["finetune", NAME, "good", "-o", "out", "--learning-rate", "nan"], "must be above 0"),
        (["finetune", NAME, "good", "-o", "out", "--prior-components", "9"], "9"),
        (["finetune", NAME, "good", "-o", "empty/../good"], "no part of a preset"),
        (["finetune", NAME, "good", "-o", "text.md"], "text.md is a file"),
    ],
    ids=lambda value: "-".join(value[3:]) if isinstance(value, list) else "",
)
def test_what_cannot_be(
    tfvae: Callable[..., Any], place: Path, arguments: list[str], words: str
) -> None:
    refused(tfvae(*arguments), words)
    assert left(place) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample", NAME],
        ["sample", NAME, "-n", "0", "-o", "out.npy"],
        ["encode", NAME, "-o", "out.npy"],
        ["encode", NAME, "good", "-o", "out.npy", "--batch-size", "0"],
        ["encode", NAME, "good", "-o", "out.npy", "--binarize", "dynamic"],
        ["interpolate", NAME, "good", "good", "--steps", "1", "-o", "out.npy"],
        ["finetune", NAME, "good", "-o", "out", "--epochs", "0"],
    ],
)
def test_a_wrong_command_line_is_of_usage(
    tfvae: Callable[..., Any], place: Path, arguments: list[str]
) -> None:
    answer = tfvae(*arguments)
    assert answer.code == 2 and "--help" in answer.err
    assert left(place) == []


def test_a_model_without_components_or_pictures(tfvae: Callable[..., Any], place: Path) -> None:
    library.VAE(
        library.encoders.MLP((4,)),
        library.decoders.MLP((4,)),
        posterior=library.families.DiagonalNormal(2),
        likelihood=library.families.Normal((3,), scale=1.0),
    ).save("vector.keras")
    Path("x.csv").write_text("1,2,3\n4,5,6\n")
    refused(tfvae("cluster", "vector.keras", "x.csv"), "needs a model with components")
    answer = tfvae("sample", "vector.keras", "--component", "0", "-o", "out.npy")
    refused(answer, "needs a model with components")
    for output in ("out.png", "out"):
        answer = tfvae("reconstruct", "vector.keras", "x.csv", "-o", output)
        refused(answer, "examples of shape (3,) are no pictures")
    assert left(place) == []


def test_what_was_there_stays_if_writing_fails(
    tfvae: Callable[..., Any], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("z.npy").write_text("kept")

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fail)
    refused(tfvae("encode", NAME, "good", "-o", "z.npy"), "No space left on device")
    assert Path("z.npy").read_text() == "kept"
    assert left(place) == []
