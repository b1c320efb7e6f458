"""The published API-Bank: every row is accounted for, and no answer that is kept breaks its schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lit_toolcall.data.sources import ApiBank, Ledger
from lit_toolcall.schema import find_call_problem

REAL_DATA = Path(__file__).parents[4] / "shared" / "data" / "api-bank"
REAL_FILES = (
    "training-data/lv3-api-train.json",
    "training-data/lv3-response-train.json",
    "test-data/level-1-api.json",
    "test-data/level-1-response.json",
)
REAL_REJECTIONS = {
    # calls CaloriesCalculator where the search found ZumbaCalories, and bookAppointment, never searched for
    "lv3-api-train": {158, 492}
    # the description of LabTestAppointmentScheduler is cut off with "..."
    | {276, 277}
    # ToolSearcher with a location
    | {267, 407, 589}
    # FindDiabetesResearchStudy without its location
    | {291}
    # `<trial_id of Trial A>` and `<Appointment_ID>` for values
    | {560, 673},
    # the same two requests in the history
    "lv3-response-train": {211, 250},
    # device_id where CancelTimedSwitch and TimedSwitch take name
    "level-1-api": {62, 131, 165, 168, 216, 262, 271, 358},
    "level-1-response": set(),
}
needs_real_data = pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"API-Bank is not at {REAL_DATA}")


@needs_real_data
@pytest.mark.parametrize("file", REAL_FILES)
def test_every_real_row_is_kept_or_rejected_for_a_known_reason(file: str) -> None:
    path = REAL_DATA / file
    ledger = Ledger()
    examples = list(ApiBank(str(path)).read(ledger))
    assert ledger.kept + len(ledger.rejected) == len(json.loads(path.read_text(encoding="utf-8")))
    assert len(examples) == ledger.kept
    rejected = {int(rejection.place.rpartition(" ")[2]) for rejection in ledger.rejected}
    assert rejected == REAL_REJECTIONS[path.stem]


@needs_real_data
def test_no_real_answer_breaks_its_schema_and_no_turn_is_lost() -> None:
    examples = list(ApiBank(str(REAL_DATA)).read(Ledger()))
    assert {example.place.split(":row")[0] for example in examples} == {str(REAL_DATA / file) for file in REAL_FILES}
    rows = {file: json.loads((REAL_DATA / file).read_text(encoding="utf-8")) for file in REAL_FILES}
    for example in examples:
        assert example.answer is not None
        assert all(find_call_problem(call, example.tools) is None for call in example.answer.calls)
        file, number = str(Path(example.place).relative_to(REAL_DATA)).split(":row ")
        lines = rows[file][int(number) - 1]["input"].split("\n")
        # a request makes two messages, the call and its result
        turns = sum({"User": 1, "AI": 1, "API-Request": 2}.get(line.partition(":")[0], 0) for line in lines)
        assert len([message for message in example.messages if message.role != "system"]) == turns
