"""Data from wheels: each road gives the same bytes, and nothing but the published ones pass."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfvae.zoo import DataError
from tfvae.zoo.sources.wheels import WheelSource

FILE, CONTENT = "things/data/rows.csv", b"1\n2\n3\n4\n"


def decode(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    rows = np.array(files[FILE].split(), np.float32)[:, None]
    return {"x_train": rows[:3], "y_train": np.zeros(3), "x_test": rows[3:], "y_test": np.zeros(1)}


SOURCE = WheelSource(
    licence="MIT",
    citation="nobody",
    package="things",
    version="1.2",
    files={FILE: hashlib.sha256(CONTENT).hexdigest()},
    decode=decode,
)


def wheel(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(FILE, content)
        archive.writestr("things/__init__.py", "raise SystemExit('imported')")
    return path


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data folder, an empty cache, and a pip that fails."""
    monkeypatch.delenv("TFVAE_DATA", raising=False)
    monkeypatch.delenv("TFVAE_OFFLINE", raising=False)
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(subprocess, "run", failing)


def failing(command: list[str], **_: Any) -> None:
    raise subprocess.CalledProcessError(1, command, stderr="searching\nERROR: no such thing")


def fetching(content: bytes = CONTENT) -> Any:
    def run(command: list[str], **_: Any) -> None:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        assert "--no-deps" in command and command[-1] == "things==1.2"
        wheel(Path(command[command.index("--dest") + 1]) / SOURCE.wheel, content)

    return run


def found() -> tuple[str, list[float]]:
    arrays, origin, sha256 = SOURCE.load("things")
    assert sha256 == SOURCE.files
    return origin, [*arrays["x_train"].ravel().tolist(), *arrays["x_test"].ravel().tolist()]


def test_a_wheel_in_the_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel(tmp_path / "data" / "wheels" / SOURCE.wheel)
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path / "data"))
    assert found() == ("folder", [1, 2, 3, 4])


@pytest.mark.parametrize("content", [CONTENT, b"of another version"])
def test_an_installed_package_is_read_if_it_has_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    site = tmp_path / "site"
    (site / "things-9.dist-info").mkdir(parents=True)
    (site / "things-9.dist-info" / "METADATA").write_text("Name: things\nVersion: 9\n")
    (site / FILE).parent.mkdir(parents=True)
    (site / FILE).write_bytes(content)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(subprocess, "run", fetching())
    assert found()[0] == ("package" if content == CONTENT else "download")


def test_pip_fetches_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", fetching())
    assert found() == ("download", [1, 2, 3, 4])
    monkeypatch.setattr(subprocess, "run", failing)
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    assert found() == ("cache", [1, 2, 3, 4])


def test_an_altered_file_in_the_cache_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", fetching())
    found()
    (kept,) = (tmp_path / "home").rglob("rows.csv")
    kept.write_bytes(b"1\n2\n3\n5\n")
    assert found() == ("download", [1, 2, 3, 4])


def test_altered_bytes_are_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", fetching(b"1\n2\n3\n5\n"))
    with pytest.raises(DataError, match=r"rows\.csv in .* is not the published data: its sha256"):
        found()
    assert not list((tmp_path / "home").rglob("rows.csv"))


def test_a_broken_wheel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wheels" / SOURCE.wheel
    path.parent.mkdir()
    path.write_bytes(b"PK but no wheel")
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"should be the wheel things-1\.2.*, but cannot be read"):
        found()


def test_what_pip_said_is_said() -> None:
    with pytest.raises(DataError, match=r"\(ERROR: no such thing\)\. Put the original wheel into"):
        found()


def test_offline_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    with pytest.raises(DataError, match="TFVAE_OFFLINE forbids"):
        found()
