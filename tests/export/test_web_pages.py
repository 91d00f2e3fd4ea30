"""The explorer in a browser: its numbers are Python's, and it says what is wrong in words."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from benchmarks.browser import executable, launched, served, settle
from tests.export.explorers import CLASSES, Explored, explored, put
from tests.export.models import COMPONENTS, EVENT, LATENT_SIZE
from tfvae.export import ExportError
from tfvae.export.litert_js import write_runtime

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(executable() is None, reason="needs Chromium, and there is none here"),
]

TOLERANCE = 1e-4
SECONDS = 60.0
# Below some path of a server, as on a page of a project.
BELOW = "some/where/"
HISTORY = """() => explorer.model.history.map(({endpoint, inputs, outputs, milliseconds}) => {
    const lists = (arrays) =>
        Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, [...array]]));
    return {endpoint, inputs: lists(inputs), outputs: lists(outputs), milliseconds};
})"""


class Page:
    """An open explorer.

    Args:
        page: Playwright's handle of it.
        one: what it shows.
    """

    def __init__(self, page: Any, one: Explored) -> None:
        self.page, self.one = page, one

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        """The remembered calls of an endpoint, oldest first."""
        return [call for call in self.page.evaluate(HISTORY) if call["endpoint"] == endpoint]

    def until(self, endpoint: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits for the call that is wanted, and returns it."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = [call for call in self.calls(endpoint) if wanted(call)]
            if found:
                return found[-1]
            self.page.wait_for_timeout(50)
        raise AssertionError(f"no such call of {endpoint}; {self.page.inner_text('#notice')}")

    def visible(self) -> set[str]:
        """The panels that are shown."""
        names = ["given", "latent", "image", "samples", "between", "calls"]
        return {name for name in names if self.page.is_visible(f"#{name}")}

    def pixels(self, selector: str) -> str:
        """What a canvas shows."""
        return self.page.evaluate(f"document.querySelector({selector!r}).toDataURL()")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Explored]:
    """Models of every kind, and their explorers below `site`."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        if "TFVAE_HOME" not in os.environ:
            patch.setenv("TFVAE_HOME", str(folder / "home"))
        try:
            write_runtime(folder / "runtime")
        except ExportError as error:
            pytest.skip(f"needs LiteRT.js from npm: {error}")
        found = explored(folder)
        for name, one in found.items():
            put(one, folder / "site" / BELOW / name, name)
    return found


@pytest.fixture(scope="module")
def site(everything: dict[str, Explored]) -> Path:
    return everything["mixture"].model.parent / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as found:
        yield found + BELOW


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as found:
        yield found


@pytest.fixture
def context(browser: Any, address: str) -> Iterator[Any]:
    """A window whose page may ask nobody but its own server, and throws no error."""
    made = browser.new_context()
    asked: list[str] = []
    thrown: list[str] = []
    made.on("request", lambda request: asked.append(request.url))
    made.on("weberror", lambda error: thrown.append(str(error.error)))
    made.route(lambda url: not url.startswith(address), lambda route: route.abort())
    yield made
    made.close()
    assert asked and [url for url in asked if not url.startswith(address)] == []
    assert thrown == []


@pytest.fixture
def opened(context: Any, address: str, everything: dict[str, Explored]) -> Callable[[str], Page]:
    """Opens the explorer of a model by its name."""

    def at(name: str) -> Page:
        page = settle(context.new_page(), f"{address}{name}/")
        assert page.inner_text("#notice") == ""
        return Page(page, everything[name])

    return at


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, np.ravel(expected), rtol=TOLERANCE, atol=TOLERANCE)


def examples(one: Explored) -> np.ndarray:
    x = np.array(one.atlas["examples"]["x"], np.float32)
    return x.reshape(-1, *one.vae.input_shape)


