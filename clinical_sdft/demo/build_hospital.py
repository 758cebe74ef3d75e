"""Train the hospital's model, version 1, anew: `python -m clinical_sdft.demo.build_hospital FOLDER`.

The demo ships the result, because this takes about ten minutes on two cores; the manifest beside it says what it was
made from and with.
"""

import sys
from pathlib import Path

import torch
from rich.console import Console

from clinical_sdft.demo.hospital import training_pairs
from clinical_sdft.files import write_bytes
from clinical_sdft.models.adapters import RoleModel, save_adapter
from clinical_sdft.models.loading import load_base
from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.provenance import provenance
from clinical_sdft.sdft.arms import MANIFEST
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.sft import SupervisedObjective
from clinical_sdft.sdft.trainer import train
from clinical_sdft.versions import base_folder
from clinical_sdft.watch import rich_watcher
from clinical_sdft.workspace import Settings
from data_contracts import AdapterManifest, LoraSettings, TrainingSettings, canonical_json, sha256_digest

TRAINING = TrainingSettings(seed=1, learning_rate=1e-3, passes=2, batch_size=16, anchor_share=0.0)


def build(folder: Path) -> AdapterManifest:
    """Train version 1 and write its adapter (float16, at most 10 MB) and manifest to `folder`."""
    settings = Settings.model_construct()
    loaded = load_base(base_folder(settings.model))
    ledger = Ledger(loaded.weights)
    pairs = training_pairs()
    roles = RoleModel(loaded, LoraSettings(), TRAINING.seed)
    objective = SupervisedObjective(
        roles,
        [chat_prompt(loaded.tokenizer, pair.question, settings.system_prompt) for pair in pairs],
        [reply_tokens(loaded.tokenizer, pair.reply) for pair in pairs],
        ledger,
    )
    with rich_watcher(Console()) as watcher:
        losses = train(
            roles,
            objective,
            len(pairs),
            TRAINING,
            folder / "work",
            ledger,
            lambda report: watcher.step("hospital model", report),
        )
    manifest = AdapterManifest(
        arm="hospital",
        base_model=loaded.digest,
        parent=None,
        adapter=save_adapter(roles.candidate_adapter(), folder, torch.float16),
        lora=roles.lora,
        training=TRAINING,
        template=None,
        beta=0.0,
        demonstrations=sha256_digest(canonical_json([[pair.question, pair.reply] for pair in pairs])),
        prior_prompts=None,
        losses=losses,
        cost=ledger.closed(),
        provenance=provenance(),
    )
    write_bytes(folder / MANIFEST, manifest.canonical_bytes())
    return manifest


if __name__ == "__main__":
    print(build(Path(sys.argv[1])).adapter)
