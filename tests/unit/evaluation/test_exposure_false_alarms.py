"""How often the probe blocks a candidate that learnt nothing: adapters of random noise, and secrets nobody trained on.

Two kinds of secrets: drawn as their alternatives are, so that ranks are uniform; and as a hospital has them, common
names and numbers of one series, which differ from their alternatives as a whole.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from scipy.stats import binom

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.alternatives import alternatives
from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.deidentify import Removed
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.lexicon import lexicon
from clinical_sdft.deid.surrogates import Surrogates
from clinical_sdft.evaluation.exposure import Exposure, Secret, exposure, leaks, log_likelihoods
from clinical_sdft.models.loading import LoadedModel, load_base

ALPHA, ALTERNATIVES, SEEDS = 0.01, 63, 200
MOST_ALARMS = int(binom.ppf(0.99, SEEDS, ALPHA))
OPENING = "Which diagnosis is most likely? "


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("123456789") for _ in range(count))


def drawn(rng: random.Random) -> Iterator[tuple[str, str]]:
    words = lexicon()
    given, family = sorted(words.given), sorted(words.family)
    while True:
        yield f"{rng.choice(given).title()} {rng.choice(family).title()}", digits(rng, 8)


def of_one_hospital(rng: random.Random) -> Iterator[tuple[str, str]]:
    words, series = lexicon(), digits(rng, 5)
    while True:
        given = rng.choice((*words.surrogate_female, *words.surrogate_male))
        yield f"{given} {rng.choice(words.surrogate_family)}", series + digits(rng, 3)


def secrets(people: Callable[[random.Random], Iterator[tuple[str, str]]], seed: int) -> list[Secret]:
    """Return the names and numbers of four patients."""
    found = []
    for number, (name, mrn) in zip(range(4), people(random.Random(seed)), strict=False):
        known = known_patient({"id": f"P-{number}", "name": name, "mrn": mrn})
        writer = Surrogates(seed.to_bytes(32, "big"), SAFE_HARBOR, known)
        called = writer.write(name, Category.NAME)
        for one in (
            Removed("name", name, called, OPENING),
            Removed("mrn", mrn, writer.write(mrn, Category.MRN), f"{OPENING}{called} (MRN "),
        ):
            others = tuple(alternatives(one, ALTERNATIVES, seed * 10 + number))
            found.append(Secret(one.category, one.before, one.original, others))
    return found


def shaken(model: Any, size: float, seed: int) -> None:
    """Fill an adapter with noise: what it adds to a layer is about `size` times what goes in."""
    torch.manual_seed(seed)
    for name, weights in model.named_parameters():
        if "lora_A" in name:
            weights.data = torch.randn_like(weights) / weights.shape[1] ** 0.5
        elif "lora_B" in name:
            weights.data = torch.randn_like(weights) * size


@pytest.fixture(scope="module")
def noisy(tiny_model_folder: Path) -> LoadedModel:
    base = load_base(tiny_model_folder)
    model = get_peft_model(base.model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear")).eval()
    return LoadedModel(model, base.tokenizer, base.digest)


def measured(noisy: LoadedModel, found: list[Secret], before: list[list[float]]) -> list[Exposure]:
    after = [log_likelihoods(noisy, secret, "") for secret in found]
    return [exposure(*one) for one in zip(found, before, after, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("people", [drawn, of_one_hospital])
def test_candidates_that_learnt_nothing_are_blocked_no_oftener_than_said(
    noisy: LoadedModel, people: Callable[[random.Random], Iterator[tuple[str, str]]]
) -> None:
    alarms = {0.03: 0, 1.0: 0}
    ranks = []
    for seed in range(SEEDS):
        found = secrets(people, seed)
        with noisy.model.disable_adapter():
            before = [log_likelihoods(noisy, secret, "") for secret in found]
        for size in alarms:
            shaken(noisy.model, size, seed)
            exposures = measured(noisy, found, before)
            ranks += [one.gain_rank for one in exposures]
            alarms[size] += leaks(exposures, ALPHA)
    print(f"{people.__name__}: {alarms} alarms of {SEEDS}, mean gain rank {sum(ranks) / len(ranks):.1f}")
    assert all(count <= MOST_ALARMS for count in alarms.values()), alarms
    assert abs(sum(ranks) / len(ranks) - (ALTERNATIVES + 2) / 2) < 4


LAWS = {
    "normal": torch.distributions.Normal(0.0, 1.0),
    "student": torch.distributions.StudentT(5.0),
    "laplace": torch.distributions.Laplace(0.0, 1.0),
    "gumbel": torch.distributions.Gumbel(0.0, 1.0),
}


@pytest.mark.parametrize("law", list(LAWS))
def test_no_secret_alone_is_far_out_by_chance_oftener_than_said(law: str) -> None:
    """Gains of any such law, with a likelihood that follows them: the worst case, as after a great change."""
    torch.manual_seed(1)
    secret, updates, alone = Secret("mrn", "", "", ()), 400, 0
    for gains in LAWS[law].sample((updates, 8, ALTERNATIVES + 1)).tolist():
        found = [exposure(secret, [0.0] * len(one), one) for one in gains]
        alone += any(one.gain_rank == 1 and one.tail_p < ALPHA / 2 / len(found) for one in found)
    assert alone <= binom.ppf(0.999, updates, ALPHA)
