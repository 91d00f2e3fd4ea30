"""The hosts that have libraries of their own: the Hugging Face hub, and Kaggle."""

import builtins
import importlib
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.zoo.hugging_face import Hub, hub_on_this_machine
from tfvae import zoo
from tfvae.zoo import DownloadError, PresetError, PresetNotFoundError, hosts, resolve, upload_preset

MakePreset = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TFVAE_OFFLINE", raising=False)


@pytest.fixture(scope="module")
def hub_of_the_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub, as HF_ENDPOINT names it: the library reads that once, when it is imported."""
    pytest.importorskip("huggingface_hub", reason="needs the extra tfvae[hf]")
    with hub_on_this_machine() as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", made.address.rstrip("/"))
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        patch.setenv("HF_TOKEN", "hf_of_a_test")
        patch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        patch.setenv("HF_HUB_DISABLE_XET", "1")
        forget("huggingface_hub")
        yield made
    forget("huggingface_hub")


def forget(package: str) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


@pytest.fixture
def hub(hub_of_the_library: Hub) -> Hub:
    hub_of_the_library.requests.clear()
    hub_of_the_library.lies.clear()
    return hub_of_the_library


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_repository_is_a_preset(hub: Hub, make_preset: MakePreset) -> None:
    folder = make_preset()
    hub.commit("me/one", {**files(folder), ".gitattributes": b"*.h5 lfs"})
    found = resolve("hf://me/one")
    assert found.name == "one"
    assert files(found) == files(folder)
    assert zoo.info("hf://me/one")["name"] == "one"
    assert [preset.handles for preset in zoo.list_cache()] == [("hf://me/one",)]


def test_a_revision_is_kept_to(hub: Hub, make_preset: MakePreset) -> None:
    first = hub.commit("me/two", files(make_preset(weights=b"first")), "v1")
    hub.commit("me/two", files(make_preset(weights=b"second")))

    def weights(handle: str) -> bytes:
        return (resolve(handle) / "model.weights.h5").read_bytes()

    assert weights("hf://me/two") == b"second"
    assert weights("hf://me/two@v1") == weights(f"hf://me/two@{first}") == b"first"


def test_offline_uses_what_is_there(
    hub: Hub, make_preset: MakePreset, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit("me/three", files(make_preset()))
    found = resolve("hf://me/three")
    hub.requests.clear()
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    assert resolve("hf://me/three") == found
    with pytest.raises(DownloadError, match="hf://me/four is not in the cache, and TFVAE_OFFLINE"):
        resolve("hf://me/four")
    assert not hub.requests


def test_what_is_not_there_is_one_line(hub: Hub, make_preset: MakePreset) -> None:
    hub.commit("me/empty", {"README.md": b"# Nothing\n"})
    hub.commit("me/half", {"metadata.json": files(make_preset())["metadata.json"]})
    for handle in ("hf://me/nothing", "hf://me/empty", "hf://me/empty@v9", "hf://me/half"):
        with pytest.raises(PresetNotFoundError, match="could not be fetched") as error:
            resolve(handle)
        assert "\n" not in str(error.value)
        assert handle in str(error.value)


def test_altered_and_larger_files_are_refused(hub: Hub, make_preset: MakePreset) -> None:
    original = files(make_preset())
    hub.commit("me/altered", {**original, "model.weights.h5": original["model.weights.h5"][::-1]})
    with pytest.raises(PresetError, match="model.weights.h5 was altered"):
        resolve("hf://me/altered")
    hub.commit("me/altered", original)
    assert files(resolve("hf://me/altered")) == original
    hub.commit("me/larger", {**original, "config.json": bytes(10**6)})
    with pytest.raises(DownloadError, match="1,000,000 bytes, but .* is the most.*not fetched"):
        resolve("hf://me/larger")
    assert not any("GET" in line and "larger" in line and "config" in line for line in hub.requests)


def test_a_preset_is_uploaded_and_taken(hub: Hub, make_preset: MakePreset) -> None:
    folder = make_preset()
    (folder / "secret.txt").write_text("not in the table")
    upload_preset("hf://me/uploaded", folder)
    found = resolve("hf://me/uploaded")
    assert set(files(folder)) - set(files(found)) == {"secret.txt"}
    assert not any("secret.txt" in names for names in hub.files.values())


@pytest.mark.parametrize(
    "handle", ["hf://", "hf://a/b/c", "hf://me/one@", "hf://../x", "hf://a b/c"]
)
def test_an_address_of_the_hub_of_wrong_form_is_refused(handle: str) -> None:
    with pytest.raises(PresetError, match="expected hf://user/repo or hf://user/repo@revision"):
        resolve(handle)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/models/mine", "mine"),
        ("https://example.org/zoo/mine/2/", "mine"),
        ("https://example.org/", "example.org"),
    ],
)
def test_a_folder_on_a_server_has_a_name(address: str, name: str) -> None:
    assert hosts.Web(address).name == name


class Kaggle(types.ModuleType):
    """What kagglehub does, on folders: versions of models."""

    def __init__(self, folder: Path) -> None:
        super().__init__("kagglehub")
        self.folder = folder
        self.uploaded: list[tuple[str, set[str]]] = []

    def model_download(self, handle: str, path: str) -> str:
        place = self.folder / handle
        if handle.count("/") == 3:
            place = max(place.iterdir(), key=lambda version: int(version.name))
        if not (place / path).is_file():
            raise ValueError(f"404 Client Error.\nResource not found: {handle}, {path}")
        return str(place / path)

    def model_upload(self, handle: str, folder: str, ignore_patterns: list[str]) -> None:
        self.uploaded.append((handle, set(files(Path(folder))) - set(ignore_patterns)))


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kaggle:
    made = Kaggle(tmp_path / "kaggle")
    monkeypatch.setitem(sys.modules, "kagglehub", made)
    return made


def test_a_model_of_kaggle_is_a_preset(kaggle: Kaggle, make_preset: MakePreset) -> None:
    for number in (1, 2, 10):
        make_preset(f"kaggle/me/gmvae/keras/mnist/{number}", weights=bytes([number]))

    def weights(handle: str) -> bytes:
        found = resolve(handle)
        assert found.name == "mnist"
        return (found / "model.weights.h5").read_bytes()

    assert weights("kaggle://me/gmvae/mnist/2") == bytes([2])
    assert weights("kaggle://me/gmvae/keras/mnist/1") == bytes([1])
    assert weights("kaggle://me/gmvae/mnist") == bytes([10])
    with pytest.raises(PresetNotFoundError, match=r"could not be fetched: 404 Client Error\.$"):
        resolve("kaggle://me/gmvae/mnist/3")


def test_a_preset_is_uploaded_to_kaggle(kaggle: Kaggle, make_preset: MakePreset) -> None:
    folder = make_preset()
    (folder / "secret.txt").write_text("not in the table")
    upload_preset("kaggle://me/gmvae/mnist", folder)
    ((handle, names),) = kaggle.uploaded
    assert handle == "me/gmvae/keras/mnist"
    assert names == set(files(folder)) - {"secret.txt"}
    with pytest.raises(PresetError, match="A preset can be uploaded to"):
        upload_preset("kaggle://me/gmvae/mnist/2", folder)


def test_the_libraries_have_what_is_called() -> None:
    """The stand-in above is no proof of what Kaggle's library takes."""
    import inspect

    kagglehub = pytest.importorskip("kagglehub", reason="needs the extra tfvae[kaggle]")
    inspect.signature(kagglehub.model_download).bind("me/gmvae/keras/mnist", path="metadata.json")
    inspect.signature(kagglehub.model_upload).bind("me/a/keras/b", "folder", ignore_patterns=["x"])
    handle = importlib.import_module("kagglehub.handle")
    parsed = handle.parse_model_handle(hosts.kaggle_path("kaggle://me/gmvae/mnist/2"))
    assert (parsed.framework, parsed.variation, parsed.version) == ("keras", "mnist", 2)


