"""Addresses: one spelling, and no second reading (RFC 3986; URL parser confusion)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.client import AddressError, base_address, listed
from fhir_mappings.client.addresses import address, is_private, is_public

LISTED = ("https://ehr.example/fhir/r4", "https://10.1.2.3:8443/fhir", "https://[2001:db8::1]/fhir")
BASES = [base_address(text) for text in LISTED]


@pytest.mark.parametrize(
    "text",
    [
        "https://ehr.example/fhir/r4",
        "https://ehr.example/fhir/r4/",
        "HTTPS://EHR.Example:443/fhir/r4",
        "https://ehr.example:/fhir/r4",
        "https://ehr.example/fhir/r4/tenant-7",
        "https://ehr.example/%66hir/r4",
        "https://10.1.2.3:8443/fhir",
        "https://[2001:DB8:0:0::1]/fhir",
        "https://[2001:db8::0.0.0.1]:443/fhir",
    ],
)
def test_another_spelling_of_a_listed_base_is_the_same_base(text: str) -> None:
    assert listed(text, BASES) is not None


@pytest.mark.parametrize(
    "text",
    [
        # another server
        "https://evil.example/fhir/r4",
        "https://ehr.example.evil.example/fhir/r4",
        "https://evil.example/https://ehr.example/fhir/r4",
        "http://ehr.example/fhir/r4",
        "https://ehr.example:8443/fhir/r4",
        "https://10.1.2.3/fhir",
        # another path
        "https://ehr.example",
        "https://ehr.example/",
        "https://ehr.example/fhir",
        "https://ehr.example/fhir/r4b",
        "https://ehr.example/FHIR/r4",
        # user names
        "https://ehr.example@evil.example/fhir/r4",
        "https://evil.example@ehr.example/fhir/r4",
        "https://user:word@ehr.example/fhir/r4",
        "https://ehr.example:443@evil.example/fhir/r4",
        "https://ehr.example%40evil.example/fhir/r4",
        # fragments and queries
        "https://ehr.example/fhir/r4#x",
        "https://ehr.example#@evil.example/fhir/r4",
        "https://evil.example#https://ehr.example/fhir/r4",
        "https://ehr.example/fhir/r4?x=1",
        "https://ehr.example/fhir/r4?",
        # backslashes, blanks, control characters
        "https://ehr.example\\@evil.example/fhir/r4",
        "https:\\\\ehr.example/fhir/r4",
        "https://evil.example\\.ehr.example/fhir/r4",
        " https://ehr.example/fhir/r4",
        "https://ehr.example/fhir/r4 ",
        "https://ehr.example/fhir/r4\n",
        "https://ehr.example\t/fhir/r4",
        "https://ehr.example\r\nHost: evil.example/fhir/r4",
        "https://ehr.example/fhir/r4\x00",
        # dots and slashes
        "https://ehr.example./fhir/r4",
        "https://ehr..example/fhir/r4",
        "https://.ehr.example/fhir/r4",
        "https://ehr.example//fhir/r4",
        "https://ehr.example/fhir//r4",
        "https://ehr.example/fhir/r4//",
        "https://ehr.example/fhir/r4/../../admin",
        "https://ehr.example/fhir/r4/..",
        "https://ehr.example/fhir/./r4",
        "https://ehr.example/fhir/r4/%2e%2e/admin",
        "https://ehr.example/fhir/r4/%2E./admin",
        "https://ehr.example/fhir%2fr4",
        "https://ehr.example/fhir/r4/%5c..%5cadmin",
        "https://ehr.example/fhir/r4/..;/admin",
        "https://ehr.example/fhir/r4;x=1",
        "https://ehr.example/fhir/r4/%252e%252e",
        "https://ehr.example/fhir/r4/%0d%0a",
        "https://ehr.example/fhir/r4/%zz",
        # hosts that only look alike
        "https://ehr.examplе/fhir/r4",
        "https://ｅhr.example/fhir/r4",
        "https://ehr。example/fhir/r4",
        "https://[2001:db8::1%25eth0]/fhir",
        "https://[2001:db8::1]evil.example/fhir",
        "https://[::ffff:10.1.2.3]:8443/fhir",
        # other ways of writing 10.1.2.3
        "https://10.1.515:8443/fhir",
        "https://167838211:8443/fhir",
        "https://0x0a010203:8443/fhir",
        "https://012.1.2.3:8443/fhir",
        "https://10.1.2.03:8443/fhir",
        "https://10.1.2.3.:8443/fhir",
        # ports
        "https://ehr.example:0/fhir/r4",
        "https://ehr.example:65979/fhir/r4",
        "https://ehr.example:+443/fhir/r4",
        "https://ehr.example:443:443/fhir/r4",
        "https://ehr.example:٤٤٣/fhir/r4",
        # no URL of a server at all
        "",
        "ehr.example/fhir/r4",
        "//ehr.example/fhir/r4",
        "/fhir/r4",
        "https:ehr.example/fhir/r4",
        "https:/ehr.example/fhir/r4",
        "https:///fhir/r4",
        "file:///etc/passwd",
        "ftp://ehr.example/fhir/r4",
        "gopher://ehr.example/fhir/r4",
        "jar:https://ehr.example/fhir/r4",
        "https://ehr.example/fhir/r4/" + "a" * 5000,
    ],
)
def test_what_is_another_address_or_can_be_read_as_one_is_not_listed(text: str) -> None:
    assert listed(text, BASES) is None


def test_nothing_is_listed_where_nothing_is() -> None:
    assert listed("https://ehr.example/fhir", []) is None


@given(
    st.text(max_size=60), st.sampled_from(["https://ehr.example/fhir/r4", "https://ehr.example", "https://"])
)
def test_whatever_is_accepted_is_spelt_the_same_when_read_again(tail: str, head: str) -> None:
    try:
        found = address(head + tail)
    except AddressError:
        return
    assert address(found.url) == found


def test_a_read_or_search_stays_below_the_base() -> None:
    base = base_address("https://ehr.example/fhir/r4")
    assert base.below("Patient/p1").url == "https://ehr.example/fhir/r4/Patient/p1"
    assert base.below("Condition?patient=p1").url == "https://ehr.example/fhir/r4/Condition?patient=p1"
    for path in ("Patient/../../admin", "Patient/%2e%2e", "Patient//x", "Patient/p1#x", "Patient/a b"):
        with pytest.raises(AddressError):
            base.below(path)


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("https://ehr.example/fhir/r4?_getpages=7", "https://ehr.example/fhir/r4?_getpages=7"),
        ("Condition?page=2", "https://ehr.example/fhir/r4/Condition?page=2"),
        ("?page=2", "https://ehr.example/fhir/r4/Condition?page=2"),
        ("/other?page=2", "https://ehr.example/other?page=2"),
        ("//evil.example/x", "https://evil.example/x"),
        ("../../../x", "https://ehr.example/x"),
    ],
)
def test_a_link_leads_where_urls_say_that_it_does(link: str, leads_to: str) -> None:
    page = address("https://ehr.example/fhir/r4/Condition?patient=p1")
    assert page.followed(link).url == leads_to


@pytest.mark.parametrize(
    "link", ["", "javascript:alert(1)", "https://a@ehr.example/", "\\\\evil.example\\x", "/a b"]
)
def test_a_link_that_is_no_address_leads_nowhere(link: str) -> None:
    if link == "":
        link = " "
    with pytest.raises(AddressError):
        address("https://ehr.example/fhir/Condition").followed(link)


class TestKindsOfIpAddresses:
    @pytest.mark.parametrize("text", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
    def test_of_the_internet(self, text: str) -> None:
        assert is_public(text)
        assert not is_private(text)

    @pytest.mark.parametrize(
        "text",
        [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "fd12:3456::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
        ],
    )
    def test_of_a_private_network(self, text: str) -> None:
        assert not is_public(text)
        assert is_private(text)

    @pytest.mark.parametrize(
        "text",
        [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "fe80::1%eth0",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "240.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "::127.0.0.1",
        ],
    )
    def test_of_neither_kind_where_no_fhir_server_lives(self, text: str) -> None:
        assert not is_public(text)
        assert not is_private(text)
