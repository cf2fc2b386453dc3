"""Limits on time: how long a body may take to arrive, and a request to be answered."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import RequestTimeoutError, SlowBodyError
from app.outcomes import outcome_response


class TimeLimit:
    """ASGI middleware: a body must have arrived after ``upload`` seconds (else 408), the answer have begun
    after ``whole`` (else 503), both counted from when the request came in.

    Work that does not wait for anything is not interrupted; the limits on size and depth bound it.
    """

    def __init__(self, app: ASGIApp, upload: float, whole: float) -> None:
        self.app = app
        self.upload = upload
        self.whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = asyncio.get_running_loop().time()
        arrived = answered = False

        async def timed() -> Message:
            nonlocal arrived
            if arrived:
                return await receive()
            try:
                async with asyncio.timeout_at(began + self.upload):
                    message = await receive()
            except TimeoutError:
                raise SlowBodyError(f"the body did not arrive within {self.upload:g} seconds") from None
            arrived = not message.get("more_body", False)
            return message

        async def noticed(message: Message) -> None:
            nonlocal answered
            answered = True
            deadline.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout_at(began + self.whole) as deadline:
                await self.app(scope, timed, noticed)
        except TimeoutError:
            if answered or not deadline.expired():
                raise
            error = RequestTimeoutError(f"no answer was found within {self.whole:g} seconds; try again")
            answer = outcome_response(
                scope, error.status, error.issue_code, error.message, headers=error.headers
            )
            await answer(scope, receive, send)
