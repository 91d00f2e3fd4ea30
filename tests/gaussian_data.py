"""Draws that are the same on every processor: no sign of a singular vector is left to LAPACK."""

from scipy import linalg


def orthonormal(matrix):
    """An orthonormal basis of the columns of `[P, D]`, made from the first to the last of them."""
    return linalg.solve_triangular(linalg.cholesky(matrix.T @ matrix).T, matrix.T, lower=True).T


def draws(gaussian, count, generator):
    """Draws of a multivariate normal of scipy, `[count, P]`."""
    factor = linalg.cholesky(gaussian.cov_object.covariance, lower=True)
    return gaussian.mean + generator.normal(size=(count, len(gaussian.mean))) @ factor.T
