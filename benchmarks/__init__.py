"""What tfvae claims about speed, as programs that anyone can run.

`python -m benchmarks` runs them all, `python -m benchmarks NAME` one of them. This package
imports nothing but the standard library here, since workers in other environments import it.
"""