def test_samples_are_those_of_python(opened: Callable[[str], Page]) -> None:
    page = opened("mixture")
    page.page.fill("#seed", "-123")
    last = page.until("sample", lambda call: call["inputs"] == {"seed": [-123], "index": [11]})
    expected = page.one.vae.sample(12, seed=-123)
    close(last["outputs"]["mean"], expected[11])
    mine = [call for call in page.calls("sample") if call["inputs"]["seed"] == [-123]]
    for call, image in zip(mine, expected, strict=True):
        close(call["outputs"]["mean"], image)


def test_samples_of_a_component_are_those_of_python(opened: Callable[[str], Page]) -> None:
    page = opened("mixture")
    assert page.page.locator("#sample-components label").count() == COMPONENTS + 1
    page.page.get_by_role("radio", name="Component 2").check(force=True)
    wanted = {"seed": [7], "index": [11], "component": [2]}
    last = page.until("sample_component", lambda call: call["inputs"] == wanted)
    close(last["outputs"]["mean"], page.one.vae.sample(12, seed=7, component=2)[11])


@pytest.mark.parametrize("name", ["mixture", "plain", "vectors"])
def test_what_is_made_of_an_example_is_what_python_makes(
    name: str, opened: Callable[[str], Page]
) -> None:
    page = opened(name)
    x = examples(page.one)[3:4]
    page.page.locator("#examples button").nth(3).click()
    (noise,) = page.one.vae.latents.noise()
    centre = np.zeros([1, *page.one.vae.latents.event_shape], np.float32)
    expected = -page.one.vae.elbo_from(x, {noise: centre}).numpy()
    call = page.until("anomaly_score", lambda call: np.allclose(call["inputs"]["x"], x.ravel()))
    close(call["outputs"]["score"], expected)
    page.page.wait_for_timeout(100)
    assert float(page.page.inner_text("#score-value")) == pytest.approx(expected[0], abs=0.051)
    close(page.calls("reconstruct")[-1]["outputs"]["mean"], page.one.vae.reconstruct(x))
    assert page.page.is_visible("#clusters") == (name == "mixture")
    if name == "mixture":
        shares = page.one.vae.responsibilities(x)
        close(page.calls("cluster")[-1]["outputs"]["responsibilities"], shares)
        assert f"Component {shares.argmax()}" in page.page.inner_text(".bar.largest")


def test_the_pad_moves_the_image(opened: Callable[[str], Page]) -> None:
    page = opened("mixture")
    latent = page.one.atlas["latent"]
    axes, scales = np.array(latent["axes"]), np.array(latent["scales"])
    before = page.pixels("#decoded")
    page.page.press("#pad", "Shift+ArrowRight")
    page.page.press("#pad", "ArrowUp")
    z = np.array(latent["centre"]) + 0.5 * scales[0] * axes[0] + 0.1 * scales[1] * axes[1]
    call = page.until("decode", lambda call: np.allclose(call["inputs"]["z"], z, atol=1e-4))
    close(call["outputs"]["mean"], page.one.vae.decode(np.float32([z])).mean())
    assert page.pixels("#decoded") != before
    assert page.page.input_value("#axis-1") == "0.5"
    # The pointer goes where the keys went, and not beyond the edge.
    box = page.page.locator("#pad").bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 2 * box["width"], box["y"] + box["height"] / 2)
    page.page.mouse.up()
    assert page.page.input_value("#axis-1") == "3"
    assert abs(float(page.page.input_value("#axis-2"))) < 0.1


def test_a_slider_and_a_component_move_the_latent(opened: Callable[[str], Page]) -> None:
    page = opened("mixture")
    latent = page.one.atlas["latent"]
    page.page.focus("#axis-3")
    page.page.keyboard.press("Home")
    offset = -3.0 * latent["scales"][2] * np.array(latent["axes"][2])
    z = np.array(latent["centre"]) + offset
    page.until("decode", lambda call: np.allclose(call["inputs"]["z"], z, atol=1e-4))
    page.page.keyboard.press("End")
    page.page.locator("#component-buttons button").nth(1).click()
    z = page.one.atlas["components"]["latents"][1]
    call = page.until("decode", lambda call: np.allclose(call["inputs"]["z"], z, atol=1e-4))
    close(call["outputs"]["mean"], page.one.vae.decode(np.float32([z])).mean())


