"""An OpenID provider that vouches for people: the authorization code flow with PKCE, state and nonce.

OpenID Connect Core 1.0 (3.1), Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636 (PKCE, S256); RFC 9207
(``iss`` of the answer). Authlib builds the request and fetches the token; PyJWT holds the ID token against
the keys.
Nothing that a provider says of itself is used before its discovery document names the issuer that was set.
"""

from __future__ import annotations

import hmac
import json
import secrets
import ssl
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer

from app.people.errors import ProviderAwayError, ProviderRefusedError
from app.people.person import Role
from cds_hooks.published_keys import Fetch, FetchError

if TYPE_CHECKING:
    from jwt import PyJWK

LONGEST_SIGN_IN: Final = 600
"""Seconds between leaving for the provider and coming back."""
_DOCUMENT_LASTS, _KEYS_LAST, _KEYS_INTERVAL = 3_600.0, 3_600.0, 30.0
"""Seconds for which both are believed, and between two looks for a key that is not known."""
_LEEWAY = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""None that signs with a shared secret: such a token could be made of what is public (RFC 8725, 2.1)."""
_SECONDS = 5.0


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """How this service is registered at the provider.

    Attributes:
        issuer: URL of the provider, as its documents and tokens have it.
        client_id, client_secret: ours; without a secret the client is a public one, and PKCE alone proves it.
        redirect_uri: where the provider sends browsers back to.
        signed_out_uri: where it sends them after signing out.
        scope: what is asked for; ``openid`` among it.
        roles_claim: where the ID token has roles; parts of a path with dots between.
        roles: which of the provider's names is which role.
        ca_file: certificate authorities in place of the usual ones.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    signed_out_uri: str
    scope: str
    roles_claim: str
    roles: Mapping[str, Role]
    ca_file: str | None = None


