"""One table of variants: a name, and a function that makes a small model and data for it.

A new part is entered in one of these files, in a model of its own or in place of another's part,
and every behaviour is tested with it. `test_table.py` says what is missing.
"""

from tests.conformance.variants import bounds, composed, kin
from tests.conformance.variants.base import Refusals, Rows

NAMED: Rows = {**bounds.NAMED, **kin.NAMED}
from tests.conformance.variants import bounds, composed, likelihoods
from tests.conformance.variants.base import Refusals, Rows

NAMED: Rows = {**bounds.NAMED, **likelihoods.NAMED}

VARIANTS: Rows = {**composed.COMPOSED, **NAMED}

NOT_EXPORTED: Refusals = {}
