"""One client: an EHR installation that calls the hooks.

What is true of a whole product ("Epic sends …") comes from a preset (``presets.yaml``); what is true of one
installation (its issuer, its keys, its servers) from the operator's file of clients (``docs/clients.md``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from app.clients.smart import SmartRegistration
from app.language import Language
from app.loopback import is_loopback
from app.prefetch_table import TEMPLATES
from app.settings import leaves_enough
from cds_hooks.keys import KeySetError, key_set
from fhir_mappings.client import AddressError, base_address

Preset = Literal["standard", "epic", "oracle-health", "sandbox"]
Algorithm = Literal["ES384", "RS384"]

CLIENT_ID = r"[a-z0-9][a-z0-9-]{0,63}"
"""What the id of a client looks like."""


def _address(value: str) -> str:
    """A base URL of a FHIR server, in its one spelling.

    Raises:
        ValueError: it is something else.
    """
    try:
        return base_address(value).url
    except AddressError as error:
        raise ValueError(f"'{value}': {error}") from None


def _protected(value: str) -> str:
    """An address whose answers are trusted: https, or this very machine.

    Raises:
        ValueError: it is something else.
    """
    parts = urlsplit(value)
    if parts.username or parts.password or parts.fragment:
        raise ValueError("write the URL without user and fragment")
    if parts.hostname and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    ):
        return value
    raise ValueError(
        f"'{value}' must be an https URL: whoever can change the answer could sign as the client"
    )


Address = Annotated[str, AfterValidator(_address)]
ProtectedAddress = Annotated[str, AfterValidator(_protected)]
Word = Annotated[str, Field(min_length=1, max_length=500)]


class ClientProfile(BaseModel):
    """A client. Whatever is left out is as in its preset, or as CDS Hooks 2.0 has it.

    The quirks say what a card may hold for this client; ``app.cards`` heeds them.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        coerce_numbers_to_str=True,  # YAML takes a trigger such as 60, and many a key id, for a number
    )

    id: Annotated[str, Field(pattern=f"^{CLIENT_ID}$")]
    """Name of the client in logs: small letters, digits and hyphens."""

    preset: Preset = "standard"
    """What product it is."""

    # Who it is (C89 to C94)

    issuer: Word | None = None
    """``iss`` of its tokens. Clients that share an issuer are told apart by ``tenants``."""

    subject: Word | None = None
    """``sub`` that its tokens must have (Epic: the client id of this service)."""

    tenants: tuple[Word, ...] = ()
    """``tenant`` that its tokens must have, one of these. None: it is not looked at."""

    audiences: tuple[Word, ...] = ()
    """``aud`` that its tokens must have, one of these. None: the URL that it called."""

    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("ES384", "RS384")
    """How its tokens may be signed."""

    jwks_url: ProtectedAddress | None = None
    """Where its public keys are published; a ``jku`` in a token must be this very URL."""

    jwks: Mapping[str, Any] | None = None
    """Its public keys, pinned. Then nothing is fetched, and ``jwks_url`` only says what a ``jku`` must be."""

    # What may be asked of it

    fhir_servers: tuple[Address, ...] = ()
    """Base URLs of the FHIR servers that may be called for it. None: no call is ever made."""

    allow_private_addresses: bool = False
    """Those servers may be on this machine or in a private network, and be called without TLS there."""

    open_fhir_servers: bool = False
    """Those servers may also be asked where a request brings no access token."""

    prefetch_keys: Mapping[str, Word] = {}
    """Our prefetch key → the name that it has with this client."""

    narrower_keys: tuple[str, ...] = ()
    """Our prefetch keys for which its templates are narrower than ours: what they bring is a part."""

    observations_by_category: bool = False
    """Its server demands a category in searches for Observations, and gives one to each of them. Templates
    for it name the categories, and what they find is all that there is."""

    not_offered: tuple[str, ...] | None = None
    """Resource types that its FHIR server does not have; by default those of ``TRIALCARDS_NOT_OFFERED``."""

    # What its users may see

    language: Language | None = None
    """Language of its cards and reports: ``en`` or ``zh-CN``. None: what each request asks for."""

    order_hooks: bool = True
    """It fires ``order-select`` and ``order-sign``."""

    suggestions: bool = True
    """Cards may hold suggestions."""

    selection_behavior: Literal["at-most-one", "any"] = "any"
    """``selectionBehavior`` of cards with suggestions."""

    one_action_per_suggestion: bool = False
    """A suggestion may hold but one action."""

    order_codes: Mapping[str, Word] = {}
    """LOINC code → what the client knows the test by, ``system|code``: it comes first in suggested orders."""

    override_reasons: bool = True
    """Cards may hold override reasons."""

    detail_content_type: Literal["markdown", "plain", "html"] = "markdown"
    """How the detail of cards is written."""

    detail_content_type_extension: Word | None = None
    """Name of the card's extension that says so, where it is not Markdown."""

    smart_app_url: ProtectedAddress | None = None
    """Launch URL of another SMART app to link to, if one is registered."""

    smart: SmartRegistration | None = None
    """How this service itself is registered as a SMART app: cards then lead to its evidence by a launch."""

    trigger_extension: Word | None = None
    """Name of the request's extension that tells what set ``patient-view`` off."""

    served_triggers: tuple[Word, ...] = ()
    """The triggers that get cards; any other gets none. None named: all."""

    @model_validator(mode="before")
    @classmethod
    def _take_preset(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {**_presets().get(str(given.get("preset", "standard")), {}), **given}

    @field_validator("jwks")
    @classmethod
    def _usable_keys(cls, value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        try:
            if value is not None:
                key_set(value, pinned=True)
        except KeySetError as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _protected_servers(self) -> ClientProfile:
        plain = [url for url in self.fhir_servers if url.startswith("http:")]
        if plain and not self.allow_private_addresses:
            raise ValueError(
                f"'{plain[0]}' would be called without TLS: write https, or set 'allow_private_addresses' if "
                "it is on this machine or in a private network"
            )
        return self

    @model_validator(mode="after")
    def _can_be_launched(self) -> ClientProfile:
        if self.smart is not None and not self.fhir_servers:
            raise ValueError("'smart' needs 'fhir_servers': launches are taken from those alone")
        if self.smart is not None and self.smart_app_url is not None:
            raise ValueError(
                "'smart' and 'smart_app_url' exclude each other: a card leads to one app; keep one"
            )
        return self

    @field_validator("order_codes")
    @classmethod
    def _are_tokens(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for loinc, token in value.items():
            system, _, code = token.rpartition("|")
            if not system or not code:
                raise ValueError(f"'{loinc}': write system and code as system|code")
        return value

    @field_validator("narrower_keys", "prefetch_keys")
    @classmethod
    def _our_keys(cls, value: Collection[str]) -> Collection[str]:
        unknown = set(value) - TEMPLATES.keys()
        if unknown:
            raise ValueError(
                f"no prefetch key of ours: {', '.join(sorted(unknown))}; see trialcards prefetch"
            )
        return value

    @field_validator("prefetch_keys")
    @classmethod
    def _told_apart(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        names = [value.get(key, key) for key in TEMPLATES]
        if len(set(names)) < len(names):
            raise ValueError("two prefetch keys have the same name with this client")
        return value

    @field_validator("not_offered")
    @classmethod
    def _leaves_enough(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return value if value is None else leaves_enough(value)


@cache
def _presets() -> Mapping[str, Mapping[str, Any]]:
    text = files("app.clients").joinpath("presets.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return found