def test_a_drawing_is_what_the_model_is_given(opened: Callable[[str], Page]) -> None:
    page = opened("mixture")
    page.page.click("#clear")
    page.until("cluster", lambda call: len(set(call["inputs"]["x"])) == 1)
    box = page.page.locator("#drawing").bounding_box()
    page.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.page.mouse.up()
    background = page.one.atlas["event"]["background"]
    call = page.until("cluster", lambda call: len(set(call["inputs"]["x"])) > 1)
    drawn = np.array(page.calls("cluster")[-1]["inputs"]["x"]).reshape(EVENT)
    row = np.abs(drawn - background)[:, :, 0].sum(axis=1).argmax()
    assert row == EVENT[0] // 2 and call["outputs"]
    # With the keys: at the focused cursor, in the middle.
    page.page.click("#clear")
    page.page.focus("#drawing")
    page.page.keyboard.press("ArrowUp")
    page.page.keyboard.press(" ")
    page.until(
        "cluster",
        lambda call: (
            np.argmax(np.abs(np.array(call["inputs"]["x"]) - background))
            == (EVENT[0] // 2 - 1) * EVENT[1] + EVENT[1] // 2
        ),
    )


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 5), (0, 5), (3, 0)])
def test_a_point_of_a_wide_image_is_drawn_where_it_is(
    row: int, column: int, opened: Callable[[str], Page]
) -> None:
    page = opened("colours")
    page.page.click("#clear")
    box = page.page.locator("#drawing").bounding_box()
    place = {"x": (column + 0.5) / 6 * box["width"], "y": (row + 0.5) / 4 * box["height"]}
    page.page.click("#drawing", position=place)
    changed = np.array(page.page.evaluate("[...explorer.panels.image.values]")).reshape(4, 6, 3)
    strangeness = np.abs(changed - page.one.atlas["event"]["background"]).sum(axis=2)
    assert np.unravel_index(strangeness.argmax(), (4, 6)) == (row, column)


def test_touch_draws(browser: Any, address: str) -> None:
    made = browser.new_context(has_touch=True, viewport={"width": 375, "height": 700})
    page = settle(made.new_page(), f"{address}mixture/")
    page.click("#clear")
    page.locator("#drawing").tap()
    page.wait_for_timeout(300)
    values = page.evaluate("[...explorer.panels.image.values]")
    assert len(set(values)) > 1
    # Nothing is wider than a phone.
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    made.close()


def test_an_uploaded_image_is_made_an_example(
    opened: Callable[[str], Page], tmp_path: Path
) -> None:
    from PIL import Image

    page = opened("mixture")
    # Whichever of ink and ground is light in the data, the ground of the paper becomes theirs.
    paper = np.full([90, 70], 255, np.uint8)
    paper[40:50, 30:40] = 0
    Image.fromarray(paper).save(tmp_path / "upload.png")
    page.page.set_input_files("#upload", tmp_path / "upload.png")
    event = page.one.atlas["event"]
    low, high = event["low"], event["high"]
    ground, ink = (low, high) if 2.0 * event["background"] < low + high else (high, low)

    def is_it(call: dict[str, Any]) -> bool:
        x = np.array(call["inputs"]["x"])
        alike = np.isclose(x, ground, atol=0.02 * (high - low))
        place = np.abs(x - ground).argmax()
        return alike.sum() > 40 and place == 4 * EVENT[1] + 3 and abs(x[place] - ink) < 0.4

    page.until("cluster", is_it)
    (tmp_path / "no.png").write_text("no image")
    page.page.set_input_files("#upload", tmp_path / "no.png")
    page.page.get_by_text("no.png is no image that this browser can read").wait_for()


