"""Pictures of the explorer for the README: `python -m benchmarks.explorer_pictures [FOLDER]`.

They show the explorer of the bundled `cluster_mnist`, with digits of MNIST's test set, in the
machine's browser: `explorer_desktop.png`, light, and `explorer_phone.png`, dark. Needs TFVAE_DATA,
npm and Chromium.
"""

import argparse
import tempfile
from pathlib import Path

import tfvae
import tfvae.export
import tfvae.zoo
from benchmarks.browser import launched, served, settle

PRESET, DATA = "cluster_mnist", "mnist"
COMPONENT, EXAMPLE = 4, 0
# Name, width and height of the window, scheme, pixels a point, and the panel at the top.
PICTURES = (
    ("explorer_desktop.png", 1200, 800, "light", 1, "body"),
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
                page.locator("#component-buttons button").nth(COMPONENT).click()
                page.locator("#examples button").nth(EXAMPLE).click()
                page.mouse.move(0, 0)
                page.evaluate("document.activeElement.blur()")
                page.locator(top).evaluate("element => element.scrollIntoView()")
                page.wait_for_timeout(1000)
                page.screenshot(path=target / name)


if __name__ == "__main__":
    main()
