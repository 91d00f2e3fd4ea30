"""Evidence: the bound, log p(x) by importance sampling and by annealing, and what lies between."""
