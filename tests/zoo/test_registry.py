"""Registries: names and versions lead to files; nothing in one is believed without a check."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tfvae as library
from tests.zoo.servers import Host, alters, hosted, status
from tfvae import zoo
from tfvae.zoo import DownloadError, PresetError, PresetNotFoundError, registry, resolve, web
from tfvae.zoo.home import home
from tfvae.zoo.registry import REGISTRY, describe, parse_registry, text

MakePreset = Callable[..., Path]
RELEASE = registry.versions()["tfvae_version"]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TFVAE_OFFLINE", raising=False)
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.001)
    registry._fetched.cache_clear()
    yield
    registry._fetched.cache_clear()


@pytest.fixture
def host(
    make_preset: MakePreset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    """A user's zoo: two versions of one preset, and one of a release to come."""
    for number, weights in ((1, b"one"), (2, b"two")):
        make_preset(f"site/mine/{number}", name="mine", version=number, weights=weights)
    make_preset("site/mine/3", name="mine", version=3, weights=b"three", tfvae_version="99.0")
    make_preset("site/to_come/1", name="to_come", tfvae_version="99.0")
    write_registry(tmp_path / "site")
    with hosted(tmp_path / "site") as made:
        monkeypatch.setenv("TFVAE_ZOO_URL", made.address)
        yield made


def write_registry(site: Path) -> None:
    folders = sorted(path.parent for path in site.glob("*/*/metadata.json"))
    content = describe(
        (folder, folder.relative_to(site).as_posix(), folder.parent.name) for folder in folders
    )
    (site / REGISTRY).write_text(text(content))


def weights(handle: str) -> bytes:
    return (resolve(handle) / "model.weights.h5").read_bytes()


def test_a_name_means_the_newest_that_this_release_was_tested_with(host: Host) -> None:
    assert weights("mine") == weights("mine@2") == b"two"
    assert weights("mine@1") == b"one"
    assert weights("mine@3") == b"three"
    with pytest.raises(PresetNotFoundError, match=r"no version 4 of 'mine'.*there: 1, 2, 3\."):
        resolve("mine@4")
    with pytest.raises(PresetError, match=r"newer than this one\. Upgrade tfvae, or .*to_come@1"):
        resolve("to_come")
    assert host.count()[REGISTRY] == 1


