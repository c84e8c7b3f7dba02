"""Where the data that travels with the code is: `policies/`, `profiles/`, `schemas/` and `tables/`."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))
_INSTALLED = os.path.join(_HERE, "_bundled")

# A wheel holds the folders inside the package; a checkout (or an editable install) has them at the top.
INSTALLED = os.path.isdir(_INSTALLED)


def folder(name: str) -> str:
    """The absolute path of a data folder: `policies`, `profiles`, `schemas` or `tables`."""
    if INSTALLED:
        return os.path.join(_INSTALLED, name)
    return os.path.join(os.path.dirname(os.path.dirname(_HERE)), name)
