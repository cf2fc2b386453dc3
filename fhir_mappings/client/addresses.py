"""Addresses of servers, in one spelling each, so that comparing them means something.

A URL that a request or a server hands over is taken apart here, and put together again from its parts. What
two programs could read in two ways is refused and not guessed at: user names, backslashes, encoded dots and
slashes, dot segments, path parameters, trailing dots of host names, numbers that stand for IP addresses.
(RFC 3986; the forms are those by which URL parsers have been played off against each other.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin

import msgspec

_LONGEST = 4096
_ALL_ASCII = re.compile(r"[\x21-\x7e]+")
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9_~-]")
_PORTS = {"https": 443, "http": 80}

_PRIVATE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""RFC 1918, RFC 6598, RFC 4193."""
_METADATA = frozenset(
    ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Where clouds tell machines their credentials, as far as these addresses are not link-local."""


class AddressError(ValueError):
    """An address that is not used. The message says why, and repeats nothing of the address."""


class Address(msgspec.Struct, frozen=True):
    """An http(s) URL in its one spelling.

    Attributes:
        scheme: ``https`` or ``http``.
        host: in lower case; an IP address as ``ipaddress`` writes it, without brackets.
        port: always told.
        segments: of the path.
        query: as it was written; ``None`` if there is none.
    """

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...] = ()
    query: str | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The address as text."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        path = "".join(f"/{segment}" for segment in self.segments)
        return f"{self.scheme}://{host}{port}{path}" + (f"?{self.query}" if self.query is not None else "")

    def within(self, base: Address) -> bool:
        """Whether this is ``base`` itself or lies below it, by whole segments of the path."""
        return self.origin == base.origin and self.segments[: len(base.segments)] == base.segments

    def below(self, relative: str) -> Address:
        """The address of a read or search (``Patient/1``, ``Condition?patient=1``) on this server.

        Raises:
            AddressError: it does not lie below this one.
        """
        found = address(f"{self.url}/{relative}")
        if not found.within(self):
            raise AddressError("the path leaves the server's base")
        return found

    def followed(self, link: str) -> Address:
        """Where a link that was found at this address leads.

        Raises:
            AddressError: nowhere that could be told without doubt.
        """
        _must_be_plain(link)
        return address(urljoin(self.url, link))


def address(text: str) -> Address:
    """An absolute URL.

    Raises:
        AddressError: it is none, or can be read in more ways than one.
    """
    _must_be_plain(text)
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise AddressError("it is no absolute URL without fragment; write it as https://host/path")
    scheme = parts["scheme"].lower()
    if scheme not in _PORTS:
        raise AddressError("its scheme is neither https nor http")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise AddressError("it has a user name, no host, or characters that a host cannot have")
    port = int(authority["port"]) if authority["port"] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise AddressError("its port is none")
    return Address(scheme, _host(authority["host"]), port, _segments(parts["path"]), parts["query"])


def base_address(text: str) -> Address:
    """The base URL of a server; a slash at its end says nothing.

    Raises:
        AddressError: it is no URL that could be one.
    """
    found = address(text)
    if found.query is not None:
        raise AddressError("a base URL has no query")
    return found


def listed(text: str, bases: Iterable[Address]) -> Address | None:
    """The base URL of a server, if it is one of ``bases`` or lies below one; else ``None``."""
    try:
        found = base_address(text)
    except AddressError:
        return None
    return found if any(found.within(base) for base in bases) else None


def _must_be_plain(text: str) -> None:
    if len(text) > _LONGEST:
        raise AddressError("it is too long")
    if not _ALL_ASCII.fullmatch(text) or "\\" in text:
        raise AddressError("it is empty, or has blanks, backslashes or characters beyond ASCII")


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except AddressValueError:
            raise AddressError("its host is no IPv6 address") from None
    labels = text.lower().split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # Whatever ends in a number is an IP address to some; only one way of writing those is clear to all.
        try:
            return str(IPv4Address(text))
        except AddressValueError:
            raise AddressError("its host is a number, but no IPv4 address of four decimal parts") from None
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("its host is no name (a dot at the end is none either)")
    return ".".join(labels)


def _segments(path: str) -> tuple[str, ...]:
    inner = path.removeprefix("/").removesuffix("/")
    return tuple(_segment(part) for part in inner.split("/")) if inner else ()


def _segment(text: str) -> str:
    if text in (".", "..") or not _SEGMENT.fullmatch(text):
        raise AddressError("its path has dot segments, empty ones, parameters, or characters to be encoded")
    return _ENCODED.sub(_reencoded, text)


def _reencoded(found: re.Match[str]) -> str:
    sign = chr(int(found[1], 16))
    if sign in "./\\%;" or sign < "\x21" or sign == "\x7f":
        raise AddressError("its path has encoded dots, slashes, percent signs or control characters")
    return sign if _UNRESERVED.fullmatch(sign) else found[0].upper()


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet, also where it is wrapped in an IPv6 one."""
    found = _unwrapped(text)
    return found.is_global and not (found.is_multicast or found.is_reserved or found in _METADATA)


def is_private(text: str) -> bool:
    """Whether an IP address is this machine's or of a private network.

    Link-local ones are neither, nor are those at which clouds hand out the credentials of machines: no FHIR
    server lives there.
    """
    found = _unwrapped(text)
    if found in _METADATA:
        return False
    return found.is_loopback or any(found in network for network in _PRIVATE)


def _unwrapped(text: str) -> IPv4Address | IPv6Address:
    found = ip_address(text.partition("%")[0])
    if isinstance(found, IPv6Address):
        teredo = found.teredo
        return found.ipv4_mapped or found.sixtofour or (teredo[1] if teredo is not None else found)
    return found
