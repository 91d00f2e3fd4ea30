"""Writes what `test_golden_bundles.py` opens: `python tests/golden/make_bundle.py FOLDER`.

Once a release, after `make.py`, whose model it exports. It leaves `bundle.tar.xz`, the bundle in
every precision, and `bundle.npz`: what each endpoint was given, as ENDPOINT/INPUT, and what each
artefact returned on the day, as ARTEFACT:ENDPOINT/OUTPUT. Those of an earlier release are never
made again.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import tfvae
from tfvae.export.endpoints import endpoints_of
from tfvae.export.given import for_endpoints, given_to

EXAMPLES, ROWS = 64, 2


def main(folder: Path) -> None:
    vae = tfvae.VAE.load(folder / "model.keras")
    shape = (EXAMPLES, *vae.input_shape)
    x = np.random.default_rng(0).integers(0, 2, shape).astype(np.float32)
    about = {"name": "golden", "licence": "Apache-2.0"}
    given = for_endpoints(endpoints_of(vae), given_to(vae, x[:ROWS], ROWS))
    stored = dict(given)
    with tempfile.TemporaryDirectory() as space:
        made = Path(space, "bundle")
        report = tfvae.export.bundle(vae, made, x, batch="dynamic", about=about, measure=False)
        for one in report.artefacts:
            artefact = tfvae.export.open_artefact(made / one["path"])
            for endpoint in artefact.endpoints:
                inputs = {name: given[f"{endpoint}/{name}"] for name in artefact.inputs[endpoint]}
                for output, values in artefact.run(endpoint, **inputs).items():
                    stored[f"{one['path']}:{endpoint}/{output}"] = values
        # Not needed to run it, and the larger part once packed.
        (made / "report.html").unlink()
        shutil.make_archive(str(folder / "bundle"), "xztar", made)
    np.savez_compressed(folder / "bundle.npz", allow_pickle=False, **stored)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
