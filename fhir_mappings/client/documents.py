"""One document from an address that the operator named, such as a set of public keys, or a token."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal, NamedTuple

import httpx

from fhir_mappings.client.addresses import AddressError, address
from fhir_mappings.client.bodies import ACCEPTED_ENCODING, Allowance, AnswerError, read_body
from fhir_mappings.client.network import Network

_HEADERS = {"accept": "application/json", "accept-encoding": ACCEPTED_ENCODING, "user-agent": "trialcards"}


_FHIR_HEADERS = {**_HEADERS, "accept": "application/fhir+json", "content-type": "application/fhir+json"}


class DocumentError(Exception):
    """It did not come. The message says why in a word."""


async def document(
    network: Network, url: str, *, seconds: float, most_bytes: int, private_allowed: bool = True
) -> bytes:
    """The document at ``url``, which may be in a private network unless that is not allowed.

    Redirects are not followed: the operator vouched for an address, not for where it may point to one day.

    Raises:
        DocumentError: it did not come, in time and whole, or is longer than ``most_bytes``.
    """
    answer = await _answer(
        network, "GET", url, seconds=seconds, most_bytes=most_bytes, private_allowed=private_allowed
    )
    if answer.status != httpx.codes.OK:
        raise DocumentError(f"status-{answer.status}")
    return answer.body


class Posted(NamedTuple):
    """What came of what was sent, whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes


async def posted(
    network: Network,
    url: str,
    form: Mapping[str, str],
    *,
    seconds: float,
    most_bytes: int,
    private_allowed: bool = True,
    auth: httpx.Auth | None = None,
) -> Posted:
    """The answer to a form, under the rules of :func:`document`. ``auth``: what is shown besides.

    Raises:
        DocumentError: there is none, in time and whole, or it is longer than ``most_bytes``.
    """
    return await _answer(
        network,
        "POST",
        url,
        form,
        seconds=seconds,
        most_bytes=most_bytes,
        private_allowed=private_allowed,
        auth=auth,
    )


async def sent(
    network: Network,
    method: Literal["POST", "PUT", "DELETE"],
    url: str,
    resource: bytes | None,
    *,
    seconds: float,
    most_bytes: int,
    private_allowed: bool,
    auth: httpx.Auth | None = None,
) -> Posted:
    """The answer of a FHIR server to a resource as JSON, or to none, under the rules of :func:`document`.

    Raises:
        DocumentError: there is none, in time and whole, or it is longer than ``most_bytes``.
        TokenError: ``auth`` gets no token.
    """
    return await _answer(
        network,
        method,
        url,
        content=resource,
        seconds=seconds,
        most_bytes=most_bytes,
        private_allowed=private_allowed,
        auth=auth,
    )


async def _answer(
    network: Network,
    method: str,
    url: str,
    form: Mapping[str, str] | None = None,
    *,
    content: bytes | None = None,
    seconds: float,
    most_bytes: int,
    private_allowed: bool,
    auth: httpx.Auth | None = None,
) -> Posted:
    try:
        where = address(url)
        if where.scheme != "https" and not private_allowed:
            raise AddressError("it is without TLS")
        client = network.client(where, private_allowed=private_allowed)
        async with (
            asyncio.timeout(seconds),
            client.stream(
                method,
                url,
                headers=_HEADERS if form is not None or method == "GET" else _FHIR_HEADERS,
                data=form,
                content=content,
                auth=auth,
            ) as response,
        ):
            body = b""
            if method != "GET" or response.status_code == httpx.codes.OK:
                body = await read_body(response, most_bytes, Allowance(most_bytes))
            return Posted(response.status_code, response.headers, body)
    except AnswerError as error:
        raise DocumentError(error.why) from None
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        httpx.StreamError,
        AddressError,
        TimeoutError,
        OSError,
    ) as error:
        raise DocumentError(type(error).__name__) from None
