"""Connections: kept alive between calls, and only to machines that may be called.

A name is resolved here, each address that it stands for is judged, and the connection is made to an address
that was judged. Nothing asks for the name again in between, so that a name that changes its mind (DNS
rebinding) gains nothing. TLS still checks the certificate against the name.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Literal
from weakref import WeakValueDictionary

import certifi
import httpcore
import httpx

from fhir_mappings.client.addresses import Address, is_private, is_public
from fhir_mappings.client.turns import Turns

Reach = Literal["public", "private", "any"]
_MOST_TRIED = 3
_MOST_OF_A_SERVER = 60
_KEPT = 1 / 3
"""The share of a server's turns that is kept for urgent requests."""
_MOST_IDLE = 60
_IDLE_SECONDS = 30.0


class AddressRefusedError(httpcore.ConnectError):
    """The name stands only for addresses that must not be called."""


class Network:
    """The HTTP connections of this process; close it when the process ends.

    Args:
        ca_file: certificates of the authorities to trust, as PEM; by default those of ``certifi``.
        connect_seconds: how long one attempt to connect may take.
        most_of_a_server: requests under way at a time to one server, a third of them urgent ones. There is
            no limit for all servers together, lest one that does not answer keeps others from being asked;
            how many there are is for the operator's lists to say.

    Raises:
        OSError: there is no such file.
        ssl.SSLError: it holds no certificates.
    """

    def __init__(
        self,
        ca_file: str | None = None,
        connect_seconds: float = 2.0,
        most_of_a_server: int = _MOST_OF_A_SERVER,
    ) -> None:
        # Reading the usual authorities takes a while, and is of use only once somebody is called.
        self._trusted = ssl.create_default_context(cafile=ca_file) if ca_file is not None else None
        self._connect_seconds = connect_seconds
        self._most_of_a_server = most_of_a_server
        self._clients: dict[Reach, httpx.AsyncClient] = {}
        # A share is kept by those who use it or wait for it.
        self._shares: WeakValueDictionary[Address, Turns] = WeakValueDictionary()
        self._loop: asyncio.AbstractEventLoop | None = None
        for name in ("httpx", "httpcore"):
            # They log URLs, which name the patient.
            logging.getLogger(name).setLevel(logging.WARNING)

    def client(self, address: Address, *, private_allowed: bool) -> httpx.AsyncClient:
        """Connections to where this address may be; without TLS only to private addresses."""
        reach: Reach = "public"
        if private_allowed:
            reach = "any" if address.scheme == "https" else "private"
        self._must_be_of_this_loop()
        found = self._clients.get(reach)
        if found is None:
            if self._trusted is None:
                self._trusted = ssl.create_default_context(cafile=certifi.where())
            found = self._clients[reach] = httpx.AsyncClient(
                transport=_GuardedTransport(reach, self._trusted),
                # What one call is told, no other must show.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                timeout=httpx.Timeout(None, connect=self._connect_seconds),
                follow_redirects=False,
                trust_env=False,  # no proxy that would resolve names by itself, no passwords from ~/.netrc
            )
        return found

    def share(self, server: Address) -> Turns:
        """The turns of requests to this server."""
        self._must_be_of_this_loop()
        found = self._shares.get(server)
        if found is None:
            found = self._shares[server] = Turns(
                self._most_of_a_server, kept=int(self._most_of_a_server * _KEPT)
            )
        return found

    def _must_be_of_this_loop(self) -> None:
        """Forget what belongs to another loop than the running one, as connections do."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._clients, self._shares = loop, {}, WeakValueDictionary()

    async def aclose(self) -> None:
        """Close all connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()


class _GuardedTransport(httpx.AsyncHTTPTransport):
    def __init__(self, reach: Reach, trusted: ssl.SSLContext) -> None:
        super().__init__(verify=trusted, trust_env=False)
        # httpx has no parameter for this.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=None,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_GuardedBackend(reach),
        )


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await _resolved(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name could not be resolved") from None
        permitted = [text for text in addresses if self._permits(text)]
        if not permitted:
            raise AddressRefusedError("the address is not one that may be called")
        failure: Exception = httpcore.ConnectError("no address")
        for text in permitted[:_MOST_TRIED]:
            try:
                stream = await self._inner.connect_tcp(text, port, timeout, local_address, socket_options)
                return _ClosingStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefusedError("no sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def _permits(self, text: str) -> bool:
        if self._reach == "public":
            return is_public(text)
        return is_private(text) or (self._reach == "any" and is_public(text))


class _ClosingStream(httpcore.AsyncNetworkStream):
    """A connection that is closed also when a deadline ends it while TLS is being agreed on."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


async def _resolved(host: str, port: int) -> list[str]:
    """The IP addresses that a name stands for, each once."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
