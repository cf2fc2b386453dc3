"""Whatever a dosage holds, it is read or refused with a reason."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.datatypes import Dosage
from fhir_mappings.intervals import DateSpan, point
from tests.fhir_mappings.any_dosages import DOSAGES
from tests.fhir_mappings.written_dosages import FIVE_MG_TABLET, START, read

SPANS = st.sampled_from(
    [None, START, DateSpan(date(2026, 1, 1), date(2026, 12, 31)), DateSpan(date.min, date.max)]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(DOSAGES, max_size=3), SPANS, SPANS)
def test_whatever_a_dosage_holds_it_is_read_or_refused_with_a_reason(
    dosages: list[Dosage], start: DateSpan | None, end: DateSpan | None
) -> None:
    doses = read(*dosages, start=start, end=end, strengths=FIVE_MG_TABLET, weight_kg=point(60))
    assert doses.segments or doses.unreadable is not None or end is not None
    for segment in doses.segments:
        assert 0 <= segment.per_day.low <= segment.per_day.high
        assert segment.start.first <= segment.start.last
        assert segment.end.first <= segment.end.last
        assert segment.every >= 1
