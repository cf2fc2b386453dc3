"""Settings of the service, read once from the environment and never changed afterwards.

Each is an environment variable with the prefix ``TRIALCARDS_``; lists are comma-separated::

    TRIALCARDS_TIMEZONE=Asia/Shanghai TRIALCARDS_NOT_OFFERED=MedicationStatement,Device trialcards serve
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.language import Language
from app.prefetch_table import RESOURCE_TYPES
from app.store.pseudonyms import LEAST_KEY_LENGTH

INDISPENSABLE = frozenset({"Patient", "Condition", "Observation"})
"""Without these there is nothing to screen, whatever a server offers."""

MEDICATION_TYPES = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"}
)
"""Servers differ in which of these they offer, but one of them tells what the patient takes."""

_ORIGIN = re.compile(r"https?://[^/\s@?#]+")
_ON_THIS_MACHINE = re.compile(r"http://(localhost|127\.[\d.]+|\[::1\])(?::\d+)?(?:/|$)")
_BASE = re.compile(r"https?://[^/\s@?#]+(/[^\s@?#]*)?")
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]{16,512}=*")

Names = Annotated[tuple[str, ...], NoDecode]
"""Comma-separated in the environment."""


def leaves_enough(not_offered: tuple[str, ...]) -> tuple[str, ...]:
    """The resource types that a server does not have, once they are known to leave something to screen.

    Raises:
        ValueError: they do not, or they are not asked for in the first place.
    """
    named = frozenset(not_offered)
    unknown = named - frozenset(RESOURCE_TYPES.values())
    if unknown:
        raise ValueError(f"not asked for in the first place: {', '.join(sorted(unknown))}")
    if named & INDISPENSABLE:
        raise ValueError(f"cannot be done without: {', '.join(sorted(named & INDISPENSABLE))}")
    # With no medication history at all, "no such drug" would be concluded from nothing.
    if named >= MEDICATION_TYPES:
        raise ValueError("one of the medication types must be offered")
    return not_offered


class Settings(BaseSettings):
    """All settings. ``docs/settings.md`` is the table of them."""

    model_config = SettingsConfigDict(env_prefix="TRIALCARDS_", frozen=True, extra="ignore")

    timezone: str = "UTC"
    """IANA time zone in which "today" is told, e.g. ``Asia/Shanghai``."""

    language: Language = "en"
    """Language of cards and reasons for callers that ask for none of ours: ``en`` or ``zh-CN``."""

    not_offered: Names = ()
    """Resource types that the client's FHIR server does not have at all. Their absence then does not count
    as missing data; what rests on them alone is *presumed*, for a person to confirm."""

    show_ineligible: bool = False
    """Also show a card for a trial that the patient cannot join."""

    max_body_bytes: int = Field(default=20_000_000, gt=0)
    """Largest request body; anything above is refused with 413."""

    max_nesting: int = Field(default=128, gt=0, le=500)
    """Deepest nesting of JSON; anything below is refused with 400 before it is parsed."""

    head_seconds: float = Field(default=10, gt=0)
    """Time for a request's address and headers to arrive; a slower one is refused with 408."""

    upload_seconds: float = Field(default=20, gt=0)
    """Time for a request's body to arrive; a slower one is refused with 408."""

    request_seconds: float = Field(default=30, gt=0)
    """Time for a request to be answered; after it the answer is 503."""

    write_seconds: float = Field(default=30, gt=0)
    """Time in which a caller must take something of an answer; after it the connection is cut off."""

    most_connections: int = Field(default=500, gt=0)
    """Connections of one worker at a time; a request on one more is refused with 503."""

    hsts_seconds: int = Field(default=0, ge=0)
    """``max-age`` of Strict-Transport-Security; 0: the header is not sent."""

    allowed_origins: Names = ()
    """Origins of browser-based clients that may call the hooks (CORS)."""

    clients: Path | None = None
    """File of the clients that may call (YAML; ``docs/clients.md``)."""

    open: bool = False
    """Also answer calls that no client vouches for. For demonstrations, or behind a gate of your own."""

    base_url: str | None = None
    """Where clients reach the service, e.g. ``https://cds.example.org``; tokens must be meant for it."""

    redis_url: SecretStr | None = None
    """Redis that remembers tokens that were used, for several workers (``redis://``, ``rediss://``)."""

    demo: bool = True
    """In open mode, serve the playground and its invented patients, and answer rehearsals."""

    cds_hooks_3: bool = False
    """Announce in discovery what CDS Hooks 3.0 adds: versions of the specification and of the hook."""

    fetch_deadline_seconds: float = Field(default=4.0, gt=0, le=60)
    """Time for asking the FHIR server and reading what came; what has not come in time is not retrieved."""

    fetch_max_pages: int = Field(default=20, gt=0)
    """Pages of one search that are read."""

    fetch_max_resources: int = Field(default=5_000, gt=0)
    """Resources of one search that are kept."""

    fetch_max_answer_bytes: int = Field(default=10_000_000, gt=0)
    """Largest answer of the FHIR server, unpacked."""

    fetch_max_bytes: int = Field(default=20_000_000, gt=0)
    """What is read from the FHIR server for one call, unpacked."""

    fetch_concurrency: int = Field(default=8, gt=0, le=100)
    """Requests to the FHIR server that one call has under way at a time."""

    fetch_server_concurrency: int = Field(default=60, gt=0, le=1000)
    """Requests to one listed FHIR server that all calls together have under way at a time, in each worker."""

    fetch_capability_seconds: float = Field(default=3600.0, ge=0)
    """How long a FHIR server's CapabilityStatement is believed."""

    fetch_ca_file: FilePath | None = None
    """Certificate authorities (PEM) that vouch for FHIR servers and key sets, in place of the usual ones."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is logged."""

    tune_garbage_collection: bool = True
    """Keep what was loaded at the start out of garbage collection; halves the cost of large bodies."""

    store: bool = True
    """Keep which cards were shown and what became of them; without, no trial ever stays silent."""

    data_dir: Path | None = None
    """Folder of the SQLite database and the pseudonym key; the user's data folder by default."""

    database_url: SecretStr | None = None
    """``postgresql://…`` or ``sqlite:///…``; by default an SQLite database in the data folder."""

    pseudonym_key: SecretStr | None = Field(default=None, validate_default=True)
    """Secret of the pseudonyms of patients, 32 characters or more; by default one is made in the data folder.
    With PostgreSQL it must be given, since all servers have to share it."""

    audit_users: Literal["named", "pseudonymous"] = "named"
    """Whether the audit trail names the practitioners who opened charts, by their FHIR reference."""

    pages_url: str | None = Field(default=None, validate_default=True)
    """Where browsers reach the pages, e.g. ``https://cds.example.org``; by default ``base_url``. Where none
    is set, cards do not link to their evidence."""

    evidence_minutes: int = Field(default=60, ge=1, le=1440)
    """How long a card's link to its evidence is good, and the chart behind it kept, encrypted."""

    oidc_issuer: str | None = None
    """OpenID provider by which people sign in, as its documents name it; by default there is the local
    account."""

    oidc_client_id: str | None = None
    """This service at that provider."""

    oidc_client_secret: SecretStr | None = None
    """Its secret there; none for a public client."""

    oidc_scope: Names = ()
    """What is asked of the provider; by default ``openid`` and ``profile``."""

    oidc_roles_claim: str = "roles"
    """Where the ID token has roles, e.g. ``realm_access.roles``."""

    oidc_roles: Names = Field(default=(), validate_default=True)
    """Which of the provider's names is which role, e.g. ``sle-nurses=coordinator``; by default our names."""

    session_idle_minutes: int = Field(default=30, ge=1, le=1440)
    """After so long without a request a session ends, and the person signs in again."""

    session_hours: int = Field(default=12, ge=1, le=168)
    """After so long a session ends in any case."""

    screening_list: bool = False
    """Put patients whose charts are opened on the coordinators' screening list, with name and record number,
    encrypted. Needs the store."""

    subscriptions: Path | None = None
    """File of the FHIR servers that tell what is new (YAML; ``docs/subscriptions.md``). Needs the store."""

    subscription_settle_seconds: float = Field(default=5.0, ge=0, le=3600)
    """How long a patient of whom something is new waits to be screened again, for what else may come."""

    subscription_fetch_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Time for fetching one chart when a patient is screened again."""

    subscription_most_waiting: int = Field(default=1000, gt=0)
    """Patients of one subscription that wait to be screened again, in each worker; more are put off (503)."""

    answers: Literal["off", "link", "signed-in"] | None = None
    """Who may answer a protocol's questions on the evidence page: nobody, whoever has the card's link, or
    investigators who are signed in. By default ``link`` where the service is open, else ``signed-in``."""

    launch_seconds: float = Field(default=15.0, gt=0, le=60)
    """Time for fetching the chart of a patient for whom the pages are launched from within an EHR."""

    declined_days: int = Field(default=90, ge=0, le=3650)
    """How long a trial that was declined for a patient stays silent, unless its verdict changes; 0: never."""

    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    """How long what the store keeps is kept; by default until the operator deletes it."""

    metrics: bool = True
    """Serve ``/metrics`` for Prometheus."""

    metrics_token: SecretStr | None = None
    """What ``/metrics`` asks for as a bearer token; by default it asks for none."""

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr | None) -> SecretStr | None:
        address = value.get_secret_value() if value is not None else "sqlite://"
        if not re.match(r"(postgres(ql)?(\+psycopg)?|sqlite)://", address):
            raise ValueError(
                "write it as postgresql://user:password@host/database or sqlite:////path/file.db"
            )
        if value is not None and re.fullmatch(r"sqlite:/*(:memory:)?(\?.*)?", address):
            raise ValueError("name a file, as in sqlite:////path/file.db: each connection has its own memory")
        return value

    @field_validator("pseudonym_key")
    @classmethod
    def _long_enough_and_shared(cls, value: SecretStr | None, settings: ValidationInfo) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < LEAST_KEY_LENGTH:
            raise ValueError(f"{LEAST_KEY_LENGTH} characters or more, as openssl rand -hex 32 makes them")
        database = settings.data.get("database_url")
        shared = database is not None and database.get_secret_value().startswith("postgres")
        if value is None and shared and settings.data.get("store"):
            raise ValueError(
                "must be set where TRIALCARDS_DATABASE_URL names PostgreSQL; openssl rand -hex 32 makes one"
            )
        return value

    @field_validator("not_offered", "allowed_origins", "oidc_scope", "oidc_roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"'{origin}' is no origin; write it as https://host or https://host:port")
        return value

    @field_validator("base_url", "pages_url")
    @classmethod
    def _is_a_base(cls, value: str | None) -> str | None:
        if value is not None and not _BASE.fullmatch(value):
            raise ValueError(f"'{value}' is no base URL; write it as https://host/path, without query")
        # CDS Hooks 2.0: TLS on all endpoints. A token that is sent without it is anybody's.
        if value is not None and not value.startswith("https://") and not _ON_THIS_MACHINE.match(value):
            raise ValueError(f"'{value}' must be https: tokens and charts are sent to it")
        return value and value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, value: str | None) -> str | None:
        if value is not None and not _BASE.fullmatch(value):
            raise ValueError(f"'{value}' is no issuer; write it as the provider does, https://host/path")
        if value is not None and not value.startswith("https://") and not _ON_THIS_MACHINE.match(value):
            raise ValueError(f"'{value}' must be https: whoever answers there says who people are")
        return value

    @field_validator("oidc_roles")
    @classmethod
    def _are_roles(cls, value: tuple[str, ...], settings: ValidationInfo) -> tuple[str, ...]:
        for pair in value:
            if not re.fullmatch(r".+=(coordinator|investigator|administrator)", pair):
                raise ValueError(
                    f"'{pair}' names no role; write it as NAME=coordinator, =investigator or =administrator"
                )
        known = settings.data
        if known.get("oidc_issuer") is not None:
            if known.get("oidc_client_id") is None:
                raise ValueError("TRIALCARDS_OIDC_CLIENT_ID must be set where TRIALCARDS_OIDC_ISSUER is")
            if known.get("pages_url") is None and known.get("base_url") is None:
                raise ValueError(
                    "TRIALCARDS_PAGES_URL must be set where TRIALCARDS_OIDC_ISSUER is: the provider sends "
                    "browsers back to it"
                )
        return value

    @field_validator("metrics_token")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        # RFC 6750: what a header can hold as a bearer token. An empty one would lock, or open, by mistake.
        if value is not None and not _BEARER.fullmatch(value.get_secret_value()):
            raise ValueError(
                "16 to 512 letters, digits and signs of -._~+/, as openssl rand -hex 32 makes them"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("redis://", "rediss://", "unix://")
        ):
            raise ValueError("it must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"'{value}' is no IANA time zone; write it as Europe/Berlin") from None
        return value

    @field_validator("not_offered")
    @classmethod
    def _leaves_enough(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return leaves_enough(value)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which "today" is told."""
        return ZoneInfo(self.timezone)
