"""The parts of a report: which figures there are, and what each needs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tfvae.evaluate.labels.agreement import clustering
from tfvae.evaluate.labels.baselines import clustering_baselines
from tfvae.evaluate.labels.probes import representation
from tfvae.evaluate.latents.decomposition import rate_decomposition
from tfvae.evaluate.latents.latent_space import active_units, component_usage, posterior_collapse
from tfvae.evaluate.likelihood.evidence import evidence
from tfvae.evaluate.likelihood.inference_gaps import gaps
from tfvae.evaluate.samples.quality import sample_quality
from tfvae.evaluate.samples.reconstruction import reconstruction_error
from tfvae.pipeline import Images

Scores = dict[str, Any]
# What takes long for each example, or grows with their square, is computed of the first so many.
FEW, SOME = 200, 2000
MOST_SAMPLES = 10_000
LABELS_PER_CLASS = (10, 100)


@dataclass(frozen=True)
class Parts:
    """A model and the data to score it by, as `report` is given them."""

    vae: Any
    x: Any
    labels: Any
    x_train: Any
    labels_train: Any
    network: str | None
    num_samples: int
    seed: int
    batch_size: int

    @property
    def values(self) -> np.ndarray:
        """The examples themselves, as they are stored."""
        return self.x.x if isinstance(self.x, Images) else np.asarray(self.x)

    def about(self) -> Scores:
        """Returns the circumstances of the figures."""
        import keras
        import tensorflow as tf

        import tfvae

        return {
            "model": type(self.vae).__name__,
            "prior": type(self.vae.prior).__name__,
            "parameters": self.vae.count_params(),
            "num_examples": len(self.x),
            "num_samples": self.num_samples,
            "seed": self.seed,
            "versions": {
                "tfvae": tfvae.__version__,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
            },
        }

    def others(self) -> list[tuple[str, list[str], Callable[[], Scores]]]:
        """Returns every part but the evidence: its name, what it lacks, and what scores it."""
        has_components = self.vae.latents.num_components is not None
        needs = {
            "components": has_components,
            "labels": self.labels is not None,
            "x_train": self.x_train is not None,
            "labels_train": self.labels_train is not None,
            "network": self.network is not None,
        }
        table: dict[str, tuple[tuple[str, ...], Callable[[], Scores]]] = {
            "gaps": ((), self._gaps),
            "latent space": ((), self._latent_space),
            "components": (("components",), self._components),
            "reconstruction": ((), self._reconstruction),
            "clustering": (("components", "labels"), self._clustering),
            "clustering baselines": (("labels", "x_train"), self._baselines),
            "representation": (("labels", "x_train", "labels_train"), self._representation),
            "samples": (("x_train", "network"), self._samples),
        }
        return [
            (part, [name for name in wanted if not needs[name]], score)
            for part, (wanted, score) in table.items()
        ]

    def evidence(self) -> Scores:
        """Returns bound and likelihood."""
        return evidence(self.vae, self.x, self.num_samples, self.seed, self.batch_size)

    def _first(self, count: int) -> Any:
        """Returns the first examples; images that are drawn anew stay such."""
        if isinstance(self.x, Images):
            return self.x.with_values(self.x.x[:count])
        return self.values[:count]

    def _gaps(self) -> Scores:
        found = gaps(self.vae, self._first(FEW), seed=self.seed, batch_size=self.batch_size)
        return {**found.summary(), "num_examples": len(found.elbo)}

    def _latent_space(self) -> Scores:
        some = self._first(SOME)
        found: Scores = {"active_units": active_units(self.vae, some).count}
        found["collapsed_units"] = posterior_collapse(self.vae, some).count
        return {**found, **rate_decomposition(self.vae, some, seed=self.seed)}

    def _components(self) -> Scores:
        found = component_usage(self.vae, self.x, self.batch_size)
        shares = found.shares.tolist()
        return {"in_use": found.count, "effective": found.effective, "shares": shares}

    def _reconstruction(self) -> Scores:
        means = self.vae.reconstruct(self.x, batch_size=self.batch_size)
        return {"squared_error": reconstruction_error(self.values, means)}

    def _clustering(self) -> Scores:
        return asdict(clustering(self.labels, self.vae.cluster(self.x, self.batch_size)))

    def _baselines(self) -> Scores:
        classes = len(np.unique(self.labels))
        rows = clustering_baselines(self.vae, self.x_train, self.values, self.labels, classes)
        return {f"{row.method} on {row.features}": row.mean.accuracy for row in rows}

    def _representation(self) -> Scores:
        smallest = int(np.unique(self.labels_train, return_counts=True)[1].min())
        counts = [count for count in LABELS_PER_CLASS if count <= smallest]
        rows = representation(
            self.vae, self.x_train, self.labels_train, self.values, self.labels, (*counts, None)
        )
        return {
            f"{row.probe} on {row.features}, {row.num_labels} labels": row.accuracy for row in rows
        }

    def _samples(self) -> Scores:
        count = min(MOST_SAMPLES, len(self.x), len(self.x_train))
        found = sample_quality(
            self.vae, self.x_train, self.values, self.network or "", count, self.seed
        )
        flat = {
            f"{name}{of}": value
            for kind, of in (("samples", ""), ("reference", " of test images"))
            for name, value in found[kind].items()
        }
        return {**flat, "network": found["network"], "num_samples": count}


def plain(value: Any) -> Any:
    """Returns what JSON can hold; numbers that are none become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
