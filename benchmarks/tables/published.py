"""What others have published of the same network and protocol, each figure with its source."""

from typing import NamedTuple

KINGMA = "Kingma, Rezende, Mohamed and Welling 2014, arXiv:1406.5298, table 1"
PYRO = "Pyro, the semi-supervised VAE among its examples, table of results"
EXEMPLAR = "Norouzi, Fleet and Norouzi 2020, arXiv:2004.04795, density estimation"

DEC = "Xie, Girshick and Farhadi 2016, arXiv:1511.06335, tables 2 and 3"
VADE = "Jiang et al. 2017, arXiv:1611.05148, table 2, the best of its runs"
RUISHU = "Shu 2016, ruishu.io/2016/12/25/gmvae"
N2D = "McConville et al. 2019, arXiv:1908.05968, the table of Fashion-MNIST"


class Published(NamedTuple):
    """A published figure: its mean over seeds, where it stands, and its spread."""

    mean: float
    source: str
    spread: float | None = None


# Negative log-likelihoods in nats, by data set and row. Nobody has published a mixture of Gaussians
# on this network.
EVIDENCE = {
    "mnist": {
        "vae": Published(84.45, EXEMPLAR, 0.12),
        "vampvae": Published(82.43, EXEMPLAR, 0.06),
        "hvae": Published(81.56, EXEMPLAR),
    },
    "fashion_mnist": {
        "vae": Published(228.70, EXEMPLAR, 0.15),
        "vampvae": Published(227.35, EXEMPLAR, 0.05),
        "hvae": Published(226.72, EXEMPLAR),
    },
}

# What this project set out to reach, before it had trained any of the rows.
TARGETS = {
    "mnist": {
        "vae": 84.6,
        "gmvae500": 83.3,
        "vampvae": 82.6,
        "flowvae": 82.8,
        "hvae": 81.7,
        "hvae_mixture": 81.7,
    },
    "fashion_mnist": {
        "vae": 228.9,
        "gmvae500": 227.9,
        "vampvae": 227.5,
    },
}

# Test errors in percent on MNIST, by number of labels and row.
FEW_LABELS = {
    100: {
        "m2": Published(11.97, KINGMA, 1.71),
        "m1m2": Published(3.33, KINGMA, 0.14),
        "pyro": Published(6.81, PYRO),
    },
    1000: {
        "m2": Published(3.60, KINGMA),
        "m1m2": Published(2.40, KINGMA),
        "pyro": Published(5.13, PYRO),
    },
}

# A target and a stretch, in percent, set before any of these were trained.
LABEL_TARGETS = {100: (5.0, 3.3), 1000: (3.5, 2.4)}

# Clustering accuracy in percent, by data set and what was done. Networks and epochs differ.
CLUSTERS = {
    "mnist": {
        "k-means on pixels": Published(53.49, DEC),
        "autoencoder, then k-means": Published(81.84, DEC),
        "GMVAE, classes enumerated": Published(82.8, RUISHU, 7.0),
        "VaDE": Published(94.46, VADE),
    },
    "fashion_mnist": {
        "k-means on pixels": Published(47.4, N2D),
        "VaDE": Published(57.8, N2D),
    },
}
