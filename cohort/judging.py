"""The lines of one patient, judged: rows of all tables. The same for every engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from cohort.plan import Chosen, Plan
from cohort.schema import DECEASED, FAILED, NOT_APPLICABLE, NOT_KNOWN, SCREENED, Row, Rows
from eligibility.bound import BoundProtocol
from eligibility.context import Context
from eligibility.findings import Finding, Screening
from eligibility.judging import blocks
from eligibility.screening import screen
from eligibility.work_list import work_list
from fhir_mappings.decoding import peek
from fhir_mappings.errors import InputError
from fhir_mappings.inputs.demographics import age_on
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.reading.population_groups import race_and_ethnicity
from fhir_mappings.record import PatientRecord


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of the input.

    Attributes:
        file, number: where it stands; the first line of a file is 1.
        raw: its bytes.
        fault: why it cannot be read.
        rank: position of its directory among those of the input; a later one replaces an earlier one.
    """

    file: str
    number: int
    raw: bytes
    fault: str | None = None
    rank: int = 0


class Judge:
    """Judges patients, each from all lines that name this patient and the shared ones that those want."""

    def __init__(self, plan: Plan) -> None:
        """Bind the protocols.

        Raises:
            As ``Plan.bound``.
        """
        self._plan = plan
        self._bound = plan.bound()

    def judge(self, patient: str, lines: Sequence[Line], shared: Sequence[bytes] = ()) -> Rows:
        """The rows of one patient.

        Args:
            patient: ``Patient/ID``.
            lines: all that name the patient; those with a ``fault`` count as part of the record that cannot
                be read. Their order does not matter.
            shared: the resources of nobody that the lines refer to.
        """
        rows: Rows = {}
        faulty = [line for line in lines if line.fault is not None]
        _add(rows, "rejected", (_rejected(line, patient, line.fault or "") for line in faulty))
        # Copies say nothing new, whichever file they stand in.
        raws = list(dict.fromkeys(line.raw for line in _standing(lines)))
        body = b"\n".join([*raws, *shared])
        about = _About(len(raws) - len(faulty), len(faulty), _fingerprint([*raws, *shared]))
        try:
            found = read_patients(body, retrieved=self._plan.retrieved)
        except InputError:
            return self._without_patient(rows, patient, lines, about)
        except Exception as error:
            # One chart that nobody foresaw must not end the run of all; its words may be of the patient.
            return self._failed(rows, patient, _fault(error), about)
        for facts in found:
            self._one(rows, facts, raws, about)
        return rows

    def _one(self, rows: Rows, facts: PatientFacts, raws: Sequence[bytes], about: _About) -> None:
        try:
            made = self._screened(facts)
        except Exception as error:
            self._failed(rows, facts.reference, _fault(error), about, facts, raws)
            return
        _add(rows, "patients", [self._patient(facts, raws, about, None)])
        for name, own in made.items():
            _add(rows, name, own)

    def _screened(self, facts: PatientFacts) -> Rows:
        record = PatientRecord(facts)
        rows: Rows = {}
        for chosen, bound in self._bound:
            gate = bound.gate.judge(
                Context(record, self._plan.as_of, *self._plan.anchors.resolved(self._plan.as_of))
            )
            status = self._status(facts, gate.opens)
            screenings, findings = (
                ("aside_screenings", "aside_findings") if chosen.aside else ("screenings", "findings")
            )
            if status != SCREENED:
                _add(rows, screenings, [_unscreened(facts.reference, chosen, status, gate.grade)])
                continue
            screening = self._screen(bound, record)
            alone = _alone(screening)
            _add(rows, screenings, [_screening(facts.reference, chosen, screening, alone)])
            _add(rows, findings, _findings(facts.reference, chosen.id, screening.findings))
            if not chosen.aside:
                _add(rows, "needs", _needs(facts.reference, chosen.id, screening.findings, alone))
        return rows

    def _screen(self, bound: BoundProtocol, record: PatientRecord) -> Screening:
        plan = self._plan
        return screen(bound, record, plan.as_of, plan.anchors, plan.language)

    def _status(self, facts: PatientFacts, opens: bool) -> str:
        if facts.deceased:
            return DECEASED
        if opens or self._plan.everyone:
            return SCREENED
        # What could not be read may be the diagnosis.
        return NOT_KNOWN if _incomplete(facts) else NOT_APPLICABLE

    def _patient(
        self,
        facts: PatientFacts | None,
        raws: Sequence[bytes],
        about: _About,
        failed: str | None,
        name: str = "",
    ) -> Row:
        if facts is None:
            return (
                name, None, None, None, None, False,
                about.resources, 0, about.rejected, True, about.fingerprint, failed,
            )  # fmt: skip
        age = age_on(facts, DateSpan(self._plan.as_of, self._plan.as_of))
        known = age is not None and age.low == age.high
        race, ethnicity = race_and_ethnicity(_patient_lines(raws))
        return (
            facts.reference,
            facts.sex,
            int(age.low) if known and age is not None and age.low is not None else None,
            race,
            ethnicity,
            facts.deceased,
            about.resources,
            len(facts.unread),
            about.rejected,
            about.rejected > 0 or _incomplete(facts),
            about.fingerprint,
            failed,
        )

    def _without_patient(self, rows: Rows, patient: str, lines: Sequence[Line], about: _About) -> Rows:
        """Lines that name a patient of whom there is no Patient: nobody can be screened by them."""
        own = [line for line in lines if line.fault is not None and _is_patient(line.raw)]
        if own:
            return self._failed(rows, patient, "its Patient resource cannot be read", about)
        why = f"there is no {patient} in the input"
        _add(rows, "rejected", (_rejected(line, patient, why) for line in lines if line.fault is None))
        return rows

    def _failed(
        self,
        rows: Rows,
        patient: str,
        why: str,
        about: _About,
        facts: PatientFacts | None = None,
        raws: Sequence[bytes] = (),
    ) -> Rows:
        _add(rows, "patients", [self._patient(facts, raws, about, why, patient)])
        for chosen, _ in self._bound:
            name = "aside_screenings" if chosen.aside else "screenings"
            _add(rows, name, [_unscreened(patient, chosen, FAILED, None)])
        return rows


