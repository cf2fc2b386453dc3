"""The lines of one patient, judged: rows of all tables. The same for every engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from cohort.carrying import Earlier
from cohort.page_lines import doubt_lines
from cohort.plan import Chosen, Plan
from cohort.rows import Line, finding_rows, inputs_alone, need_rows, rejected_row, screening_row
from cohort.schema import DECEASED, FAILED, NOT_APPLICABLE, NOT_KNOWN, SCREENED, Row, Rows
from eligibility.bound import BoundProtocol
from eligibility.course import Course
from eligibility.findings import Screening
from eligibility.screening import gate_stands_until, screen
from eligibility.standing import MOST_DELAYS
from fhir_mappings.decoding import peek
from fhir_mappings.errors import InputError
from fhir_mappings.inputs.demographics import age_on
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.reading.population_groups import race_and_ethnicity
from fhir_mappings.record import PatientRecord


class Judge:
    """Judges patients, each from all lines that name this patient and the shared ones that those want.

    Attributes:
        carried: of how many patients what an earlier run found was taken over.
    """

    def __init__(self, plan: Plan) -> None:
        """Bind the protocols.

        Raises:
            As ``Plan.bound``.
        """
        self._plan = plan
        self.carried = 0
        self._bound = plan.bound()
        self._doubts = doubt_lines(plan.doubted)

    def doubt(self, types: Sequence[str]) -> None:
        """Take these resource types for not wholly there, of anybody."""
        self._doubts = doubt_lines(types)

    def judge(
        self,
        patient: str,
        lines: Sequence[Line],
        shared: Sequence[bytes] = (),
        earlier: Earlier | None = None,
    ) -> Rows:
        """The rows of one patient.

        Args:
            patient: ``Patient/ID``.
            lines: all that name the patient; those with a ``fault`` count as part of the record that cannot
                be read. Their order does not matter.
            shared: the resources of nobody that the lines refer to.
            earlier: what an earlier run of the same plan found, which counts where nothing has changed since.
        """
        rows: Rows = {}
        faulty = [line for line in lines if line.fault is not None]
        _add(rows, "rejected", (rejected_row(line, line.fault or "", patient) for line in faulty))
        # Copies say nothing new, whichever file they stand in.
        raws = list(dict.fromkeys(line.raw for line in _standing(lines)))
        beside = [*shared, *self._doubts]
        body = b"\n".join([*raws, *beside])
        about = _About(len(raws) - len(faulty), len(faulty), _fingerprint([*raws, *beside]))
        if earlier is not None and earlier.counts(patient, about.fingerprint, self._plan.as_of):
            carried = self._carried_over(rows, earlier.rows[patient], raws)
            if carried is not None:
                self.carried += 1
                return carried
        try:
            found = read_patients(body, retrieved=self._retrieved(lines))
        except InputError:
            return self._without_patient(rows, patient, lines, about)
        except Exception as error:
            # One chart that nobody foresaw must not end the run of all; its words may be of the patient.
            return self._failed(rows, patient, _fault(error), about)
        for facts in found:
            self._one(rows, facts, raws, about)
        return rows

    def _retrieved(self, lines: Sequence[Line]) -> Sequence[str] | None:
        """The types that are held wholly of the patient of these lines; ``None``: all."""
        first = self._plan.changes_from
        if first is not None and all(line.rank >= first for line in lines):
            return ()
        return self._plan.retrieved

    def _carried_over(self, rows: Rows, earlier: Rows, raws: Sequence[bytes]) -> Rows | None:
        """What an earlier run found; of the patient's row, the age is that of today.

        ``None`` where its Patient cannot be read.
        """
        try:
            found = read_patients(b"\n".join(raw for raw in raws if _is_patient(raw)))
        except InputError:
            return None
        for name, own in earlier.items():
            _add(rows, name, own)
        rows["patients"] = [(*row[:2], self._age(found[0]), *row[3:]) for row in earlier["patients"]]
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
            gate, watch = Course(bound, record, self._plan.anchors).watched_gate(self._plan.as_of)
            status = self._status(facts, gate.opens, whole=not watch.not_retrieved(record))
            screenings, findings = (
                ("aside_screenings", "aside_findings") if chosen.aside else ("screenings", "findings")
            )
            if status != SCREENED:
                # Most of a population: to look further ahead would cost more than to judge again.
                until = self._gate_until(bound, record, looks=0) if status != DECEASED else None
                _add(rows, screenings, [self._unscreened(facts.reference, chosen, status, gate.grade, until)])
                continue
            screening = self._screen(bound, record)
            alone = inputs_alone(screening)
            until = self._gate_until(bound, record)
            row = screening_row(facts.reference, chosen, screening, alone, until, self._plan.as_of)
            _add(rows, screenings, [row])
            _add(rows, findings, finding_rows(facts.reference, chosen.id, screening.findings))
            if not chosen.aside:
                _add(rows, "needs", need_rows(facts.reference, chosen.id, screening.findings, alone))
        return rows

    def _screen(self, bound: BoundProtocol, record: PatientRecord) -> Screening:
        plan = self._plan
        return screen(bound, record, plan.as_of, plan.anchors, plan.language)

    def _gate_until(
        self, bound: BoundProtocol, record: PatientRecord, looks: int = MOST_DELAYS
    ) -> date | None:
        return gate_stands_until(bound, record, self._plan.as_of, self._plan.anchors, looks)

    def _unscreened(
        self, patient: str, chosen: Chosen, status: str, grade: str | None, until: date | None = None
    ) -> Row:
        day = self._plan.as_of
        return patient, chosen.id, chosen.version, status, grade, None, None, until, [], [], [], [], [], day

    def _status(self, facts: PatientFacts, opens: bool, *, whole: bool) -> str:
        if facts.deceased:
            return DECEASED
        if opens or self._plan.everyone:
            return SCREENED
        # What could not be read, or was not retrieved, may be the diagnosis.
        return NOT_APPLICABLE if whole else NOT_KNOWN

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
        race, ethnicity = race_and_ethnicity(_patient_lines(raws))
        return (
            facts.reference,
            facts.sex,
            self._age(facts),
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

    def _age(self, facts: PatientFacts) -> int | None:
        """Completed years on the evaluation date, where they are surely known."""
        age = age_on(facts, DateSpan(self._plan.as_of, self._plan.as_of))
        return int(age.low) if age is not None and age.low == age.high else None

    def _without_patient(self, rows: Rows, patient: str, lines: Sequence[Line], about: _About) -> Rows:
        """Lines that name a patient of whom there is no Patient: nobody can be screened by them."""
        own = [line for line in lines if line.fault is not None and _is_patient(line.raw)]
        if own:
            return self._failed(rows, patient, "its Patient resource cannot be read", about)
        why = f"there is no {patient} in the input"
        _add(rows, "rejected", (rejected_row(line, why, patient) for line in lines if line.fault is None))
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
            _add(rows, name, [self._unscreened(patient, chosen, FAILED, None)])
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
