"""All that there is to say of a model on held-out examples, in one call."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvae.evaluate.reports.report_parts import Parts, Scores, plain
from tfvae.evaluate.reports.sheet import sheet
from tfvae.part import positive_integer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Report:
    """What `report` found.

    Args:
        about: what was scored, of what and how: `parameters`, `num_examples`, `num_samples`, `seed`
            and `versions`.
        scores: by part of the report, its figures by name.
        left_out: by part of the report, why it has no figures.
        sheet: pictures of the model, one below the other.
    """

    about: Mapping[str, Any]
    scores: Mapping[str, Scores]
    left_out: Mapping[str, str]
    sheet: "Figure"

    def to_json(self) -> str:
        """Returns figures and circumstances as JSON; numbers that are none are null."""
        content = {"about": self.about, "scores": self.scores, "left_out": self.left_out}
        return json.dumps(plain(content), indent=1, allow_nan=False) + "\n"

    def save(self, folder: str | os.PathLike) -> Path:
        """Writes `report.json` and `sheet.png` into a folder, each whole or not at all.

        Returns:
            The folder.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".report-") as partial:
            (Path(partial) / "report.json").write_text(self.to_json(), encoding="utf-8")
            self.sheet.savefig(Path(partial) / "sheet.png")
            for made in Path(partial).iterdir():
                os.replace(made, target / made.name)
        return target

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yields part, name and value of each figure, in words: for a table."""
        for part, found in self.scores.items():
            for name, value in found.items():
                if isinstance(value, float | int) and not name.endswith("_standard_error"):
                    error = found.get(f"{name}_standard_error")
                    spread = "" if error is None else f" ± {error:.2g}"
                    shown = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
                    yield part, name.replace("_", " "), shown + spread

    def __str__(self) -> str:
        """Returns the figures, one a line."""
        lines = [f"{part}: {name} {value}" for part, name, value in self.rows()]
        return "\n".join([*lines, *(f"{part}: {why}" for part, why in self.left_out.items())])


def report(
    vae: Any,
    x_test: Any,
    labels: Any = None,
    *,
    x_train: Any = None,
    labels_train: Any = None,
    network: str | None = None,
    num_samples: int = 500,
    seed: int = 0,
    batch_size: int = 128,
    progress: bool = True,
) -> Report:
    """Scores a model on held-out examples by all that it can be scored by.

    | part | figures | needs |
    | --- | --- | --- |
    | evidence | those of `evidence` | |
    | gaps | those of `gaps`, of the first 200 examples | |
    | latent space | active and collapsed units, `rate_decomposition` of the first 2,000 | |
    | components | in use, and effectively | components |
    | reconstruction | squared error | |
    | clustering | those of `clustering` | components, `labels` |
    | clustering baselines | accuracy of k-means and mixtures | `labels`, `x_train` |
    | representation | accuracy of simple classifiers | `labels`, `x_train`, `labels_train` |
    | samples | those of `sample_quality` | `x_train`, `network` |

    What a model cannot be scored by, or was not given the data for, is named in `left_out`.

    Args:
        vae: a `tfvae.VAE`.
        x_test: examples held out, `[N, *event_shape]`, or `tfvae.pipeline.Images`.
        labels: their classes, integers `[N]`.
        x_train: examples that the model was trained on, `[M, *event_shape]`.
        labels_train: their classes, integers `[M]`.
        network: of `sample_quality`: `"mnist"` or `"fashion_mnist"`.
        num_samples: importance samples of the log-likelihood.
        seed: seed of all samples.
        batch_size: examples at a time.
        progress: whether a bar is shown.

    Returns:
        The `Report`: figures, what was left out, a sheet of pictures; `save` writes them.

    Raises:
        ValueError: if the data cannot be what the model's likelihood is over.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((2, 2, 1)),
        ... )
        >>> x = np.random.default_rng(0).integers(0, 2, [20, 2, 2, 1])
        >>> found = report(vae, x, num_samples=200, progress=False)
        >>> sorted(found.scores), found.left_out["samples"]
        (['evidence', 'gaps', 'latent space', 'reconstruction'], 'needs `x_train` and `network`')
    """
    positive_integer(num_samples, "num_samples")
    parts = Parts(
        vae, x_test, labels, x_train, labels_train, network, num_samples, seed, batch_size
    )
    # First, and outside of what may be left out: data that do not fit are an error.
    scores: dict[str, Scores] = {"evidence": parts.evidence()}
    left_out: dict[str, str] = {}
    for part, lacking, score in _shown(parts.others(), progress):
        if lacking:
            left_out[part] = f"needs {' and '.join(f'`{name}`' for name in lacking)}"
            continue
        try:
            scores[part] = score()
        except ValueError as error:
            left_out[part] = str(error)
    return Report(parts.about(), scores, left_out, sheet(vae, parts.values, labels, scores, seed))


def _shown(parts: list[Any], progress: bool) -> Iterator[Any]:
    """Yields the parts, under a progress bar if one is wanted."""
    if not progress:
        yield from parts
        return
    from rich.progress import track

    yield from track(parts, description="scoring", transient=True)
