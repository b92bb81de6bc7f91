"""The checker notices every kind of break, and only breaks."""

import copy

import pytest

from tests.contract.changes import ALLOWED, BREAKS, FROZEN, Change
from tests.contract.shape import BASELINE, breaks, resolved
from tests.server import ROOT


@pytest.mark.parametrize(("change", "sentence"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_noticed_and_named(change: Change, sentence: str):
    current = copy.deepcopy(FROZEN)
    change(current)
    found = breaks(FROZEN, current)
    assert any(sentence in each for each in found), found


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_what_may_be_added_is_no_break(change: Change):
    current = copy.deepcopy(FROZEN)
    change(current)
    assert breaks(FROZEN, current) == []


@pytest.mark.parametrize("approved", FROZEN["x-approved-changes"])
def test_each_change_of_the_frozen_document_has_a_reason_and_a_decision(approved: dict[str, str]):
    assert approved["change"]
    assert approved["reason"]
    assert (ROOT / approved["decision"]).read_text().startswith("# ")


def test_the_frozen_document_holds_the_whole_baseline_in_itself():
    assert set(FROZEN["paths"]) == set(BASELINE)
    assert resolved(FROZEN) == FROZEN
