"""The thresholds that a preset brings, for a score of how unusual an example is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfvae_cli.model_given import ModelGivenError, is_keras_file


@dataclass(frozen=True)
class Calibration:
    """A score, and how high it is for usual examples.

    Args:
        method: the score, of `tfvae.evaluate.outlier_scores`.
        num_samples: importance samples that it was computed with.
        thresholds: what a share of usual examples lies above, by that share.
    """

    method: str
    num_samples: int
    thresholds: Mapping[float, float]

    def threshold(self, rate: float) -> float:
        """Returns what at most this share of usual examples lies above.

        Raises:
            ModelGivenError: if the preset has no threshold for it.
        """
        for known, threshold in self.thresholds.items():
            if abs(known - rate) < 1e-9:
                return threshold
        rates = ", ".join(f"{known:g}" for known in sorted(self.thresholds))
        raise ModelGivenError(
            f"The preset has thresholds for false-positive rates of {rates}, but --false-positive-"
            f"rate is {rate:g}. Take one of these, or give usual examples: --reference."
        )


def calibration(model: str) -> Calibration | None:
    """Returns what a preset knows of usual examples, or None.

    Args:
        model: what `load_model` takes.

    Raises:
        tfvae.zoo.PresetError: if there is no such preset, or it says something else.
    """
    if is_keras_file(model):
        return None
    from tfvae import zoo

    about: Any = zoo.info(model).get("outlier_score")
    if about is None:
        return None
    try:
        thresholds = {float(rate): float(value) for rate, value in about["thresholds"].items()}
        return Calibration(str(about["method"]), int(about["num_samples"]), thresholds)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise zoo.PresetError(
            f"What {model} says of its outlier score cannot be read ({error!r}): give usual "
            "examples (--reference) to a copy without it."
        ) from error
