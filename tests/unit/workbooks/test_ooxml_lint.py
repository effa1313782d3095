from __future__ import annotations

import pytest

from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.planted_package_faults import (
    ARCHIVE_FAULTS,
    PACKAGE_FAULTS,
    WORKBOOK_FAULTS,
)
from tests.workbook_checks.planted_sheet_faults import FORMULA_FAULTS, SHEET_FAULTS, TABLE_FAULTS
from tests.workbook_checks.planting import Fault, clean_workbook, planted

FAULTS = (*PACKAGE_FAULTS, *WORKBOOK_FAULTS, *SHEET_FAULTS, *FORMULA_FAULTS, *TABLE_FAULTS)


def test_a_clean_workbook_gives_no_finding() -> None:
    assert lint(clean_workbook()) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_planted_fault_is_found(fault: Fault) -> None:
    assert fault.code in {finding.code for finding in lint(planted(fault))}


@pytest.mark.parametrize("name", ARCHIVE_FAULTS)
def test_each_fault_of_the_archive_is_found(name: str) -> None:
    code, damage = ARCHIVE_FAULTS[name]
    assert code in {finding.code for finding in lint(damage(clean_workbook()))}


def test_a_text_file_is_no_package() -> None:
    assert [finding.code for finding in lint(b"Date,Amount\n")] == ["zip"]


def test_a_finding_names_the_part() -> None:
    [fault] = [fault for fault in FAULTS if fault.name == "a header other than its column"]
    [finding] = lint(planted(fault))
    assert finding.part == "xl/tables/table1.xml"