def test_what_is_in_the_cache_needs_no_network(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    first = resolve("mine")
    assert first.name == "mine"
    registry._fetched.cache_clear()
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    host.requests.clear()
    assert resolve("mine") == resolve("mine@2") == first
    with pytest.raises(DownloadError, match="TFVAE_OFFLINE forbids"):
        resolve("mine@1")
    assert not host.requests


def test_offline_without_a_copy_the_bundled_ones_are_left(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    assert zoo.list_presets() == sorted(registry.read_registry(registry.bundled_registry()).entries)
    assert resolve("gmvae_mnist").parent == zoo.bundled()


def test_names_of_both_are_listed_and_described(host: Host) -> None:
    assert {"mine", "gmvae_mnist"} <= set(zoo.list_presets())
    # None of its versions was there when this release was tested.
    assert "to_come" not in zoo.list_presets()
    assert set(library.VAE.presets) == set(zoo.list_presets())
    told = zoo.describe("mine")
    assert (told["name"], told["version"], told["folder"]) == ("mine", 2, f"{host.address}mine/2/")
    assert host.count()["mine/2/model.weights.h5"] == 0
    assert zoo.describe("mine") == told
    assert host.count()["mine/2/metadata.json"] == 1


def test_offline_a_registry_is_all_there_is_to_tell(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    online = zoo.describe("mine")
    shutil.rmtree(home() / "metadata")
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    told = zoo.describe("mine")
    assert told == {key: online[key] for key in told}
    assert told["total_size"] > 0


def test_where_the_users_own_is_too_new_the_bundled_one_is_left(
    host: Host, make_preset: MakePreset, tmp_path: Path
) -> None:
    make_preset("site/gmvae_mnist/9", name="gmvae_mnist", version=9, tfvae_version="99.0")
    write_registry(tmp_path / "site")
    assert resolve("gmvae_mnist").parent == zoo.bundled()
    assert resolve("gmvae_mnist@9").parent != zoo.bundled()


def test_the_users_own_goes_before_the_bundled_one(
    host: Host, make_preset: MakePreset, tmp_path: Path
) -> None:
    make_preset("site/gmvae_mnist/1", name="gmvae_mnist", weights=b"mine")
    write_registry(tmp_path / "site")
    assert weights("gmvae_mnist") == b"mine"


def test_a_bundled_preset_is_not_fetched_again(host: Host, tmp_path: Path) -> None:
    shutil.copytree(zoo.bundled() / "gmvae_mnist", tmp_path / "site/gmvae_mnist/1")
    write_registry(tmp_path / "site")
    assert resolve("gmvae_mnist") == zoo.bundled() / "gmvae_mnist"
    assert set(host.count()) == {REGISTRY}


def test_a_registry_may_be_a_folder(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for chosen in (host.folder, host.folder / REGISTRY):
        monkeypatch.setenv("TFVAE_ZOO_URL", str(chosen))
        assert resolve("mine@1") == host.folder / "mine" / "1"
    monkeypatch.setenv("TFVAE_ZOO_URL", str(host.folder / "nowhere"))
    with pytest.raises(PresetNotFoundError, match="There is no registry"):
        resolve("mine")


def test_metadata_other_than_the_registry_says_are_refused(host: Host) -> None:
    host.fail("mine/1/metadata.json", alters)
    with pytest.raises(DownloadError, match=r"metadata\.json of mine@1 is not the file that was"):
        resolve("mine@1")
    assert weights("mine@1") == b"one"


def test_a_zoo_out_of_reach_is_as_it_was_last(host: Host) -> None:
    host.fail(REGISTRY, *[status(500)] * 5)
    with pytest.raises(DownloadError, match="the server answered 500"):
        resolve("mine")
    assert weights("mine") == b"two"
    registry._fetched.cache_clear()
    host.fail(REGISTRY, *[status(500)] * 5)
    with pytest.warns(UserWarning, match="answered 500.*as it was last fetched is used"):
        assert weights("mine") == b"two"


def test_a_cache_that_cannot_be_written_does_no_harm_to_what_is_told(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "file"))
    assert "mine" in zoo.list_presets()
    assert zoo.describe("mine")["version"] == 2
    assert resolve("gmvae_mnist").parent == zoo.bundled()
    with pytest.raises(PresetError, match="cannot be written"):
        resolve("mine")


GOOD = {
    "path": "a/1",
    "format_version": 1,
    "tfvae_version": "0.1.0",
    "files": {"metadata.json": {"size": 1, "sha256": "0" * 64}},
}


def of(entry: Any, name: str = "a", number: str = "1") -> dict[str, Any]:
    return {"registry_version": 1, "presets": {name: {number: entry}}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "is no registry of tfvae"),
        ({"registry_version": 1, "presets": []}, "is no registry of tfvae"),
        ({"registry_version": True, "presets": {}}, "is no registry of tfvae"),
        ({"registry_version": 2, "presets": {}}, "version 2, but this tfvae reads .*up to 1"),
        ({"registry_version": 1, "presets": {"a": []}}, "damaged"),
        (of([]), "damaged"),
        (of(GOOD, name="../a"), "damaged"),
        (of(GOOD, number="0"), "damaged"),
        (of(GOOD, number="one"), "damaged"),
        (of(GOOD, number="9" * 5000), "damaged"),
        (of({**GOOD, "path": "../../etc"}), "may not hold a file named"),
        (of({**GOOD, "path": "/etc"}), "may not hold a file named"),
        (of({**GOOD, "path": None}), "damaged"),
        (of({**GOOD, "files": {}}), "damaged"),
        (
            of({**GOOD, "files": {**GOOD["files"], "../x": GOOD["files"]["metadata.json"]}}),
            "may not",
        ),
        (of({**GOOD, "files": {"metadata.json": {"size": -1, "sha256": "0" * 64}}}), "damaged"),
        (of({**GOOD, "files": {"metadata.json": {"size": 1, "sha256": "x"}}}), "damaged"),
        (of({**GOOD, "format_version": "1"}), "damaged"),
        (of({**GOOD, "tfvae_version": 1}), "damaged"),
    ],
)
def test_a_registry_that_cannot_be_trusted_is_refused(content: Any, words: str) -> None:
    assert parse_registry(of(GOOD), "base").find("a").version == 1
    with pytest.raises(PresetError, match=words):
        parse_registry(content, "https://example.org/")


def test_a_version_that_is_none_was_not_tested() -> None:
    for entry in ({**GOOD, "tfvae_version": "?"}, {**GOOD, "format_version": 99}):
        with pytest.raises(PresetError, match="Upgrade tfvae, or ask for one: a@1"):
            parse_registry(of(entry), "base").find("a")
    assert parse_registry(of({**GOOD, "tfvae_version": RELEASE}), "base").find("a")


def test_a_preset_that_cannot_be_named_is_refused(make_preset: MakePreset) -> None:
    for metadata in ({"name": "../x"}, {"name": 3}, {"version": 0}, {"version": "1"}):
        folder = make_preset("odd", **json.loads(json.dumps(metadata)))
        with pytest.raises(PresetError, match="expected"):
            describe([(folder, "odd", "odd")])
