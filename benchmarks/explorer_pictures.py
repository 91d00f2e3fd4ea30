"""Pictures of the explorer for the README: `python -m benchmarks.explorer_pictures [FOLDER]`.

They show the explorer of the bundled `gmvae_mnist`, with digits of MNIST's test set, in the
machine's browser: `explorer_desktop.png`, light, and `explorer_phone.png`, dark. Needs TFVAE_DATA,
npm and Chromium.
"""

import argparse
import io
import tempfile
from pathlib import Path
from typing import Any

import tfvae
import tfvae.export
import tfvae.zoo
from benchmarks.browser import launched, served, settle

PRESET, DATA = "gmvae_mnist", "mnist"
COLORS = 128
# Name, width and height of the window, scheme, pixels a point, and the panel at the top.
PICTURES = (
    ("explorer_desktop.png", 1200, 860, "light", 1, "h1"),
    ("explorer_phone.png", 375, 760, "dark", 2, "#image"),
)


def write_site(folder: Path) -> Path:
    """Writes a bundle with the explorer of the preset, and returns the explorer's folder."""
    vae = tfvae.VAE.from_preset(PRESET)
    x = tfvae.zoo.data.load(DATA).x_test
    about = {"name": PRESET, "licence": "Apache-2.0"}
    tfvae.export.bundle(
        vae, folder, x, to=["web"], precisions=["float32"], about=about, measure=False
    )
    return folder / "web"


def main() -> None:
    """Writes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/images"))
    target = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as folder:
        site = write_site(Path(folder, "dist"))
        with served(site) as address, launched() as browser:
            for name, width, height, scheme, scale, top in PICTURES:
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    device_scale_factor=scale,
                )
                settle(page, address)
                page.locator("#pad").press("Shift+ArrowLeft")
                page.locator("#pad").press("Shift+ArrowUp")
                page.evaluate("document.activeElement.blur()")
                page.locator(top).evaluate("element => element.scrollIntoView()")
                page.wait_for_timeout(1000)
                write_picture(page.screenshot(), target / name)


def write_picture(png: bytes, path: Path) -> None:
    """Writes a screenshot with as many colours as its surfaces need: a third of its size."""
    from PIL import Image

    few: Any = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLORS)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
