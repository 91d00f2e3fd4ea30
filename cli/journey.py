"""The seven steps of the demo: what each does, prints, and adds to the report."""

import time
from pathlib import Path
from typing import Any, NamedTuple

import tfvae
from tfvae import plots
from tfvae_cli import artefacts, digits, scoring
from tfvae_cli.console import Steps, console, megabytes, say, table, warnings_in_a_line
from tfvae_cli.demo import Settings
from tfvae_cli.pictures import Album
from tfvae_cli.report import machine, write_report

SHOWN = 12


class Step(NamedTuple):
    """One step: its title, what it shows, and the method of `Journey` that takes it."""

    title: str
    why: str
    method: str


ITINERARY = (
    Step(
        "Draw from a pretrained model",
        "A preset comes with the package: every file of it is checked, then loaded.",
        "draw_from_preset",
    ),
    Step(
        "Train a mixture-prior VAE with model.fit",
        "On scikit-learn's handwritten digits: first with one Gaussian as the prior, then with "
        "ten, fitted to the encoder's latents. Labels are not used.",
        "train",
    ),
    Step(
        "Score it on held-out digits",
        "Bound, likelihood, reconstructions and clusters, beside methods without a network.",
        "score",
    ),
    Step(
        "Save and reload it",
        "A .keras file keeps weights, optimiser and seeds: what comes back is equal to the bit.",
        "keep",
    ),
    Step(
        "Export it",
        "A SavedModel for servers and a TFLite file for phones and browsers, with the same "
        "endpoints.",
        "export",
    ),
    Step(
        "Run the artefacts without us",
        "In processes that cannot import tfvae, Keras or TensorFlow Probability, beside the model.",
        "run_artefacts",
    ),
    Step("Write the report", "One page with all of it, which needs no network.", "write"),
)


