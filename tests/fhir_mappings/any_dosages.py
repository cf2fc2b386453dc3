"""Any dosage: elements that are missing, senseless, huge or at odds, in all combinations."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from fhir_mappings.datatypes import Dosage, DoseAndRate, Period, Quantity, Range, Ratio, Timing, TimingRepeat
from tests.fhir_mappings.written_dosages import quantity

NUMBERS = st.one_of(
    st.none(), st.sampled_from(["0", "-1", "1", "0.5", "3", "1E-30", "1E+12", "1E+30"]).map(Decimal)
)
QUANTITIES = st.builds(
    Quantity,
    value=NUMBERS,
    comparator=st.sampled_from([None, "<", ">=", "ad"]),
    unit=st.sampled_from([None, "mg", "g", "tablet", "mL", "mg/kg/d", "mg/h", "d", "mo", "a", "h", "x"]),
    code=st.sampled_from([None, "mg", "{tbl}", "d", "wk", "1"]),
)
PERIODS = st.builds(
    Period,
    start=st.sampled_from([None, "2026", "2026-03", "2026-03-02", "soon", "0001-01-01", "9999-12-31"]),
    end=st.sampled_from([None, "2026", "2026-02-30", "2026-03-09T10:00:00.123456789Z", "9999-12-31"]),
)
RANGES = st.builds(Range, low=st.none() | QUANTITIES, high=st.none() | QUANTITIES)
RATIOS = st.builds(Ratio, numerator=st.none() | QUANTITIES, denominator=st.none() | QUANTITIES)
REPEATS = st.builds(
    TimingRepeat,
    bounds_duration=st.none() | QUANTITIES,
    bounds_range=st.none() | RANGES,
    bounds_period=st.none() | PERIODS,
    count=st.sampled_from([None, 0, 1, 10, 10**12]),
    count_max=st.sampled_from([None, 1, 20]),
    duration=NUMBERS,
    duration_unit=st.sampled_from([None, "h", "wk", "x"]),
    frequency=st.sampled_from([None, 0, 1, 3]),
    frequency_max=st.sampled_from([None, 1, 5]),
    period=NUMBERS,
    period_max=NUMBERS,
    period_unit=st.sampled_from([None, "h", "d", "wk", "mo", "x"]),
    day_of_week=st.sampled_from([(), ("mon",), ("mon", "thu"), ("x",)]),
    time_of_day=st.sampled_from([(), ("08:00:00", "20:00:00")]),
    when=st.sampled_from([(), ("MORN", "C")]),
)
TIMINGS = st.builds(
    Timing, event=st.sampled_from([(), ("2026-03-02", "x"), ("2026",)]), repeat=st.none() | REPEATS
)
DOSAGES = st.builds(
    Dosage,
    sequence=st.sampled_from([None, 1, 2, 3]),
    timing=st.none() | TIMINGS,
    as_needed_boolean=st.none() | st.booleans(),
    dose_and_rate=st.lists(
        st.builds(
            DoseAndRate,
            dose_quantity=st.none() | QUANTITIES,
            dose_range=st.none() | RANGES,
            rate_ratio=st.none() | RATIOS,
            rate_quantity=st.none() | QUANTITIES,
        ),
        max_size=2,
    ).map(tuple),
    max_dose_per_period=st.none() | RATIOS,
    max_dose_per_administration=st.none() | QUANTITIES,
    dose=st.sampled_from([None, None, None, quantity(5, "mg")]),
)
