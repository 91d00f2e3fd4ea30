"""One table of variants: a name, and a function that makes a small model and data for it.

A new part is entered in one of these files, in a model of its own or in place of another's part,
and every behaviour is tested with it. `test_table.py` says what is missing. A file has `NAMED`,
rows of `tfvae.models`; `COMPOSED`, other rows; and `NOT_EXPORTED`, each if there are any.
"""

import importlib
import pkgutil

from tests.conformance.variants.base import Refusals, Rows

NAMED: Rows = {}
COMPOSED: Rows = {}
NOT_EXPORTED: Refusals = {}

for module in pkgutil.iter_modules(__path__):
    rows = vars(importlib.import_module(f"{__name__}.{module.name}"))
    NAMED |= rows.get("NAMED", {})
    COMPOSED |= rows.get("COMPOSED", {})
    NOT_EXPORTED |= rows.get("NOT_EXPORTED", {})

VARIANTS: Rows = {**COMPOSED, **NAMED}
