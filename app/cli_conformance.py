"""``trialcards conformance``."""

from __future__ import annotations

import json
import os
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import typer

from app.cli_errors import ArgumentError, NotConformantError, UnreachableServiceError, UnreadableFileError

if TYPE_CHECKING:
    from conformance import Report, Result, SigningKey

_ORDER = ("failed", "skipped", "not-applicable", "passed")
_WIDTH = 100


def conformance(
    url: Annotated[str, typer.Argument(help="Base URL: what comes before /cds-services.")],
    service: Annotated[
        list[str] | None, typer.Option("--service", help="Try this service alone; may be repeated.")
    ] = None,
    hook: Annotated[
        list[str] | None, typer.Option("--hook", help="Try this hook alone; may be repeated.")
    ] = None,
    request: Annotated[
        list[Path] | None,
        typer.Option("--request", help="A hook request (JSON) in place of the built-in one for its hook."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Private key to sign calls with: PEM or JSON Web Key.")
    ] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", help="iss of the tokens.")] = None,
    key_id: Annotated[str | None, typer.Option("--kid", help="kid of the key, unless it has one.")] = None,
    jku: Annotated[str | None, typer.Option("--jku", help="jku of the tokens.")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="tenant of the tokens.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="sub of the tokens.")] = None,
    bearer_from: Annotated[
        str | None,
        typer.Option("--bearer-from", help="Environment variable with a token to send as it is."),
    ] = None,
    origin: Annotated[
        str, typer.Option("--origin", help="Origin of browser clients.")
    ] = "https://sandbox.cds-hooks.org",
    feedback: Annotated[
        bool, typer.Option("--feedback/--no-feedback", help="Send feedback for the cards that came.")
    ] = True,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Certificates of authorities to trust (PEM).")
    ] = None,
    report_format: Annotated[
        Literal["table", "json"], typer.Option("--format", help="How to print the report.")
    ] = "table",
) -> None:
    """Hold a CDS Hooks service against the specification, rule by rule (C1 to C96).

    Any service of any maker. It is called some hundred times, with an invented patient unless you give
    requests of your own, and is sent feedback: use an installation for trying out.

    Ends with 7 where a MUST that binds the service is broken, and with 8 where nobody answers.

    \b
    Examples:
      trialcards conformance http://127.0.0.1:8000
      trialcards conformance https://cds.example.org --service lupus-trials --format json
      trialcards conformance https://cds.example.org --key ehr.pem --kid 1 --issuer https://ehr.example
    """
    from conformance import Plan, Unreachable, run
    from conformance.caller import Caller

    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise ArgumentError(f"'{url}' is no address of a service; it begins with https:// or http://")
    signing = _signing(key, issuer, key_id, jku, tenant, subject)
    plan = Plan(tuple(service or ()), tuple(hook or ()), _requests(request or ()), origin, feedback)
    try:
        trust: str | bool = str(ca_file) if ca_file else True
        with Caller(url, key=signing, bearer=_bearer(bearer_from), trust=trust) as caller:
            report = run(caller, plan)
    except Unreachable as error:
        raise UnreachableServiceError(str(error)) from None
    except OSError as error:
        raise UnreadableFileError(f"{ca_file}: cannot be read: {error.strerror}") from None
    if report_format == "json":
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        typer.echo(_table(report))
    if report.broken:
        broken = ", ".join(result.number for result in report.broken)
        raise NotConformantError(f"{report.base_url} breaks {broken}")


def _signing(
    file: Path | None,
    issuer: str | None,
    key_id: str | None,
    jku: str | None,
    tenant: str | None,
    subject: str | None,
) -> SigningKey | None:
    from conformance import SigningKey, UnusableKeyError, read_key

    if file is None:
        if any((issuer, key_id, jku, tenant, subject)):
            raise ArgumentError("--issuer, --kid, --jku, --tenant and --subject need --key")
        return None
    if issuer is None:
        raise ArgumentError("--key needs --issuer: who the service is to believe that calls")
    try:
        private, own = read_key(file.read_bytes())
    except OSError as error:
        raise UnreadableFileError(f"{file}: cannot be read: {error.strerror}") from None
    except UnusableKeyError as error:
        raise UnreadableFileError(f"{file}: {error}") from None
    named = key_id or own
    if named is None:
        raise ArgumentError("--key needs --kid: the id under which the service knows the key")
    return SigningKey(private, named, issuer, jku, tenant, subject)


def _bearer(variable: str | None) -> str | None:
    if variable is None:
        return None
    found = os.environ.get(variable)
    if not found:
        raise ArgumentError(f"--bearer-from: the environment variable {variable} is not set")
    return found


def _requests(files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        try:
            document = json.loads(file.read_bytes())
        except OSError as error:
            raise UnreadableFileError(f"{file}: cannot be read: {error.strerror}") from None
        except ValueError:
            raise UnreadableFileError(f"{file}: it is not JSON") from None
        whole = isinstance(document, dict) and isinstance(document.get("hook"), str)
        if not whole or not isinstance(document.get("context"), dict):
            raise UnreadableFileError(f"{file}: it is no CDS Hooks request: hook or context lack")
        found[document["hook"]] = document
    return found


def _table(report: Report) -> str:
    results = (*report.results, report.breakdowns)
    counts = Counter[str](result.status for result in results)
    lines = [f"{report.base_url}: {', '.join(report.services) or 'no services'}; {report.calls} calls", ""]
    for result in results:
        lines += _rows(result)
    if report.stopped is not None:
        lines += ["", *textwrap.wrap(report.stopped, _WIDTH)]
    told = ", ".join(f"{counts[status]} {status.replace('-', ' ')}" for status in _ORDER)
    verdict = "no MUST that binds a service is broken"
    if report.broken:
        verdict = f"{len(report.broken)} that bind a service and must hold are broken"
    return "\n".join([*lines, "", f"{told}: {verdict}"])


def _rows(result: Result) -> list[str]:
    head = f"{result.number:<4} {result.keyword:<6} {result.side:<7} {result.status:<14} "
    rows = textwrap.wrap(result.rule, _WIDTH - len(head)) or [""]
    found = [head + rows[0], *(" " * len(head) + row for row in rows[1:])]
    if result.status == "passed" and not result.reason:
        return found
    told = [f"{failure.where}: {failure.what}" for failure in result.failures]
    if result.failed > len(result.failures):
        told.append(f"and {result.failed - len(result.failures)} more")
    told += [result.reason] if result.reason else []
    for each in told:
        found += textwrap.wrap(each, _WIDTH, initial_indent=" " * 7 + "- ", subsequent_indent=" " * 9)
    return found
