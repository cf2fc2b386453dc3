"""Discovery: the services that a server offers."""

from __future__ import annotations

from typing import Any

import msgspec


class Service(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One service for one hook. The same ``id`` may stand for several hooks.

    Attributes:
        id: last segment of the service's URL.
        prefetch: templates by key.
        version, hook_version: of the specification and of the hook's definition; both belong to 3.0.
        extension: by reverse-DNS name.
    """

    id: str
    hook: str
    description: str
    title: str | None = None
    usage_requirements: str | None = None
    prefetch: dict[str, str] | None = None
    version: str | None = None
    hook_version: str | None = None
    extension: dict[str, Any] | None = None


class Discovery(msgspec.Struct, frozen=True):
    """Body of ``GET {base}/cds-services``; an empty list is said as such."""

    services: tuple[Service, ...]
