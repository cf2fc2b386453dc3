"""Checking prefetch templates before a client has to.

A template that uses more than CDS Hooks 2.0.1 promises works with one EHR and fails with the next, so that
what is published is held to the recommended subset: a read by id, or a search of one type with reference
parameters, token equality (``:in`` at most), dates with ``eq``, ``lt``, ``gt``, ``ge``, ``le``, ``_count``
and ``_sort``; tokens are root-level fields of the context, or identifiers of the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from cds_hooks.hooks import HOOKS

USER_TOKENS = ("userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId")
"""Tokens that stand for the user, by type; ``{{context.userId}}`` alone is a whole read."""

_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_READ = re.compile(r"(?:[A-Z][A-Za-z]+/)?\0")
_SEARCH = re.compile(r"[A-Z][A-Za-z]+\?(.+)")
_PARAMETER = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)(:[A-Za-z]+)?")
_RESULT_PARAMETERS = frozenset({"_count", "_sort", "_id"})
_DATE = re.compile(r"([a-z]{2})?\d{4}(-\d\d){0,2}(T.*)?")
_DATE_PREFIXES = frozenset({None, "eq", "lt", "gt", "ge", "le"})


class Fault(NamedTuple):
    """What is wrong with a template: how tokens are delimited, which ones there are, or the search."""

    rule: Literal["delimiters", "context", "user", "subset"]
    words: str


def problems(template: str, hook: str) -> list[str]:
    """What is wrong with a template for a hook, in words; empty if it keeps to the subset.

    Raises:
        KeyError: the hook is not known.
    """
    return [fault.words for fault in faults(template, HOOKS[hook].prefetch_tokens)]


def faults(template: str, context_tokens: Sequence[str]) -> list[Fault]:
    """What is wrong with a template for a hook with these context fields as tokens."""
    return list(_faults(template, context_tokens))


def _faults(template: str, context_tokens: Sequence[str]) -> Iterator[Fault]:
    for token in _TOKEN.findall(template):
        field = token.removeprefix("context.")
        told = f"'{{{{{token}}}}}': "
        if field != token and field not in context_tokens:
            words = "not a root-level field of the context that the hook allows as a token"
            yield Fault("context", told + words)
        elif field == token and token not in USER_TOKENS:
            yield Fault("user", told + "neither a field of the context nor an identifier of the user")
    # A sign that no template holds stands for the tokens, whose content has been judged.
    bare = _TOKEN.sub("\0", template)
    if "{" in bare or "}" in bare:
        yield Fault("delimiters", "braces that do not delimit a token")
    search = _SEARCH.fullmatch(bare)
    if search is not None:
        yield from (Fault("subset", words) for words in _query_problems(search[1]))
    elif not _READ.fullmatch(bare):
        words = "neither a read by id (Type/{{token}}) nor a search of one type (Type?parameter=value)"
        yield Fault("subset", words)


def _query_problems(query: str) -> Iterator[str]:
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        parameter = _PARAMETER.fullmatch(name)
        if not equals or not value:
            yield f"'{name}' has no value"
        if parameter is None:
            yield f"'{name}': chained and composite parameters are outside the subset"
        elif parameter[1].startswith("_") and parameter[1] not in _RESULT_PARAMETERS:
            yield f"'{parameter[1]}' is outside the subset"
        elif parameter[2] not in (None, ":in"):
            yield f"'{name}': no modifier but ':in' is in the subset"
        date = _DATE.fullmatch(value)
        if date is not None and date[1] not in _DATE_PREFIXES:
            yield f"'{pair}': the prefix '{date[1]}' is outside the subset"
