"""The cost ledger: seconds, tokens and floating-point operations by phase."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch

from clinical_sdft.sdft.party import Party
from data_contracts import CostLedger, PhaseCost

Phase = Literal["rollout", "teacher", "student", "evaluation"]
FORWARD = 2.0
FORWARD_BACKWARD_FROZEN = 4.0


class Ledger:
    """Adds up what each phase cost.

    FLOPs per weight and token: 2 for a forward pass (Kaplan et al. 2020, arXiv 2001.08361, section 2.1); a backward
    pass through frozen weights adds 2 (the gradient of activations only), so training an adapter counts 4. Every row's
    tokens count in full, through all weights: what a shared beginning or an output layer at few tokens saves is not
    taken off, so the figures are upper bounds, and comparable with each other.
    """

    def __init__(self, weights: int) -> None:
        """`weights` is the number of weights each token passes through."""
        self._weights = weights
        self._phases: dict[Phase, PhaseCost] = {}
        self._sft_flops: float | None = None

    @contextmanager
    def phase(self, phase: Phase, tokens: int, per_weight: float = FORWARD) -> Iterator[None]:
        """Time a block and book its tokens."""
        start = time.perf_counter()
        yield
        self.add(phase, time.perf_counter() - start, tokens, per_weight)

    def add(self, phase: Phase, seconds: float, tokens: int, per_weight: float = FORWARD) -> None:
        """Book seconds and tokens on a phase."""
        before = self._phases.get(phase, PhaseCost(phase=phase, seconds=0, tokens=0, flops=0))
        self._phases[phase] = PhaseCost(
            phase=phase,
            seconds=before.seconds + seconds,
            tokens=before.tokens + tokens,
            flops=before.flops + per_weight * self._weights * tokens,
        )

    def reckon_sft(self, tokens: int) -> None:
        """Note what plain SFT would cost on the same demonstrations: `tokens` read and learned from."""
        self._sft_flops = FORWARD_BACKWARD_FROZEN * self._weights * tokens

    def restore(self, cost: CostLedger) -> None:
        """Take up the figures of an interrupted run."""
        self._phases = {phase.phase: phase for phase in cost.phases}

    def add_up(self, party: Party) -> None:
        """Take in what the other processes of a party booked: their tokens and operations; seconds stay this one's.

        After an interrupted run only the first process's figures from before the interruption are known.
        """
        if party.size == 1:
            return
        names: tuple[Phase, ...] = ("rollout", "teacher", "student")
        nothing = {name: PhaseCost(phase=name, seconds=0, tokens=0, flops=0) for name in names}
        mine = {**nothing, **self._phases}
        booked = [[mine[name].tokens, mine[name].flops] for name in names]
        for name, (tokens, flops) in zip(names, party.add_up(torch.tensor(booked).double()).tolist(), strict=True):
            if tokens:
                self._phases[name] = PhaseCost(phase=name, seconds=mine[name].seconds, tokens=int(tokens), flops=flops)

    @property
    def tokens_per_second(self) -> float:
        """Tokens of all phases over their seconds."""
        seconds = sum(phase.seconds for phase in self._phases.values())
        return sum(phase.tokens for phase in self._phases.values()) / seconds if seconds else 0.0

    def closed(self) -> CostLedger:
        """Return the figures so far, with this process's peak memory in bytes."""
        return CostLedger(
            phases=tuple(self._phases.values()), peak_memory_bytes=peak_memory_bytes(), sft_flops=self._sft_flops
        )


def peak_memory_bytes() -> int:
    """Return this process's largest resident set so far, in bytes.

    On Linux from the kernel's own account of this process: what getrusage tells there may be the parent's peak.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next((line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:")), None)
        if line is not None:
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
