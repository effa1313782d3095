from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.evidence import file_stems


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Giro", "2026-03-Giro"),
        ("../../etc/passwd", "2026-03-etc_passwd"),
        ("C:\\Windows", "2026-03-C_Windows"),
        ("a\x00b\nc", "2026-03-a_b_c"),
        ("  ", "2026-03-account"),
        ("Girokonto Söhne & Co.", "2026-03-Girokonto Söhne _ Co"),
        ("Checking ··3456", "2026-03-Checking _3456"),
        ("口座", "2026-03-口座"),
        ("late-arrivals", "2026-03-late-arrivals-2"),
    ],
)
def test_a_name_keeps_its_letters_and_leads_nowhere(name: str, stem: str) -> None:
    assert file_stems("2026-03", [name]) == (stem,)


def test_names_that_a_file_system_takes_for_one_are_told_apart() -> None:
    stems = file_stems("2026-03", ["Café", "CAFE\u0301", "café-2", "Cafe/", "cafe?"])
    assert stems == (
        "2026-03-Café",
        "2026-03-CAFÉ-2",
        "2026-03-café-2-2",
        "2026-03-Cafe",
        "2026-03-cafe-2",
    )


@given(st.lists(st.text(max_size=200), max_size=8))
def test_every_name_is_safe_short_and_unlike_the_others(names: list[str]) -> None:
    stems = file_stems("2026-03", names)
    assert len({unicodedata.normalize("NFKC", stem).casefold() for stem in stems}) == len(names)
    for stem in stems:
        assert stem.startswith("2026-03-")
        assert not set(stem) & set('/\\:*?"<>|.\x00\n')
        assert len(stem.encode()) < 200
