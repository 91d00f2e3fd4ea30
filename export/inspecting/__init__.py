"""What a file or a folder holds, read without running any of it."""

from .reading import inspect as inspect
