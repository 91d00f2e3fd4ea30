"""Presets over HTTP, from a real server that misbehaves: never a broken cache, one clear line."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.zoo.servers import (
    Fault,
    Host,
    alters,
    compresses,
    drips,
    endless,
    hangs_up,
    hosted,
    ignores_ranges,
    in_chunks,
    stalls,
    states,
    status,
    truncates,
    wrong_part,
)
from tfvae.zoo import DownloadError, PresetError, PresetNotFoundError, cache, home, resolve, web
from tfvae.zoo.folder import check_files

MakePreset = Callable[..., Path]
WEIGHTS = "small/model.weights.h5"
# What the weights of the fixture have, so that half of them are more than one block.
SIZE = 300_000


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of the test's own, and no long waits."""
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    for name in ("TFVAE_OFFLINE", "TFVAE_ZOO_URL", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(web, "LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(web, "READ_SECONDS", 0.3)


@pytest.fixture
def host(make_preset: MakePreset, tmp_path: Path) -> Iterator[Host]:
    make_preset("site/small", weights=os.urandom(SIZE))
    with hosted(tmp_path / "site") as made:
        yield made


def same(found: Path, host: Host) -> bool:
    """Whether what stands in a folder is the preset that is served, and nothing else."""
    files = {path.relative_to(found).as_posix() for path in found.rglob("*") if path.is_file()}
    original = host.folder / "small"
    expected = {path.relative_to(original).as_posix() for path in original.rglob("*.*")}
    return files == expected and all(
        (found / name).read_bytes() == (original / name).read_bytes() for name in files
    )


def take(host: Host) -> Path:
    return resolve(f"{host.address}small/")


def test_a_folder_on_a_server_is_fetched_once(host: Host) -> None:
    found = take(host)
    assert same(found, host)
    assert found.name == "small"
    assert set(host.count().values()) == {1}
    assert resolve(f"{host.address}small") == found
    assert host.count() == {**{path: 1 for path in host.count()}, "small/metadata.json": 2}
    assert not list((home.home() / "partial").rglob("*"))


def test_what_changes_on_the_server_is_fetched_anew(host: Host, make_preset: MakePreset) -> None:
    first = take(host)
    make_preset("site/small", weights=b"other")
    second = take(host)
    assert first != second
    assert same(second, host)
    assert check_files(first)


TRANSIENT: dict[str, list[Fault]] = {
    "truncated": [truncates()],
    "truncated twice": [truncates(), truncates()],
    "stalled": [stalls(1.0)],
    "dripping": [drips(1.0)],
    "500": [status(500)],
    "503, and when to come again": [status(503, {"Retry-After": "0"})],
    "429": [status(429)],
    "hung up": [hangs_up, hangs_up],
    "truncated, then 416": [truncates(), status(416)],
    "truncated, then another part": [truncates(), wrong_part],
    "truncated, then the whole file": [truncates(), ignores_ranges],
    "truncated, then altered": [truncates(), alters],
    "in chunks": [in_chunks],
    "everything": [status(500), truncates(0.1), hangs_up, stalls(1.0)],
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_what_passes_is_waited_out(host: Host, name: str) -> None:
    host.fail(WEIGHTS, *TRANSIENT[name])
    assert same(take(host), host)


def test_a_download_goes_on_where_it_stopped(host: Host) -> None:
    host.fail(WEIGHTS, truncates(), truncates())
    assert same(take(host), host)
    ranges = [asked for path, asked in host.requests if path == WEIGHTS]
    assert ranges == [None, f"bytes={SIZE // 2}-", f"bytes={3 * SIZE // 4}-"]


def test_a_download_goes_on_in_another_process(host: Host) -> None:
    host.fail(WEIGHTS, truncates(0.9), *[hangs_up] * 5)
    with pytest.raises(
        DownloadError, match=r"model.weights.h5 could not be fetched: no connection"
    ):
        take(host)
    host.requests.clear()
    assert same(take(host), host)
    assert (WEIGHTS, f"bytes={9 * SIZE // 10}-") in host.requests
    assert host.count()["small/config.json"] == 0


def test_what_was_left_by_something_else_does_no_harm(host: Host) -> None:
    host.fail(WEIGHTS, truncates(), *[hangs_up] * 5)
    with pytest.raises(DownloadError):
        take(host)
    (partial,) = (home.home() / "partial").rglob("*.part")
    for left in (b"x" * 1000, b"x" * SIZE, b"x" * (SIZE + 1)):
        partial.write_bytes(left)
        found = take(host)
        assert same(found, host)
        shutil.rmtree(found)
        partial.parent.mkdir(parents=True)


FINAL: dict[str, tuple[list[Fault], str]] = {
    "404": ([status(404)], "There is no .*model.weights.h5: the server answered 404"),
    "403": ([status(403)], "answered 403 Forbidden"),
    "500 for ever": (
        [status(500)] * 9,
        "the server answered 500, after 5 attempts. Try again later",
    ),
    "416 for ever": ([truncates()] + [status(416)] * 9, "could not be fetched"),
    "stalled for ever": ([stalls(1.0)] * 9, "nothing came for 0.3 seconds, after 5 attempts"),
    "dripping for ever": ([drips(1.0)] * 9, "it stalled, after 5 attempts"),
    "altered": (
        [alters] * 9,
        "not the file that was published: its sha256 should be .*thrown away",
    ),
    "a length too short": ([states(5)] * 9, "should have 300,000 bytes, but has 5"),
    "a length too long": ([states(10**12)] * 9, "should have 300,000 bytes, but has 1,000,000,000"),
    "endless": ([endless] * 9, "should have 300,000 bytes, but has more"),
    "compressed": ([compresses] * 9, r"comes compressed \(gzip\)"),
}


@pytest.mark.parametrize("name", FINAL)
def test_what_does_not_pass_is_one_line_and_leaves_nothing(host: Host, name: str) -> None:
    faults, words = FINAL[name]
    host.fail(WEIGHTS, *faults)
    with pytest.raises(PresetError, match=words) as error:
        take(host)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, PresetNotFoundError) == (name == "404")
    assert not list((home.home() / "presets").glob("*/*"))
    assert [preset.whole for preset in cache.list_cache()] == [False]
    host.fail(WEIGHTS)
    assert same(take(host), host)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([status(404)], "There is no .*metadata.json"),
        ([status(416)], "the server answered 416"),
        ([endless], "has more than 16,777,216 bytes, the most"),
        ([states(10**9)], "has 1,000,000,000 bytes, and 16,777,216 is the most"),
        ([truncates()] * 5, "the connection broke before all of it had come, after 5 attempts"),
    ],
)
def test_bad_metadata_are_refused(host: Host, faults: list[Fault], words: str) -> None:
    host.fail("small/metadata.json", *faults)
    with pytest.raises(PresetError, match=words):
        take(host)
    assert same(take(host), host)


