"""The presets that come from the table of evidence: rows of its short protocol, 500 samples."""

from dataclasses import replace

from tfvae.zoo.recipes import density

SUMMARIES = {
    "vae_mnist": "The plain variational autoencoder of handwritten digits: the baseline.",
    "vae_fashion_mnist": "The plain variational autoencoder of clothes: the baseline.",
    "vampvae_mnist": "A model of handwritten digits whose prior is made of pseudo-inputs.",
    "hvae_mnist": "Two levels of latents for handwritten digits, pseudo-inputs on top.",
    "hvae_fashion_mnist": "Two levels of latents for clothes, pseudo-inputs on top.",
}

_ROWS = {recipe.name: recipe for recipe in density.RECIPES}

RECIPES = tuple(
    replace(_ROWS[f"{name}_short"], name=name, summary=summary, num_samples=500)
    for name, summary in SUMMARIES.items()
)