class Journey:
    """One run of the demo.

    Args:
        folder: where everything is left.
        seed: seed of the training and of all draws.
        settings: what to do.
        start: when the command began, by `time.perf_counter`.
    """

    def __init__(self, folder: Path, seed: int, settings: Settings, start: float) -> None:
        self.folder, self.seed, self.settings = folder, seed, settings
        self.schedule = settings.schedule or digits.Schedule()
        self.album = Album(folder)
        self.data = digits.load()
        self.steps = Steps(len(ITINERARY))
        self.start, self.imported = start, time.perf_counter()
        self.report = folder / "report.html"
        self.figures: dict[str, Any] = {"seed": seed, "machine": machine()}

    def go(self) -> Path:
        """Takes all steps, and returns the path of the report."""
        for step in ITINERARY:
            with self.steps.step(step.title, step.why):
                getattr(self, step.method)()
        return self.report

    def draw_from_preset(self) -> None:
        """Draws samples of the pretrained model, one row a component."""
        about = tfvae.zoo.info(self.settings.preset)
        vae = tfvae.VAE.from_preset(self.settings.preset)
        components = vae.prior.num_components
        text = f"Samples of {about['name']}, one row a component of its prior."
        self.album.add("preset_samples", text, plots.component_samples, vae, seed=self.seed)
        size = megabytes(about["total_size"])
        say(f"{about['name']}: {vae.count_params():,} parameters, {size}, {components} components.")
        self._left("preset_samples")
        self.figures["preset"] = {
            "name": about["name"],
            "parameters": vae.count_params(),
            "components": components,
        }

    def train(self) -> None:
        """Trains the model, and draws its curves."""
        self.vae, history = digits.train(self.data, self.seed, self.schedule)
        self.album.add(
            "training",
            "ELBO, rate and distortion over the epochs, in training and in validation.",
            plots.training_curves,
            history,
            marks={self.schedule.warmup_epochs: "mixture fitted"},
        )
        self._left("training")
        self.figures["training"] = {
            "images": len(self.data.x_train),
            "validation_images": len(self.data.x_validation),
            "test_images": len(self.data.x_test),
            "parameters": self.vae.count_params(),
            "schedule": vars(self.schedule),
            "history": history,
        }

    def score(self) -> None:
        """Scores the model beside k-means and PCA, and draws what it found."""
        x, y = self.data.x_test, self.data.y_test
        latent_size, components = self.vae.latents.event_shape[0], digits.COMPONENTS
        baselines = scoring.Baselines(self.data.x_train, latent_size, components)
        with warnings_in_a_line():
            scores = scoring.score(self.vae, baselines, self.data, self.settings.num_samples)
        heads = [f"on {len(x)} held-out digits", "VAE", "beside", ""]
        console.print(table(heads, [score.texts() for score in scores]))
        for score in scores:
            if score.note:
                say(f"{score.name}: {score.note}.")
        images = x[:SHOWN]
        rows = {
            "held-out digit": images,
            f"VAE\n{latent_size} latents": self.vae.reconstruct(images),
            f"PCA\n{latent_size} dimensions": baselines.reconstruct(images),
        }
        add = self.album.add
        add("samples", "Samples by component.", plots.component_samples, self.vae, seed=self.seed)
        add("reconstructions", "Held-out digits, reconstructed.", plots.image_rows, rows)
        add("components", "Latents, by component.", plots.latent_projection, self.vae, x)
        add("labels", "Latents, by label.", plots.latent_projection, self.vae, x, y)
        self._left("samples", "reconstructions", "components", "labels")
        self.figures["scores"] = [score._asdict() for score in scores]
        self.figures["latent_size"] = latent_size

    def keep(self) -> None:
        """Saves the model and compares what is loaded with it."""
        path = self.folder / "digits.keras"
        counts = artefacts.save_and_reload(self.vae, self.data.x_test, path)
        equal = ", ".join(f"{count} {what}" for what, count in counts.items())
        say(f"{path}, {megabytes(path.stat().st_size)}. Equal to the bit: {equal}.")
        self.figures["reloaded"] = counts

    def export(self) -> None:
        """Exports both artefacts."""
        self.artefacts = artefacts.export(self.vae, self.data.x_test, self.folder)
        for made in self.artefacts:
            say(f"{made.kind}: {made.path}, {megabytes(made.size)}")
        self.figures["artefacts"] = [
            {"kind": made.kind, "file": made.path.name, "size": made.size, "worst": made.worst}
            for made in self.artefacts
        ]

    def run_artefacts(self) -> None:
        """Runs both artefacts in processes of their own, and prints how far they are off."""
        x = self.data.x_test
        runs = artefacts.run_apart(self.vae, x, self.artefacts, self.folder, self.seed)
        for found in runs:
            say(f"{found.command}")
            say(f"  imported: {', '.join(found.packages)}")
        rows = [
            [name, *(f"{found.differences[name]:.1e}" for found in runs)]
            for name in runs[0].differences
        ]
        heads = ["max|a - b| / max|a| beside the model", *(found.kind for found in runs)]
        console.print(table(heads, rows))
        say(f"All below {artefacts.TOLERANCE:g}.")
        self.figures["runs"] = [found._asdict() for found in runs]
        self.figures["worst"] = max(max(found.differences.values()) for found in runs)
        self.figures["rows_compared"] = artefacts.ROWS
        self.figures["tolerance"] = artefacts.TOLERANCE

    def write(self) -> None:
        """Writes the report and its figures."""
        self.figures["seconds"] = {"Import": self.imported - self.start, **self.steps.seconds}
        self.figures["total_seconds"] = time.perf_counter() - self.start
        write_report(self.report, self.figures, self.album.pictures)
        say(f"{self.report}")
        say(f"{self.report.with_name('figures.json')}: the same figures, for programs.")

    def _left(self, *names: str) -> None:
        say(" ".join(str(self.album.pictures[name].path) for name in names))
