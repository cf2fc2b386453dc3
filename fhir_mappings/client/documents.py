"""One document from an address that the operator named, such as a set of public keys."""

from __future__ import annotations

import asyncio

import httpx

from fhir_mappings.client.addresses import AddressError, address
from fhir_mappings.client.bodies import ACCEPTED_ENCODING, Allowance, AnswerError, read_body
from fhir_mappings.client.network import Network

_HEADERS = {"accept": "application/json", "accept-encoding": ACCEPTED_ENCODING, "user-agent": "trialcards"}


class DocumentError(Exception):
    """It did not come. The message says why in a word."""


async def document(network: Network, url: str, *, seconds: float, most_bytes: int) -> bytes:
    """The document at ``url``, which may be in a private network.

    Redirects are not followed: the operator vouched for an address, not for where it may point to one day.

    Raises:
        DocumentError: it did not come, in time and whole, or is longer than ``most_bytes``.
    """
    try:
        client = network.client(address(url), private_allowed=True)
        async with (
            asyncio.timeout(seconds),
            client.stream("GET", url, headers=_HEADERS) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise DocumentError(f"status-{response.status_code}")
            return await read_body(response, most_bytes, Allowance(most_bytes))
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