def metadata_with(host: Host, **entries: object) -> None:
    """Lets the server's metadata.json say something else."""
    path = host.folder / "small" / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def test_what_is_too_large_is_not_begun(host: Host) -> None:
    files = json.loads((host.folder / "small/metadata.json").read_text())["files"]
    files["README.md"]["size"] = 10**15
    metadata_with(host, files=files)
    with pytest.raises(PresetError, match="4,294,967,296 is the most"):
        take(host)
    assert set(host.count()) == {"small/metadata.json"}


def test_a_full_disk_is_seen_before(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(PresetError, match="1,000 are free. Make room"):
        take(host)


@pytest.mark.parametrize("name", ["../../escaped.txt", "/etc/escaped.txt", "run.py", "a.pkl"])
def test_names_that_lead_elsewhere_are_not_fetched(host: Host, name: str) -> None:
    files = json.loads((host.folder / "small/metadata.json").read_text())["files"]
    metadata_with(host, files={**files, name: files["README.md"]})
    with pytest.raises(PresetError, match="may not hold"):
        take(host)
    assert set(host.count()) == {"small/metadata.json"}


def test_a_newer_format_is_not_fetched(host: Host) -> None:
    metadata_with(host, format_version=2, tfvae_version="9.1")
    with pytest.raises(PresetError, match=r"format 2, written by tfvae 9\.1.*Upgrade tfvae"):
        take(host)


def test_redirects_are_followed_but_not_to_where_bytes_can_be_altered(host: Host) -> None:
    elsewhere = status(302, {"Location": f"{host.address}small/config.json"})
    host.fail("small/config.json", elsewhere)
    assert same(take(host), host)
    shutil.rmtree(home.home())
    host.fail(WEIGHTS, status(301, {"Location": "http://example.org/model.weights.h5"}))
    with pytest.raises(DownloadError, match=r"http://example.org/.* is not fetched.*https://"):
        take(host)
    host.fail(WEIGHTS, *[status(302, {"Location": f"{host.address}{WEIGHTS}"})] * 20)
    with pytest.raises(DownloadError, match="redirects in a circle"):
        take(host)


def test_a_host_elsewhere_cannot_send_to_servers_of_this_machine(host: Host) -> None:
    answer = requests.Response()
    answer.status_code, answer.url = 302, "https://example.org/small/"
    answer.headers["Location"] = host.address
    with pytest.raises(DownloadError, match="redirects to http://127.0.0.1.*is not fetched"):
        web._Session().get_redirect_target(answer)


@pytest.mark.parametrize("address", ["https://example.org/a/?b=c", "https://example.org/a/#b"])
def test_addresses_that_are_no_folders_are_refused(address: str) -> None:
    with pytest.raises(PresetError, match="no address of a folder: expected https://host/path/"):
        resolve(address)


@pytest.mark.parametrize(
    "address", ["http://example.org/small/", "https://", "http://127.0.0.1.org/"]
)
def test_addresses_that_are_not_safe_are_refused(address: str) -> None:
    with pytest.raises(DownloadError, match="is not fetched"):
        resolve(address)


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with hosted(tmp_path) as gone:
        address = gone.address
    with pytest.raises(DownloadError, match="no connection, after 5 attempts"):
        resolve(f"{address}small/")


def test_a_damaged_cache_heals(host: Host) -> None:
    found = take(host)
    content = (found / "model.weights.h5").read_bytes()
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(content[:-1])):
        damage(found / "model.weights.h5")
        assert take(host) == found
        assert same(found, host)


