"""`tfvae zoo` and `tfvae cache`, as their user meets them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tfvae as library
from benchmarks.browser import served
from tfvae.zoo import registry


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    for name in ("TFVAE_OFFLINE", "TFVAE_ZOO_URL"):
        monkeypatch.delenv(name, raising=False)
    registry._fetched.cache_clear()
    yield
    registry._fetched.cache_clear()


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    files = {"config.json": b"{}", "model.weights.h5": b"1234", "README.md": b"# Mine\n"}
    return library.zoo.write_preset(tmp_path / "mine", files, {"summary": "Mine."})


def test_a_zoo_is_published_listed_mirrored_and_cleared(
    tfvae: Callable[..., Any], preset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = tfvae("zoo", "publish", str(tmp_path / "site"), "--preset", str(preset))
    assert (published.code, published.err) == (0, "")
    assert str(tmp_path / "site") in published.out.replace("\n", "")
    with served(tmp_path / "site") as address:
        monkeypatch.setenv("TFVAE_ZOO_URL", address)
        assert "mine" in tfvae("list", "mi*").out
        assert json.loads(tfvae("cache", "list", "--json").out) == []
        assert "README.md" in tfvae("info", "mine").out
        assert tfvae("zoo", "mirror", address, str(tmp_path / "copy")).code == 0
    assert library.zoo.info(tmp_path / "copy" / "mine" / "1")["summary"] == "Mine."
    (cached,) = json.loads(tfvae("cache", "list", "--json").out)
    assert (cached["name"], cached["handles"], cached["whole"]) == ("mine", ["mine@1"], True)
    page = tfvae("cache", "list").out
    assert "mine@1" in page
    assert "1 preset (" in page
    assert tfvae("cache", "prune").out.startswith("0 presets (0.0 kB) removed")
    (removed,) = json.loads(tfvae("cache", "prune", "--days", "0", "--json").out)
    assert removed["folder"] == cached["folder"]
    assert not Path(cached["folder"]).exists()


def test_an_address_is_as_good_as_a_name(tfvae: Callable[..., Any], preset: Path) -> None:
    with served(preset.parent) as address:
        answer = tfvae("info", f"{address}mine/", "--json")
    assert json.loads(answer.out)["summary"] == "Mine."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["zoo", "mirror", "http://example.org/", "copy"], "is not fetched"),
        (["zoo", "mirror", "nowhere", "copy"], "There is no registry nowhere"),
        (["zoo", "publish", "site", "--preset", "nowhere"], "There is no preset folder"),
        (["info", "http://example.org/x/"], "is not fetched"),
        (["info", "gs://bucket/x"], "expected https://host/path/, hf://"),
    ],
)
def test_what_is_wrong_is_one_line(
    tfvae: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = tfvae(*arguments)
    assert answer.code == 1
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "copy").exists()
