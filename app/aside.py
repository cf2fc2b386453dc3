"""Long work beside the event loop, so that others are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

MANY = 2_000
"""Resources, from which on the work is worth a thread: below, it is done in some fifty milliseconds, and
threads that take turns would make it last longer for all."""


BYTES_A_RESOURCE = 200
"""Words cost most: few reports of many pages weigh as many resources of a few lines."""


def weight(sizes: Iterable[int]) -> int:
    """What resources of these sizes in bytes weigh, in usual resources."""
    known = list(sizes)
    return max(len(known), sum(known) // BYTES_A_RESOURCE)


async def aside(resources: int, work: Callable[[], T], many: int = MANY) -> T:
    """What ``work`` returns or raises; done in a thread if it is about ``many`` resources or more."""
    return await asyncio.to_thread(work) if resources >= many else work()
