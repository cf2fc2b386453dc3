"""Results that are words: categories, numbers, titres, viral loads, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.catalogue import FOLDER, read_yaml
from fhir_mappings.intervals import INFINITY, Interval, point
from fhir_mappings.qualitative import (
    category_of_text,
    interval_of_text,
    quantity_of_text,
    titre_of_text,
    viral_load_of_text,
)

NEGATIVE = [
    "negative",
    "Negative",
    "NEGATIVE",
    "neg",
    "Neg.",
    "non-reactive",
    "nonreactive",
    "Non Reactive",
    "NON-REACTIVE",
    "not reactive",
    "not detected",
    "Not Detected",
    "undetected",
    "undetectable",
    "absent",
    "none seen",
    "none detected",
    "target not detected",
    "Target Not Detected",
    "TND",
    "no growth",
    "No growth after 48 hours",
    "none",
    "-",
    "(-)",
    "阴性",
    "阴性(-)",
    "阴性（-）",
    "阴性（－）",
    "(-)",
    "（－）",
    "－",
    "未检出",
    "未见",
    "未见红细胞管型",
    "无反应性",
    "非反应性",
    "Negative (<1:40)",
    "Negative.",
    " negative ",
    "ＮＥＧＡＴＩＶＥ",
    "Not pregnant",
    "未孕",
    "No evidence of HBV DNA",
    "无细菌生长",
    "未检测到",
]
POSITIVE = [
    "positive",
    "Positive",
    "pos",
    "POS.",
    "reactive",
    "Reactive",
    "detected",
    "Detected",
    "present",
    "RBC casts present",
    "阳性",
    "阳性(+)",
    "阳性（＋）",
    "(+)",
    "（+）",
    "+",
    "++",
    "（++）",
    "+++",
    "1+",
    "2+",
    "3+",
    "检出",
    "强阳性",
    "反应性",
    "Positive 1:640",
    "Strongly positive",
    "ＰＯＳＩＴＩＶＥ",
    "Pregnant",
    "有反应性",
    "结果positive",
]
EQUIVOCAL = [
    "borderline",
    "Borderline",
    "equivocal",
    "indeterminate",
    "Inconclusive",
    "weakly positive",
    "Weak positive",
    "weakly reactive",
    "grey zone",
    "gray zone",
    "±",
    "+/-",
    "(±)",
    "可疑",
    "弱阳性",
    "弱阳性(±)",
    "灰区",
    "临界",
    "trace",
    "微量",
    "low positive",
]
NONE_OF_THESE = [
    "",
    "see comment",
    "pending",
    "not done",
    "N/A",
    "hemolyzed",
    "ANA positive, anti-dsDNA negative",
    "12.4",
    "正常",
    "Normal",
    "样本溶血",
    "Escherichia coli",
    "A",
    "见附件",
    "ND",
    "NR",
    "N",
]


class TestCategories:
    """Negatives before positives: "non-reactive" contains "reactive", 阴 and 阳 differ by a stroke."""

    @pytest.mark.parametrize("text", NEGATIVE)
    def test_negative(self, text: str) -> None:
        assert category_of_text(text) == "negative"

    @pytest.mark.parametrize("text", POSITIVE)
    def test_positive(self, text: str) -> None:
        assert category_of_text(text) == "positive"

    @pytest.mark.parametrize("text", EQUIVOCAL)
    def test_equivocal(self, text: str) -> None:
        assert category_of_text(text) == "equivocal"

    @pytest.mark.parametrize("text", NONE_OF_THESE)
    def test_unknown_is_neither(self, text: str) -> None:
        assert category_of_text(text) is None

    def test_every_whole_word_of_the_table_is_its_category(self) -> None:
        table = read_yaml(FOLDER / "codesets" / "qualitative.yaml")
        for category in ("negative", "positive", "equivocal"):
            for word in table[category]["whole"]:
                assert category_of_text(word) == category, word
        whole = [word for c in ("negative", "positive", "equivocal") for word in table[c]["whole"]]
        assert len(whole) == len(set(whole))

    @given(st.sampled_from(["not ", "non-", "un"]), st.sampled_from(["detected", "reactive"]))
    def test_a_denial_is_never_positive(self, denial: str, word: str) -> None:
        assert category_of_text(denial + word) in {"negative", None}


INTERVALS = [
    ("5", point(5)),
    ("5.0", point(5)),
    ("<5", Interval(-INFINITY, 5, high_open=True)),
    ("< 5", Interval(-INFINITY, 5, high_open=True)),
    ("≤5", Interval(-INFINITY, 5)),
    ("<=5", Interval(-INFINITY, 5)),
    (">60", Interval(60, INFINITY, low_open=True)),
    ("≥60", Interval(60, INFINITY)),
    (">=60", Interval(60, INFINITY)),
    ("＜5", Interval(-INFINITY, 5, high_open=True)),
    ("＞60", Interval(60, INFINITY, low_open=True)),
    ("小于5", Interval(-INFINITY, 5, high_open=True)),
    ("大于60", Interval(60, INFINITY, low_open=True)),
    ("less than 5", Interval(-INFINITY, 5, high_open=True)),
    ("Greater than 60", Interval(60, INFINITY, low_open=True)),
    ("0-2", Interval(0, 2)),
    ("3 - 5", Interval(3, 5)),
    ("3–5", Interval(3, 5)),
    ("3～5", Interval(3, 5)),
    ("3至5", Interval(3, 5)),
    ("12,0", point(12)),
    ("0,85", point(0.85)),
    ("1,234,567", point(1234567)),
    ("1,234.5", point(1234.5)),
    ("1.0E+02", point(100)),
    ("<1.0E+02", Interval(-INFINITY, 100, high_open=True)),
    ("1.7x10^8", point(1.7e8)),
    ("1.7×10^8", point(1.7e8)),
    ("1:80", point(80)),
    ("1：640", point(640)),
    ("1/80", point(80)),
    (">=1:80", Interval(80, INFINITY)),
    ("≥1:1280", Interval(1280, INFINITY)),
    ("<1:40", Interval(-INFINITY, 40, high_open=True)),
    ("1:80-1:160", Interval(80, 160)),
    ("1：１０００", point(1000)),
]
NO_INTERVALS = [
    "",
    "negative",
    "TNTC",
    "1,234",
    "150,000",
    "2024-01-05",
    "12/31/2024",
    "120/80",
    "5 5",
    "abc 5",
    "-3",
    "5-3",
    "1.2.3",
    "<",
    "..",
    "5 mg/dL",
    "<3-5",
]


class TestNumbers:
    """A comparator, a range, a titre in words is an interval; what may mean two numbers is none."""

    @pytest.mark.parametrize(("text", "expected"), INTERVALS)
    def test_is_read(self, text: str, expected: Interval) -> None:
        got = interval_of_text(text)
        assert got is not None
        assert got.low == pytest.approx(expected.low)
        assert got.high == pytest.approx(expected.high)
        assert (got.low_open, got.high_open) == (expected.low_open, expected.high_open)

    @pytest.mark.parametrize("text", NO_INTERVALS)
    def test_is_not_read(self, text: str) -> None:
        assert interval_of_text(text) is None

    @pytest.mark.parametrize(
        ("text", "low", "high", "unit"),
        [
            ("0.8 mg/dL", 0.8, 0.8, "mg/dL"),
            ("5-10/HPF", 5, 10, "/HPF"),
            (">1.7×10^8 IU/mL", 1.7e8, INFINITY, "IU/mL"),
            ("4.2 G/L", 4.2, 4.2, "G/L"),
            ("85%", 85, 85, "%"),
        ],
    )
    def test_what_follows_is_the_unit(self, text: str, low: float, high: float, unit: str) -> None:
        got = quantity_of_text(text)
        assert got is not None
        assert (got.value.low, got.value.high, got.unit) == (low, high, unit)

    @given(st.floats(min_value=0, max_value=1e6, allow_nan=False))
    def test_a_plain_number_reads_as_itself(self, number: float) -> None:
        got = interval_of_text(f"{number:.4f}")
        assert got is not None
        assert got.low == pytest.approx(number, abs=1e-4)

    @given(st.text(max_size=40))
    def test_no_text_breaks_the_reader(self, text: str) -> None:
        interval_of_text(text)
        category_of_text(text)
        viral_load_of_text(text)
        titre_of_text(text)


class TestTitres:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1:320", "320"),
            ("Positive, 1:640 speckled", "640"),
            ("阳性 1：1000 核颗粒型", "1000"),
            ("滴度1:320", "320"),
            ("<1:40", "<40"),
            ("Negative <1:40", "<40"),
            ("阴性（<1:100）", "<100"),
            (">= 1:1280", "≥1280"),
            ("1:320 homogeneous, 1:80 speckled", "320"),
        ],
    )
    def test_is_found_among_words(self, text: str, expected: str) -> None:
        assert str(titre_of_text(text)) == expected

    @pytest.mark.parametrize(
        "text", ["negative at 1:80", "speckled", "homogeneous pattern", "2024-01-01", ""]
    )
    def test_a_pattern_or_a_denied_titre_is_none(self, text: str) -> None:
        assert titre_of_text(text) is None


class TestViralLoads:
    """Below the limit of detection, below that of quantification, and not detected are three things."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Target not detected", "not-detected"),
            ("TND", "not-detected"),
            ("Not Detected", "not-detected"),
            ("未检出", "not-detected"),
            ("低于检测下限", "not-detected"),
            ("阴性", "not-detected"),
            ("<20 not detected", "not-detected"),
            ("Not detected (<10)", "not-detected"),
            ("<20 IU/mL detected", "detected-below-quantification"),
            ("Detected, <20 IU/mL", "detected-below-quantification"),
            ("HBV DNA detected below LLOQ", "detected-below-quantification"),
            ("detected, not quantifiable", "detected-below-quantification"),
            ("检出，低于定量下限", "detected-below-quantification"),
            ("> ULOQ", "above-quantification"),
            ("above upper limit of quantification", "above-quantification"),
            ("高于定量上限", "above-quantification"),
            ("Detected", "detected"),
            ("阳性", "detected"),
        ],
    )
    def test_words_of_a_nucleic_acid_test(self, text: str, expected: str) -> None:
        assert viral_load_of_text(text) == expected

    @pytest.mark.parametrize("text", ["<20", "< 1.0E+02", "3200", "see report"])
    def test_a_bare_bound_says_nothing_of_detection(self, text: str) -> None:
        assert viral_load_of_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1e400",
        "5 x 10^999 copies/mL",
        "1e" + "9" * 5000,
        "1e-400",
        "9" * 400,
        "9" * 6000,
        "<1e999",
        "1 - 1e999",
    ],
)
def test_a_number_beyond_those_of_the_machine_is_no_number(text: str) -> None:
    assert quantity_of_text(text) is None


def test_a_titre_beyond_the_numbers_of_the_machine_is_none() -> None:
    assert titre_of_text("1:" + "9" * 400) is None
