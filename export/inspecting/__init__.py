"""What a file or a folder holds, read without running any of it."""

from .contents import Contents as Contents
from .reading import inspect as inspect
