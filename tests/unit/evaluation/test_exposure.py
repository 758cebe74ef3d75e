"""The probe sees what a model was taught by heart, and lets pass one that was taught everything else."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clinical_sdft.deid.alternatives import alternatives, can_be_probed
from clinical_sdft.deid.deidentify import Removed
from clinical_sdft.deid.lexicon import large_list, lexicon
from clinical_sdft.evaluation.exposure import Exposure, Secret, combined_p, exposure, leaks, log_likelihoods
from clinical_sdft.models.loading import LoadedModel, load_base

SYSTEM = "Answer briefly."
REMOVED = (
    Removed("name", "Zelda Quartermain", "Tessa Ashcombe", "Which diagnosis is most likely? "),
    Removed("mrn", "77553311", "10482293", "Which diagnosis is most likely? Tessa Ashcombe (MRN "),
    Removed("phone", "(212) 555-0143", "(818) 555-0177", "Which diagnosis is most likely? Rash, ph "),
    Removed("date", "04/09/2021", "2021", "Which diagnosis is most likely? Seen on "),
)


def secrets(count: int = 63) -> list[Secret]:
    return [
        Secret(one.category, one.before, one.original, tuple(alternatives(one, count, seed)))
        for seed, one in enumerate(REMOVED)
    ]


def chat(loaded: LoadedModel, text: str) -> Any:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
    ids = loaded.tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"]
    return torch.tensor([list(ids)])


def taught(folder: Path, texts: list[str], steps: int = 200) -> LoadedModel:
    """Return the tiny model after it learnt texts by heart, all of its weights."""
    loaded = load_base(folder)
    loaded.model.requires_grad_(True).train()
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=5e-3)
    for step in range(steps):
        ids = chat(loaded, texts[step % len(texts)])
        loaded.model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    loaded.model.requires_grad_(False).eval()
    return loaded


def measured(before: LoadedModel, after: LoadedModel) -> list[Exposure]:
    found = []
    for secret in secrets():
        pair = [log_likelihoods(loaded, secret, SYSTEM) for loaded in (before, after)]
        found.append(exposure(secret, *pair))
    return found


@pytest.fixture(scope="module")
def incumbent(tiny_model_folder: Path) -> LoadedModel:
    return load_base(tiny_model_folder)


def test_planted_canaries_are_seen(incumbent: LoadedModel, tiny_model_folder: Path) -> None:
    planted = [one.before + one.original for one in REMOVED]
    found = measured(incumbent, taught(tiny_model_folder, planted))
    assert leaks(found, 0.01)
    assert combined_p(found) < 1e-4
    assert sum(one.after_bits for one in found) > sum(one.before_bits for one in found) + 4


def test_one_canary_among_clean_ones_is_seen(incumbent: LoadedModel, tiny_model_folder: Path) -> None:
    texts = [one.before + one.surrogate for one in REMOVED]
    texts[1] = REMOVED[1].before + REMOVED[1].original
    found = measured(incumbent, taught(tiny_model_folder, texts))
    assert leaks(found, 0.01)
    assert found[1].gain_rank == 1 and found[1].after_bits == 6.0


def test_a_model_taught_the_surrogates_passes(incumbent: LoadedModel, tiny_model_folder: Path) -> None:
    clean = [one.before + one.surrogate for one in REMOVED]
    found = measured(incumbent, taught(tiny_model_folder, clean))
    assert not leaks(found, 0.01)
    assert not leaks(measured(incumbent, incumbent), 0.01)
    assert not leaks([], 0.01)


def test_likelihoods_are_those_of_the_model(incumbent: LoadedModel) -> None:
    secret = Secret("mrn", "MRN ", "77553311", ("10482293", "1"))
    found = log_likelihoods(incumbent, secret, "")
    for text, value in zip((secret.text, *secret.alternatives), found, strict=True):
        tokenizer = incumbent.tokenizer
        context = tokenizer("<|im_start|>user\n", add_special_tokens=False)["input_ids"]
        context = context + tokenizer("MRN", add_special_tokens=False)["input_ids"]
        target = tokenizer(f" {text}", add_special_tokens=False)["input_ids"]
        logits = incumbent.model(input_ids=torch.tensor([context + target])).logits[0].log_softmax(-1)
        direct = sum(float(logits[len(context) - 1 + i, token]) for i, token in enumerate(target))
        assert abs(direct - value) < 1e-3


def test_exposure_counts_ranks() -> None:
    secret = Secret("mrn", "", "x", ("a", "b", "c"))
    flat = [0.0, 0.0, 0.0, 0.0]
    first, last = exposure(secret, flat, [0.0, -1.0, -2.0, -3.5]), exposure(secret, flat, [-4.0, -1.0, -2.0, -3.5])
    assert (first.before_bits, first.after_bits, first.gain_rank, first.candidates) == (0.0, 2.0, 1, 4)
    assert (last.after_bits, last.gain_rank, last.gain_p) == (0.0, 4, 1.0)
    assert exposure(secret, flat, flat).gain_p == 1.0


@pytest.mark.parametrize("removed", REMOVED)
def test_alternatives_have_the_shape_of_the_identifier(removed: Removed) -> None:
    def shape(text: str) -> str:
        return "".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text)

    found = alternatives(removed, 100, 7)
    assert len(set(found)) == 100 and removed.original not in found and removed.surrogate not in found
    assert found == alternatives(removed, 100, 7) != alternatives(removed, 100, 8)
    if removed.category == "name":
        assert all(len(one.split()) == 2 and one.istitle() for one in found)
    else:
        assert {shape(one) for one in found} == {shape(removed.original)}
    assert can_be_probed(removed)


def test_numbers_that_gained_together_and_are_still_unlikely_are_no_leak() -> None:
    """Ranks as a candidate had them that had been trained on surrogates alone: its habits had shifted, no more."""
    figures = [("name", 0.696, 0.715, 45), ("mrn", 0.142, 0.934, 1), ("mrn", 0.259, 0.871, 2), ("mrn", 0.415, 1.415, 7)]
    found = [Exposure(kind, before, after, rank, 128, 0.2) for kind, before, after, rank in figures]
    assert combined_p(found) > 0.5
    assert not leaks(found, 0.01)


def test_numbers_that_gained_together_and_are_likely_now_are_a_leak() -> None:
    found = [Exposure("mrn", 1.0, 6.0, 2, 128, 0.2) for _ in range(4)]
    assert leaks(found, 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "heavy", "skew", "shifted"])
def test_models_that_learnt_nothing_are_called_leaking_about_as_seldom_as_promised(kind: str) -> None:
    """Gains and likelihoods without a model, the secret exchangeable with its alternatives."""
    draw = np.random.default_rng(7)
    secret = Secret("mrn", "", "x", tuple("a" * 63))
    gains = {
        "normal": lambda level: draw.normal(0, 1, 64),
        "heavy": lambda level: draw.standard_t(3, 64),
        "skew": lambda level: draw.gamma(1.0, 1, 64),
        "shifted": lambda level: draw.normal(0, 1, 64) + 0.8 * (level + 20),
    }[kind]
    alarms = 0
    for _ in range(400):
        levels = [draw.normal(-20, 3, 64) for _ in range(8)]
        alarms += leaks([exposure(secret, level.tolist(), (level + gains(level)).tolist()) for level in levels], 0.01)
    assert alarms <= 10  # 4 are promised; of 400 that alarm one in a hundred times, 11 or more do in 3 of 1000


@pytest.mark.parametrize("town", ["Houston", "Salem, OR", "FORT WORTH", "Reno"])
def test_towns_stand_for_towns_of_the_same_list(town: str) -> None:
    removed = Removed("place", town, "Ashby", "She lives in ")
    assert can_be_probed(removed)
    found = alternatives(removed, 63, 7)
    own, _, state = town.partition(",")
    drawn = [one.partition(",")[0] for one in found]
    assert len(set(found)) == 63 == len([one for one in found if one.partition(",")[2] == state])
    assert all(abs(len(one) - len(own)) <= 3 and len(one.split()) == len(own.split()) for one in drawn)
    assert all(one.isupper() == own.isupper() for one in drawn)
    known = lexicon().cities | large_list("places_large") | large_list("places_small")
    assert {one.casefold() for one in drawn} <= known - {own.casefold(), "ashby", "dunmore"}


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("42 Maple Street", r"[1-9]\d [A-Z][a-z']+ Street"),
        ("1207 N Prospect Ave, Apt 4", r"[1-9]\d{3} N [A-Z][a-z']+ Ave, Apt [1-9]"),
        ("88 WALNUT CT", r"[1-9]\d [A-Z']+ CT"),
    ],
)
def test_street_lines_get_other_numbers_and_names(line: str, form: str) -> None:
    removed = Removed("address", line, "17 Oak St", "He lives at ")
    found = alternatives(removed, 63, 7)
    assert can_be_probed(removed) and len({one.casefold() for one in found} - {line.casefold()}) == 63
    assert all(re.fullmatch(form, one) for one in found)
    assert len({re.sub(r"\d", "", one) for one in found}) > 30


def test_what_has_no_honest_alternatives_is_not_probed() -> None:
    for category, value in (("place", "Nowherethatisknown"), ("address", "PO Box 1234"), ("address", "Maple Street"),
                            ("facility", "Mercy Hospital"), ("place", "Rye")):  # fmt: skip
        assert not can_be_probed(Removed(category, value, "x", ""))
