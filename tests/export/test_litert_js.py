"""Where the runtime of the explorer comes from: the cache, else npm, and nothing unchecked."""

from pathlib import Path

import pytest

from tests.export.explorers import archive, fake_npm, package
from tfvae.export import ExportError, litert_js

CONTENT = b"the runtime"
ARCHIVE = archive(one=CONTENT, other=b"not needed")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and without npm, for a package of one file."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setattr(litert_js, "PACKAGES", (package(ARCHIVE),))
    return tmp_path


def put_npm(home: Path, packed: bytes = ARCHIVE) -> None:
    (home / "packed").write_bytes(packed)
    fake_npm(home / "bin", f'/bin/cp "{home}/packed" "$4/some-thing-1.2.3.tgz"')


def cached(home: Path) -> list[str]:
    folder = home / "home" / "litert-js"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_runtime_is_fetched_once(home: Path) -> None:
    put_npm(home)
    litert_js.write_runtime(home / "first")
    assert [path.name for path in (home / "first" / "thing").iterdir()] == ["one"]
    assert (home / "first" / "thing" / "one").read_bytes() == CONTENT
    assert cached(home) == ["some-thing-1.2.3.tgz"]
    (home / "bin" / "npm").unlink()
    litert_js.write_runtime(home / "second")
    assert (home / "second" / "thing" / "one").read_bytes() == CONTENT


def test_without_npm_the_error_says_what_to_do(home: Path) -> None:
    with pytest.raises(ExportError) as caught:
        litert_js.write_runtime(home / "made")
    assert "`npm` was not found" in str(caught.value)
    assert "npm pack @some/thing@1.2.3" in str(caught.value)
    assert str(home / "home" / "litert-js") in str(caught.value)


def test_what_the_error_says_to_do_helps(home: Path) -> None:
    (home / "home" / "litert-js").mkdir(parents=True)
    (home / "home" / "litert-js" / "some-thing-1.2.3.tgz").write_bytes(ARCHIVE)
    litert_js.write_runtime(home / "made")
    assert (home / "made" / "thing" / "one").read_bytes() == CONTENT


def test_offline_the_error_repeats_what_npm_wrote(home: Path) -> None:
    fake_npm(home / "bin", "echo 'code ENOTFOUND' >&2; exit 1")
    with pytest.raises(ExportError, match=r"ENOTFOUND.*go online"):
        litert_js.write_runtime(home / "made")
    fake_npm(home / "bin", "exit 1")
    with pytest.raises(ExportError, match="offline"):
        litert_js.write_runtime(home / "made")


def test_another_archive_is_refused_and_not_kept(home: Path) -> None:
    put_npm(home, archive(one=b"something else"))
    with pytest.raises(ExportError, match="not what this version of tfvae was made with"):
        litert_js.write_runtime(home / "made")
    assert cached(home) == []
    assert not (home / "made").exists()


@pytest.mark.parametrize("damaged", [b"", ARCHIVE[:-9], archive(one=b"something else")])
def test_a_damaged_cache_is_mended(home: Path, damaged: bytes) -> None:
    kept = home / "home" / "litert-js" / "some-thing-1.2.3.tgz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(damaged)
    put_npm(home)
    litert_js.write_runtime(home / "made")
    assert (home / "made" / "thing" / "one").read_bytes() == CONTENT
    assert kept.read_bytes() == ARCHIVE


def test_a_cache_that_cannot_be_written_is_done_without(home: Path) -> None:
    (home / "home").write_text("a file, where the folder should be")
    put_npm(home)
    litert_js.write_runtime(home / "made")
    assert (home / "made" / "thing" / "one").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"TFVAE_HOME": "/own"}, "/own/litert-js"),
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/tfvae/litert-js"),
        ("linux", {}, "/home/me/.cache/tfvae/litert-js"),
        ("darwin", {}, "/home/me/Library/Caches/tfvae/litert-js"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/tfvae/litert-js"),
    ],
)
def test_the_cache_is_where_the_platform_has_it(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TFVAE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(litert_js.sys, "platform", platform)
    assert litert_js.cache_folder() == Path(expected)
