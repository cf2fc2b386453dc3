"""In which language a caller is answered: RFC 9110, 12.5.4 (Accept-Language), and the tags of BCP 47."""

import pytest

from app.language import LANGUAGES, Language, negotiated


@pytest.mark.parametrize(
    "tag", ["zh", "zh-CN", "zh-cn", "ZH", "zh-Hans", "zh-Hans-CN", "zh-Hans-HK", "zh-SG"]
)
def test_simplified_chinese_is_answered_in_chinese(tag: str) -> None:
    assert negotiated(tag, "en") == "zh-CN"


@pytest.mark.parametrize("tag", ["en", "en-GB", "EN-us", "en-Latn-US"])
def test_english_of_any_country_is_answered_in_english(tag: str) -> None:
    assert negotiated(tag, "zh-CN") == "en"


@pytest.mark.parametrize("default", LANGUAGES)
@pytest.mark.parametrize(
    "header", [None, "", "de, fr;q=0.5", "zh-TW", "zh-Hant", "zh-Hant-CN", "zh-HK", "eng"]
)
def test_who_asks_for_nothing_that_we_have_is_answered_in_the_default(
    header: str | None, default: Language
) -> None:
    assert negotiated(header, default) == default


@pytest.mark.parametrize("default", LANGUAGES)
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh;q=0.8, en;q=0.9", "en"),
        ("de, zh-TW;q=0.9, zh-CN;q=0.1", "zh-CN"),
        ("en;q=0.001, zh;q=0", "en"),
        ("zh-CN;q=0.2, en;q=0.5, zh;q=0.7", "zh-CN"),
    ],
)
def test_the_greatest_weight_decides(header: str, expected: Language, default: Language) -> None:
    assert negotiated(header, default) == expected


@pytest.mark.parametrize(
    ("header", "expected"), [("en, zh", "en"), ("zh, en", "zh-CN"), ("zh;q=0.5,en;q=0.5", "zh-CN")]
)
def test_of_equal_weights_the_first_counts(header: str, expected: Language) -> None:
    assert negotiated(header, "en") == expected


def test_the_asterisk_stands_for_every_language_that_is_not_named() -> None:
    assert negotiated("*", "zh-CN") == "zh-CN"
    assert negotiated("de, *;q=0.5", "zh-CN") == "zh-CN"
    assert negotiated("zh;q=0.1, *;q=0.9", "zh-CN") == "en"
    assert negotiated("zh;q=0, *", "zh-CN") == "en"
    assert negotiated("en;q=0, *;q=0.1", "en") == "zh-CN"


@pytest.mark.parametrize("header", ["en;q=0", "*;q=0", "en;q=0, zh;q=0"])
def test_who_refuses_all_is_answered_all_the_same(header: str) -> None:
    assert negotiated(header, "en") == "en"


@pytest.mark.parametrize("header", [",", ";;q", "zh;q=much", "=", '"', "zh-CN;q=1.5", "zh-", "-zh"])
def test_what_cannot_be_read_is_passed_over(header: str) -> None:
    assert negotiated(header, "en") == "en"
    assert negotiated(f"{header},en;q=0.3", "zh-CN") in LANGUAGES
