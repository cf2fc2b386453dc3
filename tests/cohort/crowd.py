"""A made-up crowd of patients: what each criterion came to is drawn by a hash, the same in every run."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from tests.cohort.made import AS_OF, BOUND, FAIL, REVIEW, Made, Said, missing, until

_LACKING = (
    ("hbv_dna", "never_measured"),
    ("upcr", "stale"),
    ("cd19_expression", "never_measured"),
    ("platelets", "stale"),
    ("serum_creatinine", "unreadable"),
    ("crcl", "not_retrieved"),
    ("alt", "stale"),
    ("hbsag", "conflicting"),
)
_RACES = ("White", "Black or African American", "Asian", None)
_SHOWN = Said("review", "pass")


def crowd(count: int) -> Made:
    """So many patients, of whom some half have lupus; one in fifty could not be screened."""
    made = Made()
    for number in range(count):
        name = f"crowd-{number}"
        if _drawn(name, "failed") < 0.02:
            made.patient(name, failed="its Patient resource cannot be read", **dict.fromkeys(BOUND, "failed"))
            continue
        made.patient(
            name,
            sex=("female", "female", "female", "male")[int(4 * _drawn(name, "sex"))],
            age=int(16 + 65 * _drawn(name, "age")) if _drawn(name, "aged") < 0.97 else None,
            race=_RACES[int(4 * _drawn(name, "race"))],
            ethnicity="Hispanic or Latino" if _drawn(name, "ethnicity") < 0.01 else "Not Hispanic or Latino",
            incomplete=_drawn(name, "incomplete") < 0.04,
            **{protocol: _said(name, protocol) for protocol in BOUND},
        )
    return made


def _said(name: str, protocol: str) -> dict[str, Said] | str:
    gate = _drawn(name, "gate", protocol)
    if gate > 0.5:
        return "deceased" if gate > 0.98 else "not-applicable"
    found = {}
    # Some records hold much, and others little.
    thin = _drawn(name, "thin") ** 2
    for criterion in BOUND[protocol].criteria:
        weight = 0.3 + 1.4 * _drawn(protocol, criterion.id)
        drawn = _drawn(name, protocol, criterion.id) / weight
        if drawn < 0.012:
            found[criterion.id] = FAIL
        elif drawn < 0.03:
            found[criterion.id] = until(
                AS_OF + timedelta(days=int(500 * _drawn(name, criterion.id, "day") ** 2))
            )
        elif drawn < 0.035:
            found[criterion.id] = REVIEW
        elif drawn < 0.04 + 0.2 * thin:
            asked, why = _LACKING[int(len(_LACKING) * _drawn(protocol, criterion.id, "asks"))]
            found[criterion.id] = missing(**{asked: why if drawn < 0.1 else "never_measured"})
        elif drawn < 0.3:
            found[criterion.id] = _SHOWN
    return found


def _drawn(*of: str) -> float:
    """A number from 0 to below 1, of these words."""
    digest = hashlib.blake2b("|".join(of).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48
