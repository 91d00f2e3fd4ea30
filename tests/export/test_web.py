"""The explorer's folder: whole, without a foreign address, and never over other files."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.export.explorers import archive, package
from tests.export.models import SMALL, Shelf, build, shelve
from tfvae.export import ExportError, litert_js
from tfvae.export.endpoints import endpoints_of, fixed_batch
from tfvae.export.to_litert import write_tflite
from tfvae.export.to_saved_model import write_saved_model
from tfvae.export.to_web import page_sources, write_explorer

SOURCES = {path.name: path for path in page_sources()}
ATLAS = {"event": {}}
# The name of a language, which no browser asks for.
NOT_ASKED_FOR = "http://www.w3.org/2000/svg"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    endpoints = fixed_batch(endpoints_of(build(SMALL)), 1)
    write_saved_model({"decode": endpoints["decode"]}, folder / "saved")
    write_tflite(folder / "saved", ["decode"], folder / "model.tflite")
    return folder / "model.tflite"


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime of one file, in the cache."""
    content = archive(one=b"the runtime")
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(litert_js, "PACKAGES", (package(content),))
    (tmp_path / "home" / "litert-js").mkdir(parents=True)
    (tmp_path / "home" / "litert-js" / "some-thing-1.2.3.tgz").write_bytes(content)


def text_of(name: str) -> str:
    return SOURCES[name].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(SOURCES) - {"LICENSE"}))
def test_no_source_names_an_address(name: str) -> None:
    found = re.findall(r"(?:\w+:)?//[\w.-]+\.\w[^\s\"']*", text_of(name))
    assert [address for address in found if address != NOT_ASKED_FOR] == []


def test_the_policy_of_the_page_allows_its_own_files_alone() -> None:
    page = text_of("index.html")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (inline,) = re.findall(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    scripts = rules.pop("script-src").split()
    assert sorted(scripts) == sorted(["'self'", "'wasm-unsafe-eval'", f"'sha256-{digest}'"])
    assert rules.pop("default-src") == "'none'"
    assert set(rules.values()) <= {"'self'", "'none'"}
    # What the policy would refuse, silently.
    assert re.findall(r"\sstyle=|\son\w+=|<style", page) == []


def test_every_file_that_a_source_names_is_there() -> None:
    runtime = {
        f"litert/{name}" for package in litert_js.PACKAGES for name in package.files.values()
    }
    there = {*SOURCES, *runtime, "model.tflite", "model.json", "atlas.json"}
    page = text_of("index.html")
    named = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    named |= {path.removeprefix("./") for path in re.findall(r'"(\./litert[^"]+)"', page)}
    for name in SOURCES:
        if name.endswith(".js"):
            imported = re.findall(r'from "\./([^"]+)"', text_of(name))
            fetched = re.findall(r'(?:json|fetch)\("([^"]+)"\)|RUNTIME = "([^"]+)"', text_of(name))
            named |= {*imported, *("".join(pair) for pair in fetched)}
    assert {"explorer.js", "style.css", "model.tflite", "atlas.json"} <= named
    assert named <= there
    # And the other way round: nothing lies about.
    assert {name for name in SOURCES if name.endswith((".js", ".css", ".svg"))} <= named


def test_every_element_that_a_script_names_is_on_the_page() -> None:
    ids = set(re.findall(r'id="([^"]+)"', text_of("index.html")))
    named = {
        name
        for source in SOURCES
        if source.endswith(".js")
        for name in re.findall(r'(?:byId|getElementById)\("([^"]+)"\)', text_of(source))
    }
    assert len(named) > 20
    assert named <= ids


def test_what_is_copied_comes_with_its_licence(root: Path) -> None:
    assert text_of("LICENSE") == (root / "LICENSE").read_text(encoding="utf-8")
    assert all("package/package.json" in package.files for package in litert_js.PACKAGES)


@pytest.mark.usefixtures("runtime")
def test_a_folder_is_written_whole(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dist" / "web"
    write_explorer(folder, model, {"name": "größer"}, ATLAS)
    assert (folder / "model.tflite").read_bytes() == model.read_bytes()
    assert json.loads((folder / "model.json").read_text("utf-8")) == {"name": "größer"}
    assert json.loads((folder / "atlas.json").read_text("utf-8")) == ATLAS
    assert (folder / "litert" / "thing" / "one").read_bytes() == b"the runtime"
    assert {path.name for path in folder.iterdir()} == {
        *SOURCES, "model.tflite", "model.json", "atlas.json", "litert"
    }  # fmt: skip
    assert [path.name for path in folder.parent.iterdir()] == ["web"]


@pytest.mark.usefixtures("runtime")
def test_a_folder_with_something_in_it_is_left_alone(model: Path, taken: Path) -> None:
    with pytest.raises(ExportError, match="holds files"):
        write_explorer(taken, model, {}, ATLAS)
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]
    with pytest.raises(ExportError, match="holds files"):
        write_explorer(taken / "thesis.txt", model, {}, ATLAS)


@pytest.mark.usefixtures("runtime")
def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    shelf: Shelf = shelve([build(SMALL)], tmp_path)[0]
    with pytest.raises(ExportError, match="batches of 1, but .* of any"):
        write_explorer(tmp_path / "web", shelf.tflite, {}, ATLAS)
    (tmp_path / "no.tflite").write_bytes(b"no model")
    with pytest.raises(ExportError, match="needs a TFLite file"):
        write_explorer(tmp_path / "web", tmp_path / "no.tflite", {}, ATLAS)
    assert not (tmp_path / "web").exists()


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("content", [{"score": float("nan")}, {"shape": {1, 2}}])
def test_what_json_cannot_hold_is_refused(content: dict, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"model\.json cannot be written"):
        write_explorer(tmp_path / "web", model, content, ATLAS)
    assert not (tmp_path / "web").exists()


def test_without_the_runtime_nothing_is_left(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExportError, match="npm pack"):
        write_explorer(tmp_path / "web", model, {}, ATLAS)
    assert list(tmp_path.iterdir()) == []