class _Document(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the provider vouches for, and where the browser was going."""

    subject: str
    name: str
    roles: frozenset[Role]
    next_path: str


class Provider:
    """One provider.

    Args:
        registered: how this service is known there.
        fetch: from a URL to the body.
        secret: signs what the browser keeps meanwhile; called at first use, may raise ``OSError``.
    """

    def __init__(self, registered: Registered, fetch: Fetch, secret: Callable[[], bytes]) -> None:
        self.registered = registered
        self._fetch = fetch
        self._secret = secret
        self._document: tuple[float, _Document] | None = None
        self._keys: tuple[float, Sequence[PyJWK]] | None = None

    async def leave(self, next_path: str) -> tuple[str, str]:
        """Where the browser is to go, and what it keeps until it comes back.

        Raises:
            ProviderAwayError: the discovery document cannot be had.
            OSError: the secret cannot be read.
        """
        document = await self._discovered()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        client = _oauth_client()(
            client_id=self.registered.client_id,
            redirect_uri=self.registered.redirect_uri,
            scope=self.registered.scope,
            code_challenge_method="S256",
        )
        address, state = client.create_authorization_url(
            document.authorization_endpoint, code_verifier=verifier, nonce=nonce
        )
        await client.aclose()
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "next": next_path}
        return str(address), str(self._signer().dumps(kept))

    async def came_back(self, query: Mapping[str, str], kept: str) -> Vouched:
        """Whom the provider vouches for, by what it sent along with the browser.

        Raises:
            ProviderAwayError: it cannot be asked.
            ProviderRefusedError: it refused, or what it says does not hold.
            OSError: the secret cannot be read.
        """
        try:
            ours: dict[str, str] = self._signer().loads(kept, max_age=LONGEST_SIGN_IN)
        except BadData:
            raise ProviderRefusedError("state") from None
        if not hmac.compare_digest(ours["state"].encode(), query.get("state", "").encode()):
            raise ProviderRefusedError("state")
        document = await self._discovered()
        self._must_be_of_the_issuer(document, query.get("iss"))
        if "error" in query or not query.get("code"):
            raise ProviderRefusedError("refused")
        claims = await self._claims(document, query["code"], ours["verifier"], ours["nonce"])
        subject = claims["sub"]
        name = claims.get("name") or claims.get("preferred_username") or subject
        return Vouched(
            subject=subject, name=str(name)[:128], roles=self._roles(claims), next_path=ours["next"]
        )

    async def sign_out_address(self) -> str | None:
        """Where the session at the provider is ended; ``None`` where it has no such place, or is away."""
        try:
            document = await self._discovered()
        except ProviderAwayError:
            return None
        if document.end_session_endpoint is None:
            return None
        told = {
            "client_id": self.registered.client_id,
            "post_logout_redirect_uri": self.registered.signed_out_uri,
        }
        return f"{document.end_session_endpoint}?{urlencode(told)}"

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret(), salt="openid", signer_kwargs={"key_derivation": "hmac"})

    def _must_be_of_the_issuer(self, document: _Document, told: str | None) -> None:
        """RFC 9207: an answer of another provider (mix-up) is not taken."""
        expected = document.authorization_response_iss_parameter_supported
        if (told is None and expected) or (told is not None and told != document.issuer):
            raise ProviderRefusedError("issuer")

    async def _discovered(self) -> _Document:
        now = time.monotonic()
        if self._document is not None and now < self._document[0] + _DOCUMENT_LASTS:
            return self._document[1]
        address = self.registered.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            document = msgspec.json.decode(await self._fetch(address), type=_Document)
        except FetchError as error:
            raise ProviderAwayError(str(error)) from None
        except msgspec.MsgspecError:
            raise ProviderAwayError("its discovery document cannot be read") from None
        if document.issuer != self.registered.issuer:
            raise ProviderAwayError("its discovery document names another issuer")
        secure = self.registered.issuer.startswith("https://")
        ends = (document.authorization_endpoint, document.token_endpoint, document.jwks_uri)
        if secure and not all(end.startswith("https://") for end in ends):
            raise ProviderAwayError("its discovery document names addresses without TLS")
        self._document = now, document
        return document

    async def _claims(self, document: _Document, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """The claims of the ID token, held against OpenID Connect Core 1.0, 3.1.3.7."""
        import jwt

        text = await self._id_token(document, code, verifier)
        try:
            header = jwt.get_unverified_header(text)
            if header.get("alg") not in _ALGORITHMS:
                raise ProviderRefusedError("algorithm")
            claims: dict[str, Any] = jwt.decode(
                text,
                await self._key(document, header.get("kid")),
                algorithms=[header["alg"]],
                audience=self.registered.client_id,
                issuer=self.registered.issuer,
                leeway=_LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.ExpiredSignatureError:
            raise ProviderRefusedError("expired") from None
        except jwt.InvalidAudienceError:
            raise ProviderRefusedError("audience") from None
        except jwt.InvalidIssuerError:
            raise ProviderRefusedError("issuer") from None
        except jwt.PyJWTError:
            raise ProviderRefusedError("token") from None
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise ProviderRefusedError("nonce")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        party = claims.get("azp")
        if (several and party is None) or (party is not None and party != self.registered.client_id):
            raise ProviderRefusedError("audience")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ProviderRefusedError("token")
        return claims

    async def _id_token(self, document: _Document, code: str, verifier: str) -> str:
        from authlib.common.errors import AuthlibBaseError

        ours = self.registered
        methods = document.token_endpoint_auth_methods_supported
        by_header = ours.client_secret is not None and "client_secret_basic" in methods
        method = "none" if ours.client_secret is None else "client_secret_post"
        client = _oauth_client()(
            client_id=ours.client_id,
            client_secret=ours.client_secret,
            redirect_uri=ours.redirect_uri,
            token_endpoint_auth_method="client_secret_basic" if by_header else method,
            timeout=_SECONDS,
            verify=ssl.create_default_context(cafile=ours.ca_file) if ours.ca_file else True,
        )
        try:
            answer = await client.fetch_token(document.token_endpoint, code=code, code_verifier=verifier)
        except AuthlibBaseError:
            raise ProviderRefusedError("code") from None
        except Exception as error:  # whatever its connection raises: not its message, which may hold the code
            raise ProviderAwayError(type(error).__name__) from None
        finally:
            await client.aclose()
        text = answer.get("id_token")
        if not isinstance(text, str):
            raise ProviderRefusedError("token")
        return text

    async def _key(self, document: _Document, key_id: str | None) -> PyJWK:
        """The key of that id, or the only one; the set is asked for anew where the id is not known."""
        now = time.monotonic()
        found = self._known_key(key_id, now - _KEYS_LAST)
        if found is None and (self._keys is None or now >= self._keys[0] + _KEYS_INTERVAL):
            self._keys = now, await self._fetched_keys(document)
            found = self._known_key(key_id, now - _KEYS_LAST)
        if found is None:
            raise ProviderRefusedError("key")
        return found

    def _known_key(self, key_id: str | None, since: float) -> PyJWK | None:
        if self._keys is None or self._keys[0] < since:
            return None
        keys = self._keys[1]
        if key_id is None:
            return keys[0] if len(keys) == 1 else None
        return next((key for key in keys if key.key_id == key_id), None)

    async def _fetched_keys(self, document: _Document) -> Sequence[PyJWK]:
        import jwt

        try:
            told = json.loads(await self._fetch(document.jwks_uri))
            return tuple(key for key in jwt.PyJWKSet.from_dict(told).keys if key.key_type != "oct")
        except FetchError as error:
            raise ProviderAwayError(str(error)) from None
        except (jwt.PyJWTError, ValueError, AttributeError, TypeError):
            raise ProviderAwayError("its key set cannot be read") from None

    def _roles(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """The roles that the claim names; it is a list, or text with blanks between."""
        told: Any = claims
        for part in self.registered.roles_claim.split("."):
            told = told.get(part) if isinstance(told, Mapping) else None
        names = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
        known = self.registered.roles
        return frozenset(known[name] for name in names if isinstance(name, str) and name in known)


def _oauth_client() -> Any:
    """Authlib's client on httpx; the successor of httpx, which it would rather have, is young."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The httpx module is deprecated")
        from authlib.deprecate import AuthlibDeprecationWarning

        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        from authlib.integrations.httpx_client import AsyncOAuth2Client

    return AsyncOAuth2Client
