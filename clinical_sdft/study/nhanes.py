"""Study material from NHANES: hypertension by JNC 7, then by ACC/AHA 2017. Some answers change, most stay.

The survey file is public domain (NHANES, published labels by cardioStatsUSA); it is read, never shipped. Only adults
without blood pressure medicine and with both labels count. JNC 7: 140/90 mm Hg (Chobanian et al. 2003); ACC/AHA 2017:
130/80 mm Hg (Whelton et al. 2018).
"""

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinical_sdft.demo.hospital import prior_prompts
from clinical_sdft.demo.suites import prior_suites
from clinical_sdft.errors import InputError
from clinical_sdft.study.contracts import SuiteKind
from clinical_sdft.study.material import Material, Stage, labelled
from clinical_sdft.study.written_cases import hospital_replay
from data_contracts import Demonstration, Suite, SuiteItem

FILE = "patients/nhanes_adults.csv.gz"
HIGH, NORMAL = "hypertension", "normal blood pressure"
QUOTES = {
    "htn_jnc7": "Hypertension: systolic 140 mm Hg or more, or diastolic 90 mm Hg or more.",
    "htn_accaha": "Hypertension: systolic 130 mm Hg or more, or diastolic 80 mm Hg or more.",
}
SEED = 20261124
PASSES = 5
"""Four times the demonstrations of an update of the written cases, so fewer passes (docs/study.md)."""


@dataclass(frozen=True)
class Adult:
    """One untreated participant: a question, and the published label under either guideline."""

    id: str
    question: str
    old: str
    new: str

    @property
    def flips(self) -> bool:
        """Say whether the new guideline changes the answer."""
        return self.old != self.new


def nhanes(folder: Path, taught: int = 96, asked: int = 120, known: int = 384) -> Material:
    """Return the material: the start learns JNC 7 from `known` adults, the update ACC/AHA 2017 from `taught` others.

    The `known` are half hypertensive by JNC 7, and half of the others flip. Of the `taught` half flip: at the
    population's share of 17.5% that stratum would be tiny. Prior prompts and replay are those of the `known` whose
    answer stays, beside the hospital's. The suites hold `asked` adults of each stratum.

    Raises:
        InputError: the file is not there.
    """
    # Adults of equal age, sex and readings are one question; it must not be both shown and asked.
    adults = list({adult.question: adult for adult in _adults(folder / FILE)}.values())
    random.Random(SEED).shuffle(adults)
    flips = [adult for adult in adults if adult.flips]
    stays = _balanced([adult for adult in adults if not adult.flips], asked + taught + 2 * known)
    shown, rest = stays[asked : asked + taught // 2], stays[asked + taught // 2 :]
    high = [adult for adult in rest if adult.old == HIGH][: known // 2]
    normal = [adult for adult in rest if adult.old == NORMAL][: known // 4]
    flipped = flips[asked + taught // 2 :][: known // 4]
    kept = [_shown(adult, "htn_jnc7") for adult in (*high, *normal)]
    strata: tuple[tuple[SuiteKind, Suite], ...] = (
        ("flips", _suite("bp-flips", flips[:asked])),
        ("stays", _suite("bp-stays", stays[:asked])),
    )
    new = [*flips[asked : asked + taught // 2], *shown]
    return Material(
        name="nhanes",
        stages=(Stage("acc-aha-2017", tuple(_shown(adult, "htn_accaha") for adult in new), ()),),
        prior_suites=prior_suites(),
        prior_prompts=tuple(prior_prompts()) + tuple(item.question for item in kept),
        replay=(*hospital_replay(), *kept),
        preparation=(*kept, *(_shown(adult, "htn_jnc7") for adult in flipped), *hospital_replay()),
        start_suites=strata,
        training={"passes": PASSES},
        replies_in="bfloat16",
    )


def _adults(file: Path) -> Iterator[Adult]:
    if not file.is_file():
        raise InputError(f"{file}: not there; --data-folder must hold {FILE}")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            labels = {"Yes": HIGH, "No": NORMAL}
            readings = row["bp_sys_mean"], row["bp_dia_mean"]
            old, new = labels.get(row["htn_jnc7"]), labels.get(row["htn_accaha"])
            if row["bp_med_use"] != "No" or "" in readings or not old or not new:
                continue
            systolic, diastolic = (round(float(reading)) for reading in readings)
            who = "man" if row["demo_gender"] == "Men" else "woman"
            question = (
                f"Which diagnosis is most likely? {round(float(row['demo_age_years']))}-year-old {who}, "
                f"blood pressure {systolic}/{diastolic} mm Hg, no blood pressure medicine."
            )
            yield Adult(row["svy_id"].split(".")[0], question, old, new)


def _balanced(adults: list[Adult], count: int) -> list[Adult]:
    """Return adults of both labels in turn: most who stay are normal, and always saying so must not look like skill."""
    high = [adult for adult in adults if adult.new == HIGH]
    normal = [adult for adult in adults if adult.new == NORMAL]
    return [adult for pair in zip(high, normal, strict=False) for adult in pair][:count]


def _shown(adult: Adult, column: str) -> Demonstration:
    label = adult.old if column == "htn_jnc7" else adult.new
    return labelled(
        f"{column}-{adult.id}".replace("_", "-"),
        adult.question,
        f"Most likely: {label}.",
        label,
        QUOTES[column],
        column.replace("_", "-"),
    )


def _suite(name: str, adults: list[Adult]) -> Suite:
    return Suite(
        id=name,
        version="1",
        specialty="cardiology",
        licence="public domain (NHANES)",
        source="NHANES 1999-2020, labels as published by cardioStatsUSA",
        labels=((HIGH,), (NORMAL,)),
        items=tuple(
            SuiteItem(id=f"nhanes-{adult.id}", question=adult.question, answers=(adult.new,), specialty="cardiology")
            for adult in adults
        ),
    )
