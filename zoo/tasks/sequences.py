"""Sequences of tokens: molecules as SMILES, and what those that a model samples are worth."""

import importlib.metadata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvae import evaluate

from .. import molecules, smiles
from ..molecule_schema import MoleculeSchema
from ..sources.molecules import NEW_SCAFFOLDS, TEST
from .task import EVIDENCE, SHOWN, Row, Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

ORDER_SEED, SAMPLE_SEED = 777, 0
SAMPLED, AT_ONCE, DRAWN = 10_000, 1_000, 24
SCORED = 1_000

# Means and standard deviations over three initialisations.
PUBLISHED = {
    "validity": "0.9767 ± 0.0012",
    "unique_1000": "1.0000 ± 0.0000",
    "unique_10000": "0.9984 ± 0.0005",
    "novelty": "0.6949 ± 0.0069",
}
_SAMPLES = (
    Row("Validity", "validity", digits=4),
    Row("Unique among 1,000 valid", "unique_1000", digits=4),
    Row("Unique among all valid (at most 10,000)", "unique_10000", digits=4),
    Row("Novelty", "novelty", digits=4),
)


class SequenceTask(Task):
    """Explaining molecules token by token, and sampling others.

    Args:
        examples: how many of the training molecules are trained on, the first of an order that
            `ORDER_SEED` gives; all that are not held out if left out.
    """

    name = "sequences"
    rows = (
        *_SAMPLES,
        Row("Validity of `vae.sample`", "validity_of_greedy", digits=4),
        Row("Reconstructed exactly", "reconstruction_accuracy", digits=4),
        *EVIDENCE,
        Row("Bits a token", "bits_per_token", digits=4),
        Row("Negative log-likelihood, other scaffolds, nats", "log_likelihood_new_scaffolds", -1.0),
    )
    headline = ("validity", "log_likelihood")
    tags = ("molecules", "smiles")

    def __init__(self, examples: int | None = None) -> None:
        self.examples = examples

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns the molecules that are trained on: the same for every seed."""
        order = _order(dataset.x_train)[: len(dataset.x_train) - recipe.validation]
        return dataset.x_train[order[: self.examples]], None

    def held_out(self, recipe: "Recipe", dataset: "Dataset") -> tuple[Any, Any]:
        """Returns the last training molecules of the order, and some of the test set's own."""
        order = _order(dataset.x_train)
        validation = dataset.x_train[order[len(order) - recipe.validation :]]
        return validation, _some(dataset, TEST, SCORED)

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns how likely held-out molecules are, and what sampled ones are worth."""
        x = self.held_out(recipe, dataset)[1]
        evidence = evaluate.evidence(vae, x, num_samples=recipe.num_samples, seed=0)
        found = {
            f"{row.key}{ending}": evidence[f"{row.key}{ending}"]
            for row in EVIDENCE
            for ending in ("", "_standard_error")
        }
        # The end is a token too.
        tokens = np.mean(np.count_nonzero(x, axis=1) + 1)
        found["bits_per_token"] = -found["log_likelihood"] / (np.log(2.0) * tokens)
        others = vae.log_likelihood(_some(dataset, NEW_SCAFFOLDS, SCORED), recipe.num_samples)
        found["log_likelihood_new_scaffolds"] = np.mean(others)
        found["reconstruction_accuracy"] = np.mean(np.all(vae.reconstruct(x) == x, axis=1))
        known = _Known(dataset.x_train)
        found |= molecules.quality(smiles.decoded(drawn_tokens(vae, SAMPLED)), known)
        greedy = vae.sample(AT_ONCE, seed=SAMPLE_SEED, batch_size=AT_ONCE)
        valid = molecules.quality(smiles.decoded(greedy), known)["validity"]
        return {**{key: float(value) for key, value in found.items()}, "validity_of_greedy": valid}

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns the tokens by their codes, and what the protocol must say of these data."""
        x = self.training(recipe, dataset, 0)[0]
        written = smiles.decoded(x[:SAMPLED])
        again = molecules.canonical(written)
        same = np.mean([one == other for one, other in zip(written, again, strict=True)])
        return {
            **MoleculeSchema(x.shape[1]).facts(),
            "trained_examples": len(x),
            "rdkit_version": importlib.metadata.version("rdkit"),
            "canonical_today": float(same),
        }

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns the first of the sampled molecules, those that are none in words."""
        return molecules.drawn(smiles.decoded(drawn_tokens(vae, DRAWN)))

    def latent_map(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns the latents of test molecules in the colours of how many rings they have."""
        from tfvae import plots

        x = _some(dataset, TEST, SHOWN)
        counts = np.minimum(molecules.rings(smiles.decoded(x)), 5)
        names = [*("no ring", "1 ring"), *(f"{count} rings" for count in range(2, 5)), "5 or more"]
        return plots.latent_projection(vae, x, counts, names)

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how molecules are sampled, and how others are read."""
        return [
            "from tfvae.zoo import smiles",
            "",
            "print(smiles.decoded(vae.sample(5, seed=0)))  # of each z the likeliest molecule",
            'x = smiles.encoded(["CC(=O)Nc1ccc(O)cc1"])',
            "print(smiles.decoded(vae.reconstruct(x)), vae.log_likelihood(x))",
        ]

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return f"The first {DRAWN} sampled molecules, none left out"

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how molecules are scored."""
        return (
            f"{SAMPLED:,} molecules, z drawn from the prior and each token from its probabilities "
            f"(temperature 1, seed {SAMPLE_SEED}); valid is what RDKit reads and sanitises, and "
            "has an atom; unique and new are canonical SMILES, new those that are not in the whole "
            f"training set; for `vae.sample`, {AT_ONCE:,} molecules of the likeliest tokens. "
            f"Likelihoods are of {SCORED:,} molecules of each held-out part that NumPy's "
            f"`RandomState({ORDER_SEED})` chose, by {metadata['recipe']['num_samples']:,} "
            "importance samples, and include the end of the string; reconstructions are the "
            "greedy string of the posterior's mean."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models are for."""
        return (
            "Sampling small molecules like those of the training set, moving between them in the "
            "latent space, features of molecules without labels, a start for fine-tuning, and a "
            "figure to compare other models with."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models do not know."""
        return (
            "It knows neutral molecules of 250 to 350 daltons of the atoms C, N, O, S, F, Cl, Br "
            f"and H, of at most {smiles.LENGTH} tokens and without stereochemistry. That RDKit "
            "reads a string says nothing of whether the molecule is stable, can be made, is safe "
            "or does anything: nothing that it samples is a recommendation."
        )

    def sections(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns the published figures beside those of the first seed."""
        scores = metadata["runs"][0]["scores"]
        rows = [
            f"| {row.title} | {scores[row.key]:.4f} | {PUBLISHED[row.key]} |" for row in _SAMPLES
        ]
        return [
            "## Beside published figures",
            "",
            "| | here, seed 0 | MOSES, VAE |",
            "| --- | ---: | ---: |",
            *rows,
            "",
            "Those of MOSES are of the VAE in the table of baselines of Polykovskiy et al. 2020, "
            "arXiv:1811.12823 (as in the authors' repository): mean ± standard deviation of three "
            "initialisations. The protocols differ. Theirs trains on all "
            f"{metadata['data']['train_examples']:,} molecules, ours on "
            f"{metadata['trained_examples']:,}, with a much smaller network; theirs samples 30,000 "
            f"molecules, ours {SAMPLED:,}, so that among 10,000 valid ones ours are fewer; their "
            "tokens are characters, ours atoms; their RDKit is older than ours, "
            f"{metadata['rdkit_version']}, which writes {metadata['canonical_today']:.2%} of "
            f"{SAMPLED:,} training molecules as they stand in the file: novelty is overstated by "
            "the rest at most.",
            "",
        ]


class _Known:
    """The training molecules as what can be asked for a molecule, kept as codes."""

    def __init__(self, codes: np.ndarray) -> None:
        self.length = codes.shape[1]
        self.rows = {row.tobytes() for row in codes.astype(np.uint8)}

    def __contains__(self, molecule: object) -> bool:
        tokens = smiles.tokens_of(str(molecule))
        if not (0 < len(tokens) <= self.length and set(tokens) <= set(smiles.TOKENS)):
            return False
        codes = smiles.encoded([str(molecule)], self.length)
        return codes.astype(np.uint8).tobytes() in self.rows


def drawn_tokens(vae: Any, count: int) -> np.ndarray:
    """Returns sequences `[count, T]`: z from the prior, and tokens by their probabilities."""
    parts = []
    for number, start in enumerate(range(0, count, AT_ONCE)):
        seeds = np.array([[SAMPLE_SEED, 2 * number], [SAMPLE_SEED, 2 * number + 1]], np.int32)
        z = vae.prior.distribution().sample(min(AT_ONCE, count - start), seed=seeds[0])
        parts.append(vae.decode(z).sample(seed=seeds[1]).numpy())
    return np.concatenate(parts)


def _order(x: np.ndarray) -> np.ndarray:
    # RandomState's numbers are frozen for ever; default_rng's may change with NumPy.
    return np.random.RandomState(ORDER_SEED).permutation(len(x))


def _some(dataset: "Dataset", part: int, count: int) -> np.ndarray:
    """Returns some test molecules of one part, the same at each call."""
    rows = np.flatnonzero(dataset.y_test == part)
    return dataset.x_test[rows[_order(rows)[:count]]]
