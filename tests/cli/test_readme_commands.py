"""The commands of the README's section on the command line do what stands there."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tfvae as library


def write_images(folder: Path, x: np.ndarray) -> None:
    folder.mkdir()
    for number, image in enumerate(x):
        levels = np.rint(255 * image).astype(np.uint8)
        (folder / f"{number}.png").write_bytes(tf.io.encode_png(levels).numpy())


def test_they_run_and_leave_what_they_name(
    tfvae: Callable[..., Any], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (root / "README.md").read_text("utf-8")
    section = readme.split("## On the command line\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    vae = library.VAE.from_preset("gmvae_mnist")
    monkeypatch.chdir(tmp_path)
    for seed, folder in enumerate(("images", "usual")):
        write_images(tmp_path / folder, vae.sample(12, seed=seed))
    np.save("mask.npy", np.tri(28, dtype=bool))
    places = []
    for line in block.splitlines():
        name, *arguments = shlex.split(line, comments=True)
        assert name == "tfvae"
        answer = tfvae(*arguments)
        assert (answer.code, answer.err) == (0, ""), line
        places.append(Path(arguments[arguments.index("-o") + 1]))
        assert places[-1].exists() and str(places[-1]) in answer.out
    assert len(places) == 8
    assert len(list(Path("filled").iterdir())) == 12
    assert Path("labels.csv").read_text().startswith("name,component,probability\n0.png,")
    assert library.VAE.from_preset(places[-1]).count_params() == vae.count_params()