@pytest.mark.parametrize(
    "handle", ["kaggle://me", "kaggle://me/gmvae", "kaggle://me/gmvae/a/b/c/d", "kaggle://a/../b/1"]
)
def test_an_address_of_kaggle_of_wrong_form_is_refused(handle: str) -> None:
    with pytest.raises(PresetError, match="expected kaggle://user/model/variation"):
        resolve(handle)


@pytest.mark.parametrize(
    ("handle", "package", "cure"),
    [
        ("hf://me/one", "huggingface_hub", "pip install 'tfvae[hf]'"),
        ("kaggle://me/gmvae/mnist", "kagglehub", "pip install 'tfvae[kaggle]'"),
    ],
)
def test_a_missing_library_is_named_with_its_cure(
    handle: str, package: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PresetError) as error:
        resolve(handle)
    assert str(error.value) == f"{handle} needs the package {package}: {cure}"


def test_the_libraries_are_imported_when_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real: Any = builtins.__import__

    def watch(name: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", watch)
    resolve("gmvae_mnist")
    assert not {"huggingface_hub", "kagglehub"} & set(asked)


def test_uploads_are_refused_in_one_line(
    make_preset: MakePreset, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_preset()
    for handle in ("https://example.org/a/", "gmvae_mnist"):
        with pytest.raises(PresetError, match="A preset can be uploaded to hf://"):
            upload_preset(handle, folder)
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    with pytest.raises(DownloadError, match="TFVAE_OFFLINE forbids uploading"):
        upload_preset("hf://me/one", folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(PresetError, match="config.json is truncated"):
        upload_preset("hf://me/one", folder)
