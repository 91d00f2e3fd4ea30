"""Where fetched files are kept, who may fetch, and what somebody who looks on sees."""

from pathlib import Path

import filelock
import platformdirs
import pytest

from tfvae.zoo import PresetError, home
from tfvae.zoo.progress import bar


def test_the_platform_says_where_unless_the_user_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TFVAE_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    expected = platformdirs.user_cache_path("tfvae", appauthor=False, opinion=False)
    assert home.home() == expected / "zoo"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFVAE_HOME", "~/models")
    assert home.home() == tmp_path / "models" / "zoo"


@pytest.mark.parametrize(
    ("value", "off"),
    [("1", True), ("true", True), ("yes", True), ("0", False), ("", False), ("False", False)],
)
def test_offline_is_said_in_words(monkeypatch: pytest.MonkeyPatch, value: str, off: bool) -> None:
    monkeypatch.setenv("TFVAE_OFFLINE", value)
    assert home.offline() is off


def test_a_lock_that_is_never_given_up_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path))
    monkeypatch.setattr(home, "PATIENCE_SECONDS", 0.05)
    with home.locked("other"):
        pass
    held = home.home() / "locks" / "one.lock"
    other = filelock.FileLock(held, is_singleton=False)
    words = r"Another process has held .*one\.lock"
    with other, pytest.raises(PresetError, match=words), home.locked("one"):
        raise AssertionError("the lock was given")
    with home.locked("one"):
        assert held.exists()


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        home.write(tmp_path / "folder", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_bar_is_drawn_where_somebody_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    with bar("small", 2000) as advance:
        advance(2000)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with bar("small", 2000) as advance:
        advance(2000)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Fetching small" in err
    assert "2.0/2.0 kB" in err
