"""Train an arm in several processes that `accelerate launch` starts: they share every batch (sdft/party.py).

The batch stays the settings' batch: two processes learn from half of it each, and take the step that one process with
the whole would take. Started by the training stage where the setting `processes` asks for it; each process runs
`python -m clinical_sdft.ops.processes JOB`.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import torch

from clinical_sdft.errors import ClinicalSdftError
from clinical_sdft.files import ContractFile, write_bytes
from clinical_sdft.ingest.prior_prompts import Labelled
from clinical_sdft.raised import reason
from clinical_sdft.sdft.arms import Plan, train_arm
from clinical_sdft.sdft.party import party_here
from clinical_sdft.versions import load_version
from data_contracts import (
    AdapterManifest,
    Contract,
    Demonstration,
    Digest,
    LoraSettings,
    PreflightReport,
    TrainingSettings,
)

JOB = "job.json"


class TrainingJob(Contract):
    """All that a process must know to train its part of an arm."""

    arm: Literal["sdft", "sft"]
    folder: str
    base: str
    adapter_file: str | None
    adapter: Digest
    version: Digest | None
    demonstrations: str
    demonstrations_digest: Digest
    prior_prompts: tuple[str, ...]
    preflight: PreflightReport
    system_prompt: str
    training: TrainingSettings
    lora: LoraSettings
    replay: tuple[Labelled, ...] = ()
    lineage: tuple[Digest, ...] = ()
    prior_groups: tuple[str, ...] = ()


def train_in_processes(job: TrainingJob, processes: int) -> AdapterManifest:
    """Train an arm in `processes` processes on this machine and return its manifest.

    Raises:
        ClinicalSdftError: a process failed; the run can be taken up again.
    """
    folder = Path(job.folder)
    file = folder / JOB
    write_bytes(file, job.canonical_bytes())
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
    command += ["--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["--main_process_port", "0", "--module", "clinical_sdft.ops.processes", str(file)]
    quiet = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    quiet["OMP_NUM_THREADS"] = str(max(1, torch.get_num_threads() // processes))
    if not torch.cuda.is_available():
        quiet["ACCELERATE_USE_CPU"] = "true"  # then "--multi_gpu", accelerate's word for several, means gloo
    done = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, text=True)
    if done.returncode:
        said = reason(done.stderr)
        raise ClinicalSdftError(f"training in {processes} processes ended with code {done.returncode}: {said}")
    file.unlink(missing_ok=True)
    return train_one_of(job)


def train_one_of(job: TrainingJob) -> AdapterManifest:
    """Train this process's part, or read the manifest of a finished run."""
    from clinical_sdft.sdft.arms import MANIFEST

    folder = Path(job.folder)
    if (folder / MANIFEST).is_file():
        return AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())
    adapter = Path(job.adapter_file) if job.adapter_file else None
    incumbent = load_version(Path(job.base), adapter, job.adapter, job.version)
    plan = Plan(
        demonstrations=ContractFile(Path(job.demonstrations), Demonstration),
        demonstrations_digest=job.demonstrations_digest,
        prior_prompts=job.prior_prompts,
        preflight=job.preflight,
        system_prompt=job.system_prompt,
        training=job.training,
        lora=job.lora,
        replay=job.replay,
        lineage=job.lineage,
        prior_groups=job.prior_groups,
    )
    return train_arm(job.arm, incumbent, plan, folder, party=party_here())


if __name__ == "__main__":
    train_one_of(TrainingJob.from_bytes(Path(sys.argv[1]).read_bytes()))
