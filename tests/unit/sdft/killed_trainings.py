"""Train arms on the tiny model in child processes, killed by SIGKILL at given places, until one ends by itself.

Children are forked, so that only the first process pays for the imports. Usage: python killed_trainings.py MODEL FOLDER
Prints, one JSON line an arm, the digests of the unbroken run and of the killed one, and how often it was killed.
"""

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path

import torch
from test_training import TRAINING, a_plan

from clinical_sdft.models.adapters import adapter_digest
from clinical_sdft.models.loading import load_base
from clinical_sdft.sdft.arms import Incumbent, train_arm
from clinical_sdft.versions import NO_ADAPTER

SETTINGS = TRAINING.model_copy(update={"passes": 4, "checkpoint_steps": 2})
ARMS = {
    "frozen and amplified": ("sdft", {"checkpoint_steps": 5}, 1.0),
    "ema, first to write": ("sdft", {"teacher": "ema", "ema_rate": 0.2, "teacher_passes": 2}, 0.0),
    "sft": ("sft", {}, 0.0),
}
PLACES = (1, 2, 3, 2)
"""Which file move of a run is its last: rollouts, checkpoints and the adapter are all moved into place."""


def die_at(place: int) -> None:
    """Kill this process just before its n-th file is moved into place on even places, just after on odd ones."""
    moves, replace = count(1), os.replace

    def replacing(*arguments: object, **options: object) -> None:
        last = next(moves) == place
        if last and place % 2 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*arguments, **options)  # type: ignore[arg-type]
        if last:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = replacing  # type: ignore[assignment]


def run(name: str, model: Path, folder: Path, place: int | None) -> int:
    """Train in a child and return its wait status."""
    arm, changes, beta = ARMS[name]
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        if place is not None:
            die_at(place)
        plan = a_plan(SETTINGS.model_copy(update=changes), beta)
        train_arm(arm, Incumbent(load_base(model), None, NO_ADAPTER), plan, folder)  # type: ignore[arg-type]
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main(model: Path, folder: Path) -> None:
    load_base(model)  # here once, so that every child starts quickly
    for name in ARMS:
        assert run(name, model, folder / name / "whole", None) == 0
        killed = 0
        for place in PLACES:
            status = run(name, model, folder / name / "killed", place)
            killed += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert run(name, model, folder / name / "killed", None) == 0
        digests = [adapter_digest(folder / name / kind) for kind in ("whole", "killed")]
        print(json.dumps([name, *digests, killed]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
