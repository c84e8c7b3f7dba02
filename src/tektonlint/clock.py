"""Which day it is: the one place where a run asks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tektonlint.errors import UserError

if TYPE_CHECKING:
    import datetime

VARIABLE = "SOURCE_DATE_EPOCH"


class WrongClock(UserError):
    """The environment gives a time that is none."""


def today() -> datetime.date:
    """The day in UTC, so that a run means the same everywhere.

    `SOURCE_DATE_EPOCH`, seconds since 1970, stands for now where it is set
    (https://reproducible-builds.org/specs/source-date-epoch/). Raises `WrongClock` where it is no such number.
    """
    import datetime

    said = os.environ.get(VARIABLE)
    try:
        if said is None:
            return datetime.datetime.now(datetime.timezone.utc).date()
        # int() would take `+1`, `1_0` and digits of other scripts too.
        if not (said.isascii() and said.isdigit()):
            raise ValueError
        return datetime.datetime.fromtimestamp(int(said), datetime.timezone.utc).date()
    except (ValueError, OverflowError, OSError):
        raise WrongClock(f"{VARIABLE} is `{said}`, but it has to be a number of seconds since 1970") from None