def test_offline_uses_what_is_there(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    with pytest.raises(DownloadError, match="not in the cache, and TFVAE_OFFLINE forbids"):
        take(host)
    monkeypatch.setenv("TFVAE_OFFLINE", "0")
    found = take(host)
    host.requests.clear()
    monkeypatch.setenv("TFVAE_OFFLINE", "1")
    assert take(host) == found
    assert not host.requests


def test_a_proxy_is_asked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", host.address)
    monkeypatch.setenv("no_proxy", "")
    assert same(resolve("http://localhost:1/small/"), host)
    assert {header["Host"] for header in host.headers} == {"localhost:1"}


def test_a_cache_that_cannot_be_written_is_one_line(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "file"))
    with pytest.raises(PresetError, match="cannot be written.*name another folder in TFVAE_HOME"):
        take(host)


def test_a_cache_that_can_only_be_read_is_read(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    found = take(host)

    def refuse(*_: object) -> None:
        raise PermissionError("read only")

    monkeypatch.setattr(home, "write", refuse)
    assert take(host) == found


TAKE = "import sys; from tfvae.zoo import resolve; print(resolve(sys.argv[1]))"


def test_two_processes_fetch_once(host: Host) -> None:
    host.fail(WEIGHTS, truncates(0.2), truncates(0.2))
    command = [sys.executable, "-c", TAKE, f"{host.address}small/"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = {process.communicate(timeout=120)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0]
    (place,) = told
    assert same(Path(place), host)
    assert host.count()[WEIGHTS] == 3
    assert host.count()["small/config.json"] == 1


def test_a_killed_process_leaves_no_lock(host: Host) -> None:
    host.fail(WEIGHTS, stalls(60.0))
    code = f"from tfvae.zoo import web; web.READ_SECONDS = 60.0; {TAKE}"
    process = subprocess.Popen([sys.executable, "-c", code, f"{host.address}small/"])
    end = time.monotonic() + 120
    while not list((home.home() / "partial").rglob("*.part")) and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert same(take(host), host)


def test_the_cache_is_listed_and_pruned(host: Host, make_preset: MakePreset) -> None:
    first = take(host)
    make_preset("site/small", weights=b"other")
    host.fail(WEIGHTS, status(404))
    with pytest.raises(PresetNotFoundError):
        take(host)
    second = take(host)
    listed = {preset.folder: preset for preset in cache.list_cache()}
    assert set(listed) == {first, second}
    assert listed[second].handles == (f"{host.address}small/",)
    assert listed[first].handles == ()
    assert listed[first].size == sum(p.stat().st_size for p in first.rglob("*") if p.is_file())
    assert [preset.folder for preset in cache.prune_cache()] == [first]
    assert check_files(second)
    assert cache.prune_cache(days=1.0) == []
    assert [preset.folder for preset in cache.prune_cache(days=0.0)] == [second]
    assert cache.list_cache() == []
    assert not list((home.home() / "handles").iterdir())


def test_waits_double_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.5)
    monkeypatch.setattr(web, "LONGEST_WAIT_SECONDS", 30.0)
    for failures, seconds in ((1, 0.5), (2, 1.0), (4, 4.0), (20, 30.0)):
        waits = {web._wait(failures) for _ in range(20)}
        assert 0.75 * seconds <= min(waits) < max(waits) <= 1.25 * seconds


def test_a_server_says_when_to_come_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(web.time, "sleep", waits.append)
    monkeypatch.setattr(web, "LONGEST_WAIT_SECONDS", 30.0)
    soon, late = ({"Retry-After": seconds} for seconds in ("7", "999"))
    host.fail(WEIGHTS, status(503, soon), status(429, late), status(503, {"Retry-After": "never"}))
    assert same(take(host), host)
    assert waits[:2] == [7.0, 30.0]
    assert waits[2] < 1.0
