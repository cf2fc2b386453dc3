"""``table``: a decision table over categorical inputs, such as the hepatitis B serology.

Rows are tried from the top; the first that fits decides. Where some inputs are missing, every value that
they could have is tried: if all lead to the same outcome, that is the outcome. If all of them stand in the
patient's way, and only a person or a missing result can tell whether for good, the answer is a review that
leans against the patient. Else the table is open. Its needs are the smallest set of inputs that could
settle it.

An equivocal result is no value of its own: it is treated as missing, unless a row names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import ClassVar

import msgspec
from pydantic import Field, field_validator

from eligibility.answers import Answer, State, stands_well, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.judgement import TO_BE_JUDGED
from eligibility.kinds.cases import STATES, OutcomeName
from eligibility.kinds.category import UNCERTAIN, CategoryReader, Current, bind_reader
from eligibility.messages import in_words, joined, message
from eligibility.model import Model
from eligibility.prose import Prose
from eligibility.ways import Step, Way, Ways, either
from eligibility.windows import Window
from fhir_mappings.facts import Need
from fhir_mappings.phrases import term


class Column(Model):
    """One input of the table."""

    input: str
    """The criterion input."""

    fresh: str | Window | None = None
    """Which values count."""

    lasting: list[str] = []
    """Categories that cannot revert."""


class Row(Model):
    """One row: the categories it asks of some columns, and the outcome. Other columns may be anything."""

    when: dict[str, str | list[str]]
    """Column name to the category, or categories, that fit."""

    then: OutcomeName
    """The outcome for the patient."""

    because: Prose | None = None
    """Words for the reason."""

    note: Prose | None = None
    """A remark for the report."""


class TableBody(Model):
    """Body of ``table``."""

    columns: dict[str, Column] = Field(min_length=1)
    """The inputs, in the order in which missing ones should be asked for."""

    rows: list[Row] = Field(min_length=1)
    """The rows; together they must cover every combination."""

    @field_validator("rows")
    @classmethod
    def _rows_name_something(cls, rows: list[Row]) -> list[Row]:
        for row in rows[:-1]:
            if not row.when:
                raise ValueError("only the last row may fit everything")
        return rows


class TableNode(Model):
    """A decision table whose rows name outcomes for the patient."""

    kind_name: ClassVar[str] = "table"
    table: TableBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve the columns and check that the rows cover every combination.

        Raises:
            BindingError: unknown column or category, a combination without a row, a row never reached.
        """
        if not binding.positive:
            raise BindingError(
                "'table' names outcomes, so it cannot stand below 'not' or 'excludes'", "table"
            )
        names = list(self.table.columns)
        readers: list[CategoryReader] = []
        for name, column in self.table.columns.items():
            place = ("table", "columns", name)
            readers.append(bind_reader(binding, column.input, column.fresh, column.lasting, [], *place))
        rows: list[_Row] = []
        for i, row in enumerate(self.table.rows):
            accepted: list[frozenset[str] | None] = [None] * len(names)
            for name, categories in row.when.items():
                if name not in names:
                    raise BindingError(f"the table has no column '{name}'", "table", "rows", i, "when")
                position = names.index(name)
                wanted = [categories] if isinstance(categories, str) else categories
                for category in wanted:
                    if category != UNCERTAIN:
                        binding.category(
                            readers[position].described, category, "table", "rows", i, "when", name
                        )
                accepted[position] = frozenset(wanted)
            rows.append(_Row(tuple(accepted), row))
        if not {STATES[row.then] for row in self.table.rows}.isdisjoint(TO_BE_JUDGED):
            binding.may_be_judged()
        options = tuple(_options(reader, i, rows) for i, reader in enumerate(readers))
        bound = _Bound(tuple(readers), tuple(rows), options)
        _check_cover(bound)
        return bound.evaluate


class _Row(msgspec.Struct, frozen=True):
    accepted: tuple[frozenset[str] | None, ...]
    row: Row

    def fits(self, values: Sequence[str]) -> bool:
        return all(a is None or v in a for a, v in zip(self.accepted, values, strict=True))