def test_between_two_images_lies_what_python_finds_there(opened: Callable[[str], Page]) -> None:
    page = opened("plain")
    x = examples(page.one)
    expected = page.one.vae.interpolate(x[:2], x[1:3], steps=3)
    page.page.focus("#fraction")
    for key, fraction, mean in [("End", 1.0, expected[0, 2]), ("Home", 0.0, expected[0, 0])]:
        page.page.keyboard.press(key)
        wanted = [fraction]
        call = page.until("interpolate", lambda call, w=wanted: call["inputs"]["fraction"] == w)
        close(call["outputs"]["mean"], mean)
    page.page.fill("#fraction", "0.5")
    page.page.click("#from-next")
    page.page.click("#to-next")
    call = page.until("interpolate", lambda call: np.allclose(call["inputs"]["b"], x[2].ravel()))
    np.testing.assert_allclose(call["inputs"]["a"], x[1].ravel(), atol=1e-6)
    close(call["outputs"]["mean"], expected[1, 1])
    page.page.click("#from-mine")
    page.until("interpolate", lambda call: np.allclose(call["inputs"]["a"], x[0].ravel()))


def test_from_an_image_the_latent_space_is_explored(opened: Callable[[str], Page]) -> None:
    page = opened("plain")
    z = page.one.vae.encode(examples(page.one)[:1]).mean().numpy().ravel()
    page.page.click("#explore")
    page.until("decode", lambda call: np.allclose(call["inputs"]["z"], z, atol=1e-4))
    assert page.page.evaluate("document.activeElement.id") == "pad"


def test_a_condition_is_given_to_all(opened: Callable[[str], Page]) -> None:
    page = opened("colours")
    assert page.visible() == {"given", "latent", "image", "samples", "between", "calls"}
    page.page.fill("#given-fields input", "2")
    wanted = {"seed": [7], "index": [11], "condition": [2]}
    last = page.until("sample", lambda call: call["inputs"] == wanted)
    close(last["outputs"]["mean"], page.one.vae.sample(12, seed=7, condition=2)[11])
    page.page.locator("#examples button").nth(4).click()
    x = examples(page.one)[4:5]
    given = {"x": x, "condition": np.array([4 % CLASSES])}
    call = page.until("reconstruct", lambda call: np.allclose(call["inputs"]["x"], x.ravel()))
    close(call["outputs"]["mean"], page.one.vae.reconstruct(given))
    assert page.page.input_value("#given-fields input") == str(4 % CLASSES)


def test_numbers_are_bars_and_can_be_written(opened: Callable[[str], Page]) -> None:
    page = opened("vectors")
    # Of one axis there is no plane.
    assert not page.page.is_visible("#pad") and page.page.is_visible("#axis-1")
    assert not page.page.is_visible("#pen") and not page.page.is_visible("#upload-label")
    page.page.fill("#numbers-field", "0.5, 0.25, 0, 1, 0.75")
    page.page.click("#numbers-apply")
    x = np.float32([[0.5, 0.25, 0.0, 1.0, 0.75]])
    call = page.until("reconstruct", lambda call: np.allclose(call["inputs"]["x"], x.ravel()))
    close(call["outputs"]["mean"], page.one.vae.reconstruct(x))
    page.page.fill("#numbers-field", "1, 2")
    page.page.click("#numbers-apply")
    message = page.page.evaluate("document.querySelector('#numbers-field').validationMessage")
    assert message == "5 numbers are needed."


def test_a_model_with_few_endpoints_shows_what_there_is(opened: Callable[[str], Page]) -> None:
    page = opened("parts")
    assert page.visible() == {"latent", "image", "calls"}
    assert page.page.is_visible("#clusters") and not page.page.is_visible("#explore")
    assert not page.page.is_visible("#score") and not page.page.is_visible("#reconstruction")


