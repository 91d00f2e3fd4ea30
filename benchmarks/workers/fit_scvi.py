"""scvi-tools 1.4.2 as its users train it: `SCVI(cells).train()`, then what it says of test cells.

Its defaults stand: layers, dropout, normalised batches, 400 epochs of batches of 128 in which the
rate's weight rises to 1, Adam at 1e-3. All cells that it is given are trained on, none held out.
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import scvi
import torch

# So many samples of z are decoded at once.
AT_ONCE = 100


def cells(counts: np.ndarray) -> Any:
    """Counts as scvi-tools reads them."""
    found = anndata.AnnData(counts)
    scvi.model.SCVI.setup_anndata(found)
    return found


def main() -> None:
    """Train on one array of counts, and write down what the model makes of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="x_train and x_test, .npz")
    parser.add_argument("--output", type=Path, required=True, help="a folder")
    parser.add_argument("--likelihood", required=True)
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--latent-size", type=int, required=True)
    parser.add_argument("--num-samples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    scvi.settings.seed = options.seed
    stored = np.load(options.cells)
    train, test = cells(stored["x_train"]), cells(stored["x_test"])
    model = scvi.model.SCVI(
        train,
        n_hidden=options.hidden,
        n_latent=options.latent_size,
        gene_likelihood=options.likelihood,
    )
    model.train(train_size=1.0, accelerator="cpu", enable_progress_bar=False)
    found = {
        "elbo": float(model.get_elbo(test)),
        "parameters": sum(weight.numel() for weight in model.module.parameters()),
        "epochs": len(model.history["elbo_train"]),
        "versions": {"scvi-tools": scvi.__version__, "torch": version("torch")},
        "threads": torch.get_num_threads(),
    }
    arrays = {
        "log_likelihood": model.get_marginal_ll(
            test,
            n_mc_samples=options.num_samples,
            n_mc_samples_per_pass=AT_ONCE,
            return_mean=False,
        ),
        "train": model.get_latent_representation(train),
        "test": model.get_latent_representation(test),
    }
    np.savez(options.output / "arrays.npz", **arrays)
    (options.output / "scores.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