class _About(msgspec.Struct, frozen=True):
    resources: int
    rejected: int
    fingerprint: str


def _standing(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines without those of resources that a later directory tells anew."""
    if all(line.rank == lines[0].rank for line in lines):
        return lines
    names = [
        seen.id and f"{seen.resource_type}/{seen.id}" if (seen := peek(line.raw)) else None for line in lines
    ]
    latest: dict[str, int] = {}
    for line, name in zip(lines, names, strict=True):
        if name:
            latest[name] = max(latest.get(name, 0), line.rank)
    return [line for line, name in zip(lines, names, strict=True) if not name or latest[name] == line.rank]


def _add(rows: Rows, name: str, more: Iterable[Row]) -> None:
    rows.setdefault(name, []).extend(more)


def _fault(error: Exception) -> str:
    return f"it could not be screened: {type(error).__name__}; please report it"


def _fingerprint(raws: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for raw in sorted(raws):
        digest.update(raw)
        digest.update(b"\n")
    return digest.hexdigest()


def _is_patient(raw: bytes) -> bool:
    seen = peek(raw)
    return b'"Patient"' in raw if seen is None else seen.resource_type == "Patient"


def _patient_lines(raws: Iterable[bytes]) -> Iterator[bytes]:
    return (raw for raw in raws if b'"Patient"' in raw and b"us-core-" in raw)


def _incomplete(facts: PatientFacts) -> bool:
    """Whether some of what was asked for is lacking; what was never asked for was not expected."""
    return any(state in ("truncated", "failed") for state in facts.retrieval.values())


def _rejected(line: Line, patient: str | None, reason: str) -> Row:
    return line.file, line.number, patient, reason, line.raw.decode("utf-8", "replace")


def rejected_row(line: Line, reason: str) -> Row:
    """The row of a line that no patient can be told of."""
    return _rejected(line, None, reason)


def _unscreened(patient: str, chosen: Chosen, status: str, grade: str | None) -> Row:
    return patient, chosen.id, chosen.version, status, grade, None, None, None, [], [], [], [], []


def _alone(screening: Screening) -> list[str]:
    """The inputs of which each alone is all that stands in the way."""
    return [item.input for item in work_list([screening]) if all(one.alone for one in item.decides)]


def _screening(patient: str, chosen: Chosen, screening: Screening, alone: Sequence[str]) -> Row:
    blocking = [finding for finding in screening.findings if blocks(finding)]
    by = {
        outcome: [finding.criterion for finding in blocking if finding.outcome == outcome]
        for outcome in ("fail", "missing", "review")
    }
    return (
        patient,
        chosen.id,
        chosen.version,
        SCREENED,
        screening.gate.grade if screening.gate is not None else None,
        screening.verdict,
        _day(screening.earliest),
        _day(screening.stands_until),
        [finding.criterion for finding in blocking],
        by["fail"],
        by["missing"],
        by["review"],
        list(alone),
    )


def _findings(
    patient: str, protocol: str, findings: Iterable[Finding], parent: str | None = None
) -> Iterator[Row]:
    for position, finding in enumerate(findings):
        yield (
            patient,
            protocol,
            finding.criterion,
            parent,
            position,
            finding.kind,
            finding.outcome,
            finding.leaning,
            _day(finding.clears_on),
            finding.reason,
            list(dict.fromkeys(evidence.reference for evidence in finding.evidence)),
        )
        yield from _findings(patient, protocol, finding.parts, finding.criterion)


def _needs(patient: str, protocol: str, findings: Iterable[Finding], alone: Sequence[str]) -> Iterator[Row]:
    """Needs of the criteria as they are asked for, each by the innermost part that asks."""
    for finding in findings:
        if finding.parts:
            yield from _needs(patient, protocol, finding.parts, alone)
            continue
        for need in finding.needs:
            order = need.order
            yield (
                patient,
                protocol,
                finding.criterion,
                need.input,
                need.why,
                need.detail,
                order.system if order is not None else None,
                order.code if order is not None else None,
                order.display if order is not None else None,
                need.input in alone,
            )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