def test_the_page_is_about_the_model(opened: Callable[[str], Page]) -> None:
    page = opened("mixture")
    assert page.page.title() == "mixture · explorer"
    facts = page.page.inner_text("#facts")
    assert facts == (
        f"{EVENT[1]} × {EVENT[0]} greyscale images · {LATENT_SIZE} latent dimensions · "
        f"{COMPONENTS} components · licence MIT"
    )
    rows = page.page.locator("#latencies tr")
    assert rows.count() == len(page.one.endpoints)
    assert rows.filter(has_text="decode").first.inner_text().endswith("ms")
    assert "reconstruct" in page.page.inner_text("#image .ms")


def test_the_bundled_preset_in_a_browser(browser: Any, tmp_path: Path, site: Path) -> None:
    from benchmarks.explorer_pictures import PRESET, write_site

    if "TFVAE_DATA" not in os.environ:
        pytest.skip("needs MNIST: TFVAE_DATA is not set")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFVAE_HOME", os.environ.get("TFVAE_HOME", str(site.parent / "home")))
        folder = write_site(tmp_path / "dist")
    vae = tfvae.VAE.from_preset(PRESET)
    with served(folder) as address:
        page = Page(settle(browser.new_page(), address), None)  # type: ignore[arg-type]
        found = page.until("sample", lambda call: call["inputs"]["index"] == [11])
        close(found["outputs"]["mean"], vae.sample(12, seed=7)[11])
        atlas = json.loads((folder / "atlas.json").read_text())
        x = np.float32(atlas["examples"]["x"][0]).reshape(1, 28, 28, 1)
        close(page.calls("reconstruct")[-1]["outputs"]["mean"], vae.reconstruct(x))
        shares = page.calls("cluster")[-1]["outputs"]["responsibilities"]
        close(shares, vae.responsibilities(x))
        page.page.close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("WebAssembly.validate = () => false", "no WebAssembly SIMD"),
        ("delete window.WebAssembly", "no WebAssembly, in which"),
        ("HTMLScriptElement.supports = () => false", "no import maps"),
    ],
)
def test_an_old_browser_is_told_so(script: str, words: str, browser: Any, address: str) -> None:
    page = browser.new_page()
    page.add_init_script(script)
    settle(page, f"{address}mixture/")
    assert words in page.inner_text("#notice")
    assert not page.is_visible("#panels") and not page.is_visible("#loading")
    page.close()


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("**/*.wasm", "The runtime (litert/core/litert_wasm_compat_internal.js)"),
        ("**/litert_wasm_compat_internal.js", "litert_wasm_compat_internal.js could not be loaded"),
        ("**/core/index.js", "could not be loaded"),
        ("**/model.tflite", "model.tflite could not be loaded"),
        ("**/atlas.json", "atlas.json could not be loaded"),
    ],
)
def test_a_folder_that_is_not_whole_is_told_so(
    lacking: str, words: str, browser: Any, address: str
) -> None:
    page = browser.new_page()
    page.route(lacking, lambda route: route.fulfill(status=404, body=""))
    settle(page, f"{address}mixture/")
    assert words in page.inner_text("#notice")
    assert not page.is_visible("#panels") and not page.is_visible("#loading")
    page.close()


def test_a_damaged_model_is_told_so(browser: Any, address: str, site: Path, tmp_path: Path) -> None:
    shutil.copytree(site / BELOW / "mixture", tmp_path / "web")
    model = tmp_path / "web" / "model.tflite"
    model.write_bytes(b"no model" * 100)
    with served(tmp_path / "web") as other:
        page = settle(browser.new_page(), other)
        assert "model.tflite" in page.inner_text("#notice")
        page.close()


def test_a_page_that_is_opened_as_a_file_says_what_to_do(browser: Any, site: Path) -> None:
    page = settle(browser.new_page(), (site / BELOW / "mixture" / "index.html").as_uri())
    assert "python -m http.server" in page.inner_text("#notice")
    page.close()
