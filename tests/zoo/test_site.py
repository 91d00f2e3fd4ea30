"""A zoo as a static site: published, served by a plain server, loaded from, and copied."""

import html.parser
import json
import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from benchmarks.browser import executable, launched, served
from tests.zoo.servers import alters, hosted, status
from tfvae import zoo
from tfvae.zoo import PresetError, mirror_site, publish_site, registry, web
from tfvae.zoo.card import headline
from tfvae.zoo.pages import card_page, index_page

MakePreset = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    for name in ("TFVAE_OFFLINE", "TFVAE_ZOO_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.001)
    registry._fetched.cache_clear()
    yield
    registry._fetched.cache_clear()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def small(folder: Path, beta: float = 1.0, **metadata: Any) -> tfvae.VAE:
    """A model with a card and a picture, saved."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        objective=tfvae.objectives.ELBO(beta=beta),
    )
    files = {"README.md": b"---\nlicense: mit\n---\n# Small\n\n| a |\n| - |\n| 1 |\n"}
    vae.save_to_preset(folder, {"summary": "A small one.", **metadata}, files)
    return vae


def test_a_site_is_published_served_and_loaded_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = small(tmp_path / "presets" / "small")
    site = publish_site(tmp_path / "site", [tmp_path / "presets" / "small"])
    with served(site) as address:
        monkeypatch.setenv("TFVAE_ZOO_URL", address)
        by_name = tfvae.VAE.from_preset("small")
        by_address = tfvae.VAE.from_preset(f"{address}small/1/")
        assert "small" in tfvae.VAE.presets
    x = np.indices((3, 4, 4, 1)).sum(0) % 2.0
    for loaded in (by_name, by_address):
        np.testing.assert_array_equal(loaded.reconstruct(x), first.reconstruct(x))


def test_the_bundled_presets_are_published_if_none_are_named(tmp_path: Path) -> None:
    site = publish_site(tmp_path / "site")
    bundled = registry.read_registry(registry.bundled_registry())
    published = registry.read_registry(site / "registry.json")
    assert set(published.entries) == set(bundled.entries)
    for name, versions in published.entries.items():
        for number, entry in versions.items():
            assert entry.files == bundled.entries[name][number].files
            assert zoo.info(site / entry.path)["name"] == name


def test_what_was_published_stays_and_is_not_replaced(tmp_path: Path) -> None:
    small(tmp_path / "small")
    site = publish_site(tmp_path / "site", [tmp_path / "small"])
    before = contents(site / "small" / "1")
    publish_site(site, [tmp_path / "small"])
    assert contents(site / "small" / "1") == before
    small(tmp_path / "small", beta=0.5)
    with pytest.raises(PresetError, match="holds another preset of this name and version"):
        publish_site(site, [tmp_path / "small"])
    assert contents(site / "small" / "1") == before
    small(tmp_path / "small", beta=0.5, version=2)
    publish_site(site, [tmp_path / "small"])
    assert contents(site / "small" / "1") == before
    assert set(registry.read_registry(site / "registry.json").entries["small"]) == {1, 2}
    assert registry.read_registry(site / "registry.json").find("small").version == 2


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, make_preset: MakePreset) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(PresetError, match="holds files, but no registry.json of a site"):
        publish_site(tmp_path / "mine", [make_preset()])
    assert contents(tmp_path / "mine") == {"thesis.txt": b"years of work"}
    with pytest.raises(PresetError, match="is a file"):
        publish_site(tmp_path / "mine" / "thesis.txt", [make_preset()])
    with pytest.raises(PresetError, match="Two presets are called small and have version 1"):
        publish_site(tmp_path / "site", [make_preset(), make_preset("other", name="small")])


def test_a_damaged_preset_is_not_published(tmp_path: Path, make_preset: MakePreset) -> None:
    folder = make_preset()
    (folder / "README.md").write_text("another")
    with pytest.raises(PresetError, match="README.md"):
        publish_site(tmp_path / "site", [folder])
    assert not (tmp_path / "site").exists()


def test_what_is_not_in_the_table_is_not_published(tmp_path: Path, make_preset: MakePreset) -> None:
    folder = make_preset()
    (folder / "secrets.env").write_text("key")
    site = publish_site(tmp_path / "site", [folder])
    assert not list(site.rglob("*secret*"))


def test_a_site_is_mirrored_with_all_versions(tmp_path: Path) -> None:
    for number in (1, 2):
        small(tmp_path / "small", beta=1.0 / number, version=number)
        publish_site(tmp_path / "site", [tmp_path / "small"])
    with hosted(tmp_path / "site") as host:
        copy = mirror_site(host.address, tmp_path / "copy")
        assert contents(copy) == contents(tmp_path / "site")
        registry._fetched.cache_clear()
        host.requests.clear()
        zoo.prune_cache(days=0.0)
        mirror_site(host.address, copy)
        assert host.count() == {"registry.json": 1}
    assert contents(mirror_site(str(copy), tmp_path / "second")) == contents(copy)


def test_a_mirror_takes_nothing_that_is_altered(tmp_path: Path) -> None:
    small(tmp_path / "small")
    publish_site(tmp_path / "site", [tmp_path / "small"])
    with hosted(tmp_path / "site") as host:
        host.fail("small/1/model.weights.h5", *[alters] * 9)
        with pytest.raises(PresetError, match="not the file that was published"):
            mirror_site(host.address, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
        host.fail("small/1/model.weights.h5", status(404))
        with pytest.raises(PresetError, match="There is no"):
            mirror_site(host.address, tmp_path / "copy")


def test_a_mirror_is_not_led_astray(tmp_path: Path, make_preset: MakePreset) -> None:
    site = publish_site(tmp_path / "site", [make_preset(name="small")])
    content = json.loads((site / "registry.json").read_text())
    content["presets"]["another"] = content["presets"].pop("small")
    (site / "registry.json").write_text(registry.text(content))
    with pytest.raises(PresetError, match="another@1 calls itself small@1, so it was not written"):
        mirror_site(str(site), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_what_a_killed_process_left_is_not_published(
    tmp_path: Path, make_preset: MakePreset
) -> None:
    site = publish_site(tmp_path / "site", [make_preset()])
    make_preset("site/small/.1.0123abcd.tmp")
    publish_site(site, [make_preset()])
    assert set(registry.read_registry(site / "registry.json").entries["small"]) == {1}


def test_a_card_runs_nothing(make_preset: MakePreset, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    folder = make_preset(summary=hostile, licence=hostile, data={"name": hostile})
    (folder / "README.md").write_text(
        f"---\nlicense: mit\n---\n# {hostile}\n\n[a](javascript:alert(1)) ![b](data:text/html,c)\n"
    )
    card = card_page(folder)
    assert "<script" not in card
    assert not re.search(r'(href|src)="(javascript|data:text)', card)
    about = json.loads((folder / "metadata.json").read_text())
    assert hostile not in index_page([("small/1", about)])


class Links(html.parser.HTMLParser):
    """The addresses that a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found |= {value or "" for name, value in attributes if name in ("href", "src")}


def test_every_link_of_the_pages_leads_to_a_file(tmp_path: Path) -> None:
    site = publish_site(tmp_path / "site")
    for page in site.rglob("*.html"):
        links = Links()
        links.feed(page.read_text("utf-8"))
        relative = {link for link in links.found if not link.startswith(("data:", "https:"))}
        assert relative
        assert [link for link in relative if not (page.parent / link).is_file()] == []
    index = (site / "index.html").read_text("utf-8")
    for name in zoo.list_presets():
        about = zoo.info(name)
        for title, value in headline(about):
            assert escape(title) in index and value in index
        assert about["summary"] in index


@pytest.mark.slow
@pytest.mark.skipif(executable() is None, reason="needs Chromium, and there is none here")
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_fit_a_phone_and_a_desktop(tmp_path: Path, width: int) -> None:
    site = publish_site(tmp_path / "site")
    with served(site) as address, launched() as browser:
        page = browser.new_page(viewport={"width": width, "height": 800})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(request.url))
        for path in ("index.html", "gmvae_mnist/1/index.html"):
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            pictures = page.evaluate(
                "[...document.images].map(image => image.loading = 'eager', 0) && Promise.all("
                "[...document.images].map(image => image.decode().then(() => image.naturalWidth)))"
            )
            assert pictures and min(pictures) > 100
        page.goto(address + "index.html")
        assert page.inner_text(".here") == address
        assert problems == []
