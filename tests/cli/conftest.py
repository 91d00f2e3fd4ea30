"""The command as its user meets it: what it prints, and its exit code."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import tfvae as library
from tfvae_cli.main import main

PRESET = "gmvae_mnist"


class Answer(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def tfvae(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Runs `tfvae` with arguments, in this process."""

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tfvae", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def preset() -> Any:
    """A bundled preset, which no test changes."""
    return library.VAE.from_preset(PRESET)


@pytest.fixture
def preset_loaded_once(monkeypatch: pytest.MonkeyPatch, preset: Any) -> Any:
    """Hands the loaded preset to every command that asks for it."""
    load = library.VAE.from_preset

    def known(handle: str, **arguments: Any) -> Any:
        return preset if handle == PRESET and not arguments else load(handle, **arguments)

    monkeypatch.setattr(library.VAE, "from_preset", known)
    return preset
