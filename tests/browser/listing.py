"""A service with a screening list on which an EHR has put patients, and a coordinator at its browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from app.people.configured import people_of
from app.settings import Settings
from tests.app.service import HOOK, request_of
from tests.browser.serving import serving

PATH = "/screening-list"
_PASSWORD = "a lamp beside the window"
_PATIENTS = ("lin-mei", "daniel-okafor", "sofia-reyes")


@contextmanager
def listing(folder: Path) -> Iterator[str]:
    """The address of the service, after three charts were opened, one of them again without some results."""
    with serving(store=True, data_dir=folder, screening_list=True) as address:
        for patient in _PATIENTS:
            assert httpx.post(f"{address}{HOOK}", json=request_of(patient)).status_code == 200
        again = request_of("lin-mei")
        observations = again["prefetch"]["observations"]
        kept = [one for one in observations["entry"] if "neutrophils" not in one["resource"]["id"]]
        observations["entry"], observations["total"] = kept, len(kept)
        assert httpx.post(f"{address}{HOOK}", json=again).status_code == 200
        people = people_of(Settings(store=True, data_dir=folder), lambda: datetime.now(UTC), hurried=False)
        try:
            people.set_up(people.reset(), "Ana Müller", _PASSWORD)
        finally:
            people.close()
        yield address


def enter(page: Page) -> None:
    """Sign in, and be led to the list."""
    page.goto(PATH)
    page.get_by_label(re.compile("Password|密码")).fill(_PASSWORD)
    page.get_by_role("button", name=re.compile("Sign in|登录")).click()
    expect(page.get_by_role("table")).to_be_visible()
