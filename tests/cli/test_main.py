"""The commands: what they print, and one line where the input is wrong."""

import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae as library
from tfvae_cli import presets
from tfvae_cli.errors import is_ours

MODULES = """
import json, sys
sys.argv = ["tfvae", *{arguments}]
from tfvae_cli.main import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
HEAVY = {"jinja2", "keras", "matplotlib", "numpy", "scipy", "sklearn", "tensorflow", "tfvae"}


def loaded_by(*arguments: str) -> tuple[str, set[str]]:
    """What a command prints in a new process, and the packages that it imports."""
    code = MODULES.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *page, modules = done.stdout.splitlines()
    return "\n".join(page), set(json.loads(modules))


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["info", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    page, modules = loaded_by(*arguments)
    assert "Usage: tfvae" in page
    assert HEAVY.isdisjoint(modules)


def test_the_version_imports_nothing_heavy() -> None:
    page, modules = loaded_by("--version")
    assert page == f"tfvae {library.__version__}"
    assert HEAVY.isdisjoint(modules)


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tfvae", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("tfvae", run_name="__main__")
    assert not stop.value.code
    assert capsys.readouterr().out == f"tfvae {library.__version__}\n"


def test_the_list_has_every_preset_with_its_scores(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("list")
    rows = {line.split()[0]: line.split() for line in answer.out.splitlines() if line}
    names = library.zoo.list_presets()
    assert set(names) <= set(rows)
    for name in names:
        about = library.zoo.info(name)
        assert rows[name][1] == about["data"]["name"]
        assert f"{about['parameter_count']:,}" in rows[name]
        assert about["headline"]
        said = " ".join(answer.out.split())
        for title, value in about["headline"]:
            assert value in said and title.split()[0] in said
    assert (answer.code, answer.err) == (0, "")


def test_a_pattern_that_fits_nothing_is_an_error(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("list", "nothing_*")
    assert answer.code == 1
    assert "No preset's name matches 'nothing_*'. Presets: " in answer.err
    assert "gmvae_fashion_mnist" in answer.err


def test_info_as_json_is_that_of_the_zoo(tfvae: Callable[..., Any]) -> None:
    name = library.zoo.list_presets()[0]
    answer = tfvae("info", name, "--json")
    assert json.loads(answer.out) == json.loads(json.dumps(library.zoo.info(name)))


def test_info_shows_scores_and_files(tfvae: Callable[..., Any]) -> None:
    name = library.zoo.list_presets()[0]
    about, page = library.zoo.info(name), tfvae("info", name).out
    for run in about["runs"]:
        key = next(iter(run["scores"]))
        assert key.replace("_", " ") in page and f"{run['scores'][key]:.6g}" in page
        assert f"seed {run['seed']}" in page
    for file, entry in about["files"].items():
        assert file in page
        assert entry["sha256"][:16] in page
    assert about["licence"] in page


def test_info_of_a_preset_that_says_nothing(tfvae: Callable[..., Any], tmp_path: Path) -> None:
    files = {"config.json": b"{}", "model.weights.h5": b"1234"}
    folder = library.zoo.write_preset(tmp_path / "mine", files)
    answer = tfvae("info", str(folder))
    assert answer.code == 0
    assert "mine" in answer.out
    assert "model.weights.h5" in answer.out


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A bundled preset with one byte of its weights changed."""
    folder = tmp_path / "damaged"
    shutil.copytree(library.zoo.resolve(library.zoo.list_presets()[0]), folder)
    weights = bytearray((folder / "model.weights.h5").read_bytes())
    weights[1000] ^= 1
    (folder / "model.weights.h5").write_bytes(weights)
    return folder


def test_errors_of_ours_are_one_line(
    tfvae: Callable[..., Any], tmp_path: Path, damaged: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    cases = {
        ("info", "gmvae_nmist"): "There is no preset 'gmvae_nmist'",
        ("info", str(damaged)): "model.weights.h5",
        ("info", str(file)): "is a file, but a preset is a folder",
        ("demo", "--output", str(file)): "Name another folder with --output",
        ("demo", "--output", str(file / "below")): "Name another folder with --output",
    }
    for arguments, words in cases.items():
        answer = tfvae(*arguments)
        assert (answer.code, answer.out) == (1, ""), arguments
        assert answer.err.startswith("tfvae: ")
        assert answer.err.count("\n") == 1
        assert words in answer.err


@pytest.mark.parametrize("arguments", [["nothing"], ["demo", "--seed", "x"], ["info"]])
def test_a_wrong_command_line_says_how_to_go_on(
    tfvae: Callable[..., Any], arguments: list[str]
) -> None:
    answer = tfvae(*arguments)
    assert answer.code == 2
    assert "--help" in answer.err


def test_a_fault_keeps_its_traceback(
    tfvae: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets, "show_list", lambda pattern: np.zeros(3).reshape(2))
    with pytest.raises(ValueError, match="cannot reshape"):
        tfvae("list")


def test_whose_error_it_is() -> None:
    def caught(function: Callable[[], Any]) -> Exception:
        try:
            function()
        except Exception as error:
            return error
        raise AssertionError("nothing was raised")

    assert is_ours(caught(lambda: library.priors.MixtureOfGaussians(0)))
    assert is_ours(caught(lambda: library.zoo.info("nothing")))
    assert not is_ours(caught(lambda: int("x")))
    assert not is_ours(caught(lambda: library.zoo.nothing))
