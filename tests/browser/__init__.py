"""The pages as a person meets them, in a real Chromium.

A package, so that the browser's fixtures end with its last test: while Playwright runs, its event loop is
that of the main thread, and asynchronous tests elsewhere need their own.
"""

import pytest

# What the helpers assert is told in as much detail as what a test asserts.
pytest.register_assert_rewrite("tests.browser")
