"""Score a trained recipe on the test images: `python -m benchmarks.tables.score RECIPE --seed N`.

What `tfvae train` left in the folder of runs is scored, and the result written to
`benchmarks/results/models/RECIPE/seed-N.json`; `python -m benchmarks.tables.page` makes a page of
all such files. The test images are looked at here alone: they choose nothing.
"""

from benchmarks.outcome import RESULTS
from benchmarks.tables.trained import score_one

FOLDER = RESULTS / "models"

if __name__ == "__main__":
    score_one(
        "score",
        __doc__,
        FOLDER,
        lambda recipe, vae, seed, dataset: recipe.task.scores(recipe, vae, dataset),
    )
