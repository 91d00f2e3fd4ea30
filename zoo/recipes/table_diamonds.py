"""Diamonds: numbers with heavy tails and grades in an order, rows of which may have holes.

Chosen by `python -m benchmarks.choices diamonds_size`: sizes, batch and epochs.
"""

import tfvae
from tfvae import decoders, encoders, families, models, priors
from tfvae.objectives import ELBO, Warmup
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.sources.tables import SCHEMAS
from tfvae.zoo.table_schema import Grade
from tfvae.zoo.tasks import TableTask

DATA = "diamonds"
LATENT_SIZE, COMPONENTS = 12, 50
UNITS = 256


def table_of_grades(
    warmup_steps: int,
    units: int = UNITS,
    latent_size: int = LATENT_SIZE,
    components: int = COMPONENTS,
) -> tfvae.VAE:
    """Returns the model of numbers first and then grades, as the schema has them."""
    grades = [column for column in SCHEMAS[DATA].columns if isinstance(column, Grade)]
    numbers = len(SCHEMAS[DATA].columns) - len(grades)
    prior = priors.MixtureOfGaussians(components, covariance="full", spread=0.0, restarts=1)
    return models.TableVAE(
        encoders.MLP((units, units), activation="gelu"),
        decoders.MLP((units, units), activation="gelu"),
        families.DiagonalNormal(latent_size),
        [
            families.StudentT((numbers,), "per_pixel"),
            *(families.Ordinal((1,), len(grade.levels)) for grade in grades),
        ],
        prior,
        objective=ELBO(Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="table_diamonds",
    data=DATA,
    build=table_of_grades,
    summary=(
        "A variational autoencoder of a table of diamonds, their sizes, prices and grades, which "
        "fills in what is missing."
    ),
    prior=f"{COMPONENTS} Gaussians, full covariance",
    warmup_epochs=3,
    epochs=100,
    batch_size=256,
    learning_rate=3e-3,
    binarization="none",
    num_samples=100,
    seeds=(0, 1, 2),
    task=TableTask(),
)
