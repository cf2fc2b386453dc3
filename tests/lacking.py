"""What a machine lacks for some tests: told in one place, so that a run tells it in one line."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(why: str) -> NoReturn:
    """End the test that needs what is not there: skipped, or failed where ``CI=true`` and all must run.

    ``why`` names what is lacking and how it is installed.
    """
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)  # a developer can run the rest; where all must run, it has failed above