class _Bound(msgspec.Struct, frozen=True):
    readers: tuple[CategoryReader, ...]
    rows: tuple[_Row, ...]
    options: tuple[tuple[str, ...], ...]
    reached: dict[tuple[str | None, ...], list[_Row]] = {}

    def evaluate(self, context: Context) -> Answer:
        found = [reader.current(context) for reader in self.readers]
        scores = unique(score for current in found for score in current.scores)
        known: list[str | None] = []
        for current, options in zip(found, self.options, strict=True):
            certain = isinstance(current, Current) and current.category in options
            known.append(current.category if isinstance(current, Current) and certain else None)
        answer = self._answer(found, known)
        return msgspec.structs.replace(answer, mend=lambda _: self._ways(found, known), scores=scores)

    def _answer(self, found: Sequence[Current | Answer], known: Sequence[str | None]) -> Answer:
        outcomes = self._outcomes(known)
        states = {STATES[row.row.then] for row in outcomes}
        if len(states) == 1:
            return self._decided(outcomes[0], outcomes, found, known)
        opened = self._open(found, known)
        if states == {State.FALSE, State.REVIEW_FALSE}:
            milder = next(row for row in outcomes if STATES[row.row.then] is State.REVIEW_FALSE)
            leaning = self._decided(milder, outcomes, found, known)
            return msgspec.structs.replace(
                leaning,
                reason=joined([leaning.reason, opened.reason]),
                needs=opened.needs,
            )
        return opened

    def _ways(self, found: Sequence[Current | Answer], known: Sequence[str | None]) -> Ways:
        """The smallest sets of columns that with other values leave only outcomes that are not in the way."""
        columns = range(len(known))
        enough: list[frozenset[int]] = []
        ways: list[Way] = []
        for size in range(1, len(known) + 1):
            for chosen in combinations(columns, size):
                if any(smaller <= set(chosen) for smaller in enough):
                    continue
                sets = [
                    v for v in product(*(self.options[i] for i in chosen)) if self._clear(known, chosen, v)
                ]
                if sets:
                    enough.append(frozenset(chosen))
                    ways.append(
                        tuple(
                            self._column_step(found[i], i, {values[j] for values in sets})
                            for j, i in enumerate(chosen)
                        )
                    )
        return either([(way,) for way in ways])

    def _clear(self, known: Sequence[str | None], chosen: Sequence[int], values: Sequence[str]) -> bool:
        tried = list(known)
        for i, value in zip(chosen, values, strict=True):
            tried[i] = value
        return all(stands_well(STATES[row.row.then]) for row in self._outcomes(tried))

    def _column_step(self, current: Current | Answer, index: int, categories: set[str]) -> Step:
        reader = self.readers[index]
        if isinstance(current, Answer):
            return Step("data", current.reason, needs=current.needs)
        if current.category not in self.options[index]:
            open_column = self._missing(current, index)
            return Step("data", open_column.reason, needs=open_column.needs)
        opposite = reader.opposite(current.category, frozenset(categories), holds=True)
        return Step(opposite.kind, opposite.what)

    def _outcomes(self, known: Sequence[str | None]) -> list[_Row]:
        """The rows that can still decide, given what is known. Each question is worked out once."""
        key = tuple(known)
        found = self.reached.get(key)
        if found is None:
            found = self.reached[key] = self._reachable(known)
        return found

    def _reachable(self, known: Sequence[str | None]) -> list[_Row]:
        options = [
            (value,) if value is not None else possible
            for value, possible in zip(known, self.options, strict=True)
        ]
        reached: list[_Row] = []
        for combination in product(*options):
            row = self._first(combination)
            if row is not None and row not in reached:
                reached.append(row)
        return reached

    def _first(self, values: Sequence[str]) -> _Row | None:
        return next((row for row in self.rows if row.fits(values)), None)

    def _decided(
        self,
        row: _Row,
        outcomes: Sequence[_Row],
        found: Sequence[Current | Answer],
        known: Sequence[str | None],
    ) -> Answer:
        # Rows rest on their own columns and on those by which the rows above them do not fit.
        asked = self.rows[: 1 + max(self.rows.index(reached) for reached in outcomes)]
        used = [
            (reader, current)
            for i, (reader, current, value) in enumerate(zip(self.readers, found, known, strict=True))
            if isinstance(current, Current)
            and value is not None
            and any(above.accepted[i] is not None for above in asked)
        ]
        reasons = [
            message(
                "category.is",
                label=reader.described.label,
                category=term(current.category.replace("-", " ")),
                date=current.when,
            )
            for reader, current in used
        ]
        if row.row.because:
            reasons.append(message("text", text=row.row.because))
        return Answer(
            state=STATES[row.row.then],
            reason=joined(reasons) if reasons else message("cases.otherwise"),
            evidence=unique(e for _, current in used for e in current.evidence),
            notes=unique(
                (*(n for _, c in used for n in c.notes), *((row.row.note,) if row.row.note else ()))
            ),
        )

    def _open(self, found: Sequence[Current | Answer], known: Sequence[str | None]) -> Answer:
        unknown = [i for i, value in enumerate(known) if value is None]
        wanted = self._smallest(known, unknown)
        answers = [self._missing(found[i], i) for i in wanted]
        have = [current for current in found if isinstance(current, Current)]
        return Answer(
            state=State.MISSING,
            reason=joined(answer.reason for answer in answers),
            evidence=unique(
                (
                    *(e for current in have for e in current.evidence),
                    *(e for a in answers for e in a.evidence),
                )
            ),
            needs=unique(need for answer in answers for need in answer.needs),
            notes=unique(note for current in have for note in current.notes),
        )

    def _smallest(self, known: Sequence[str | None], unknown: Sequence[int]) -> Sequence[int]:
        """The smallest set of unknown columns for which some result would settle the table."""
        for size in range(1, len(unknown) + 1):
            for chosen in combinations(unknown, size):
                for values in product(*(self.options[i] for i in chosen)):
                    tried = list(known)
                    for i, value in zip(chosen, values, strict=True):
                        tried[i] = value
                    if len({row.row.then for row in self._outcomes(tried)}) == 1:
                        return chosen
        return unknown

    def _missing(self, current: Current | Answer, index: int) -> Answer:
        if isinstance(current, Answer):
            return current
        described = self.readers[index].described
        reason = message("category.equivocal", label=described.label, date=current.when)
        need = Need(
            input=described.name,
            why="too-coarse",
            detail=in_words(message("need.equivocal", label=described.label, date=current.when)),
            order=described.order,
        )
        return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=current.evidence)


def _options(reader: CategoryReader, column: int, rows: Sequence[_Row]) -> tuple[str, ...]:
    """The values that a column can turn out to have."""
    named = any(UNCERTAIN in (row.accepted[column] or ()) for row in rows)
    return tuple(c for c in reader.described.categories if c != UNCERTAIN or named)


def _check_cover(bound: _Bound) -> None:
    reached: set[int] = set()
    for values in product(*bound.options):
        row = bound._first(values)
        if row is None:
            told = ", ".join(
                f"{reader.described.name} {value}"
                for reader, value in zip(bound.readers, values, strict=True)
            )
            raise BindingError(f"no row of the table fits: {told}", "table", "rows")
        reached.add(bound.rows.index(row))
    for i in range(len(bound.rows)):
        if i not in reached:
            raise BindingError("this row is never reached: rows above it cover it", "table", "rows", i)
