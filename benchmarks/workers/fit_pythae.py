"""pythae 0.1.2 as its users train it: a NumPy array into `TrainingPipeline`, epoch by epoch.

The defaults stand where the comparison does not ask for something else: the data loader in the
main process, the copy of the best model that the trainer keeps after each epoch, its log lines.
Nothing is saved between epochs; the progress bar is off (TQDM_DISABLE). pythae's `bce` takes
probabilities, hence the sigmoid; with its default seed, each fit draws the same noise.
"""

import argparse
import sys
import tempfile
from importlib.metadata import version
from typing import Any

import torch
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.pipelines import TrainingPipeline
from pythae.trainers import BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback
from torch import nn

from benchmarks.data import synthetic_images
from benchmarks.network import BATCH_SIZE, HIDDEN_SIZES, INPUT_SIZE, LATENT_SIZE, LEARNING_RATE
from benchmarks.turnstile import Turnstile


def hidden_layers(sizes: list[int]) -> nn.Sequential:
    """Dense layers of these sizes, each followed by a ReLU."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers)


class Encoder(BaseEncoder):
    """784-512-512 with two heads of the latent size."""

    def __init__(self) -> None:
        BaseEncoder.__init__(self)
        self.hidden = hidden_layers([INPUT_SIZE, *HIDDEN_SIZES])
        self.loc = nn.Linear(HIDDEN_SIZES[-1], LATENT_SIZE)
        self.log_covariance = nn.Linear(HIDDEN_SIZES[-1], LATENT_SIZE)

    def forward(self, x: torch.Tensor) -> ModelOutput:
        """The posterior's parameters, each [B, 32]."""
        features = self.hidden(x)
        return ModelOutput(
            embedding=self.loc(features), log_covariance=self.log_covariance(features)
        )


class Decoder(BaseDecoder):
    """32-512-512-784 with a sigmoid."""

    def __init__(self) -> None:
        BaseDecoder.__init__(self)
        self.hidden = hidden_layers([LATENT_SIZE, *reversed(HIDDEN_SIZES)])
        self.mean = nn.Linear(HIDDEN_SIZES[0], INPUT_SIZE)

    def forward(self, z: torch.Tensor) -> ModelOutput:
        """Probabilities of the pixels, [B, 784]."""
        return ModelOutput(reconstruction=torch.sigmoid(self.mean(self.hidden(z))))


class EndOfEpoch(TrainingCallback):
    """Pass the turnstile in the last event of each epoch."""

    def __init__(self, turnstile: Turnstile) -> None:
        self.turnstile = turnstile

    def on_log(self, training_config: BaseTrainerConfig, logs: Any, **kwargs: Any) -> None:
        """Report the epoch and its mean loss, in nats an example."""
        self.turnstile.turn(loss=float(logs["train_epoch_loss"]))


def main() -> None:
    """Train for as many epochs as the parent asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    images = synthetic_images(options.images, options.seed)
    turnstile = Turnstile()
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=options.epochs,
            per_device_train_batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            no_cuda=True,
        )
        settings = VAEConfig(
            input_dim=(INPUT_SIZE,), latent_dim=LATENT_SIZE, reconstruction_loss="bce"
        )
        model = VAE(settings, encoder=Encoder(), decoder=Decoder())
        turnstile.enter(
            versions={
                "python": sys.version.split()[0],
                "pythae": version("pythae"),
                "torch": torch.__version__,
                "numpy": version("numpy"),
            },
            threads=torch.get_num_threads(),
            parameters=sum(weight.numel() for weight in model.parameters()),
        )
        TrainingPipeline(model=model, training_config=config)(
            train_data=images, callbacks=[EndOfEpoch(turnstile)]
        )


if __name__ == "__main__":
    main()
