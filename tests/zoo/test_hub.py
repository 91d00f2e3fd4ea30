"""Handles: bundled names and folders are found, and everything else gets a helpful answer."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tfvae import zoo
from tfvae.zoo import (
    PresetError,
    PresetNotFoundError,
    describe,
    hub,
    info,
    list_presets,
    registry,
    resolve,
)

MakePreset = Callable[..., Path]


@pytest.fixture
def shelf(make_preset: MakePreset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three presets in place of the bundled ones, and a folder that is none."""
    names = ("gmvae_fashion_mnist", "gmvae_mnist", "vae_mnist")
    folders = [make_preset(f"presets/{name}", parameter_count=12) for name in names]
    (tmp_path / "presets" / "half_made").mkdir()
    content = registry.describe(
        (folder, f"presets/{folder.name}", folder.name) for folder in folders
    )
    (tmp_path / "registry.json").write_text(registry.text(content))
    monkeypatch.setattr(registry, "bundled_registry", lambda: tmp_path / "registry.json")
    return tmp_path / "presets"


def test_presets_are_listed_by_pattern(shelf: Path) -> None:
    assert list_presets() == ["gmvae_fashion_mnist", "gmvae_mnist", "vae_mnist"]
    assert list_presets("*fashion*") == ["gmvae_fashion_mnist"]
    assert list_presets("vae_*") == ["vae_mnist"]
    assert list_presets("GMVAE*") == []


def test_the_bundled_folder_stands_beside_the_code() -> None:
    assert hub.bundled() == Path(hub.__file__).parent / "presets"
    assert all((hub.bundled() / name).is_dir() for name in list_presets())


def test_names_and_folders_are_resolved(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve("gmvae_mnist") == shelf / "gmvae_mnist"
    assert resolve(str(shelf / "vae_mnist")) == shelf / "vae_mnist"
    assert resolve(shelf / "vae_mnist") == shelf / "vae_mnist"
    (tmp_path / "gmvae_mnist").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve("gmvae_mnist") == shelf / "gmvae_mnist"
    assert resolve("./gmvae_mnist") == Path("gmvae_mnist")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("~/gmvae_mnist") == tmp_path / "gmvae_mnist"


def test_a_misspelt_name_gets_its_neighbours(shelf: Path) -> None:
    with pytest.raises(PresetNotFoundError, match="Did you mean 'gmvae_mnist'") as error:
        resolve("gmvae_mnits")
    assert "Presets: gmvae_fashion_mnist, gmvae_mnist, vae_mnist." in str(error.value)
    assert isinstance(error.value, FileNotFoundError)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("handle", ["", "resnet50", "a/b/c", "half_made"])
def test_an_unknown_handle_gets_the_list(shelf: Path, handle: str) -> None:
    with pytest.raises(PresetNotFoundError, match="Presets: gmvae_fashion_mnist"):
        resolve(handle)


@pytest.mark.parametrize("handle", ["gs://bucket/x", "GS://a", "ftp://host/x/", "file:///etc"])
def test_an_address_of_another_kind_is_refused(shelf: Path, handle: str) -> None:
    with pytest.raises(PresetError, match="does not know: expected https://host/path/, hf://user"):
        resolve(handle)


def test_a_version_is_found_or_named(shelf: Path) -> None:
    assert resolve("gmvae_mnist@1") == shelf / "gmvae_mnist"
    with pytest.raises(PresetNotFoundError, match="no version 2 of 'gmvae_mnist'.*there: 1"):
        resolve("gmvae_mnist@2")
    with pytest.raises(PresetNotFoundError, match="There is no preset 'other@2'"):
        resolve("other@2")


def test_the_bundled_registry_is_what_the_folders_say() -> None:
    """If not: `python -m tfvae.zoo registry`."""
    folders = sorted(path.parent for path in hub.bundled().glob("*/metadata.json"))
    content = registry.describe(
        (folder, f"presets/{folder.name}", folder.name) for folder in folders
    )
    assert registry.bundled_registry().read_text() == registry.text(content)
    assert list_presets() == sorted(content["presets"])


def test_what_a_preset_says_can_be_had_without_its_weights(shelf: Path) -> None:
    (shelf / "vae_mnist" / "model.weights.h5").unlink()
    told = describe("vae_mnist")
    assert (told["name"], told["folder"]) == ("vae_mnist", str(shelf / "vae_mnist"))
    assert told["total_size"] == sum(entry["size"] for entry in told["files"].values())
    with pytest.raises(PresetNotFoundError, match="There is no preset 'gmvae_nmist'"):
        describe("gmvae_nmist")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vae.keras").write_bytes(b"PK")
    with pytest.raises(PresetError, match=r"is a file.*tfvae\.VAE\.load"):
        resolve(tmp_path / "vae.keras")


def test_info_checks_and_tells(shelf: Path) -> None:
    told = info("gmvae_mnist")
    assert told["name"] == "gmvae_mnist"
    assert told["parameter_count"] == 12
    listed = set(told["files"])
    sizes = [(shelf / "gmvae_mnist" / name).stat().st_size for name in listed]
    assert told["total_size"] == sum(sizes)
    (shelf / "gmvae_mnist" / "README.md").write_text("# Another preset\n")
    with pytest.raises(PresetError, match="README.md was altered"):
        info("gmvae_mnist")


def test_info_tells_of_a_preset_with_a_users_class(make_preset: MakePreset) -> None:
    config = {"module": None, "class_name": "Mine", "config": {}, "registered_name": "me>Mine"}
    assert info(make_preset(config=config))["name"] == "small"


def test_every_public_name_is_there() -> None:
    for name in zoo.__all__:
        assert getattr(zoo, name) is not None
    assert set(zoo.__all__) <= set(dir(zoo))
    assert set(zoo._HOMES) | {"data"} == set(zoo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = zoo.nothing


def test_the_zoo_is_not_imported_under_another_name(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import zoo"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "The zoo was imported as 'zoo'" in done.stderr
