"""An update: its settings, the pre-flight, the run's manifest and its cost."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Digest, Fraction, Instant, Slug, Text, sha256_digest

NO_ADAPTER: Digest = sha256_digest(b"")
"""Stands for a version that is the base model alone."""


class LoraSettings(Contract):
    """Shape of the adapter an update trains."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    max_rank: int | None = Field(
        default=None, ge=1, description="largest rank of the adapter as kept; None: it grows by `rank` an update"
    )
    targets: tuple[Text, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

    @model_validator(mode="after")
    def _an_update_fits(self) -> Self:
        if self.max_rank is not None and self.max_rank < self.rank:
            raise ValueError(f"max_rank {self.max_rank} is smaller than rank {self.rank}, what one update adds")
        return self


class TrainingSettings(Contract):
    """How an update is trained; defaults are the measured ones (docs/demo-results.md)."""

    seed: int = Field(default=0, ge=0)
    learning_rate: float = Field(default=4e-4, gt=0)
    warmup_share: Fraction = 0.1
    max_grad_norm: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    batch_size: int = Field(default=8, ge=1, description="demonstrations per optimizer step")
    passes: int = Field(default=3, ge=1, description="times every demonstration is trained on")
    rollout_reuse: int = Field(default=2, ge=1, description="passes that share one rollout")
    rollout_tokens: int = Field(default=8, ge=1, description="longest rollout, tokens")
    temperature: float = Field(default=1.0, gt=0, description="of the student's rollouts")
    teacher_passes: int = Field(
        default=0, ge=0, description="first passes whose rollouts on demonstrations the teacher writes, greedily"
    )
    skip_tokens: int = Field(default=3, ge=0, description="first completion tokens left out of the loss")
    anchor_share: float = Field(default=1.0, ge=0, description="prior prompts per demonstration in a batch")
    anchor_weight: float = Field(default=10.0, ge=0, description="weight of the anchor's KL in the loss")
    anchor_sampling: Literal["shuffled", "balanced", "near"] = Field(
        default="shuffled", description="which prior prompts, in which order"
    )
    checkpoint_steps: int = Field(default=5, ge=1, description="optimizer steps between checkpoints")
    divergence: Literal["forward", "reverse", "jsd"] = Field(default="forward", description="of teacher and student")
    support: Literal["full", "top_k", "sampled"] = Field(default="top_k", description="tokens it is taken over")
    top_k: int = Field(default=64, ge=1, description="teacher tokens kept with support top_k")
    jsd_alpha: float = Field(default=0.5, gt=0, lt=1, description="the teacher's share in the mixture of jsd")
    teacher: Literal["frozen", "ema", "live"] = Field(default="frozen", description="whose weights the teacher has")
    ema_rate: float = Field(default=0.02, gt=0, le=1, description="share of the student in teacher ema, each step")
    template: Slug | None = Field(default=None, description="the teacher's template; None: what the pre-flight chose")
    beta: float | None = Field(default=None, ge=0, description="amplification; None: what the pre-flight chose")
    calibration: float | None = Field(default=None, ge=0, description="None: what the pre-flight chose")
    mask_thinking: bool = Field(default=False, description="leave <think> spans out of the loss")
    replay_share: float = Field(default=0.0, ge=0, description="labelled prior prompts per demonstration in a batch")
    replay_weight: float = Field(default=1.0, ge=0, description="weight of their cross-entropy in the loss")
    dtype: Literal["float32", "bfloat16", "auto"] = Field(
        default="float32", description="of the base weights in training; auto: what is quicker here, by measurement"
    )
    threads: Annotated[int, Field(ge=1)] | Literal["auto"] | None = Field(
        default=None, description="threads of training; auto: by measurement; None: as torch finds them"
    )
    quick: bool = Field(default=False, description="sums in a quicker order: equal to rounding, another digest")

    @model_validator(mode="after")
    def _a_sampled_token_is_the_students_own(self) -> Self:
        own = self.rollout_reuse == 1 and self.temperature == 1 and self.teacher_passes == 0
        if self.support == "sampled" and not own:
            raise ValueError(
                'support "sampled" needs rollout_reuse = 1, temperature = 1 and teacher_passes = 0: a token speaks for '
                "the student only where this student sampled it"
            )
        return self

    @model_validator(mode="after")
    def _only_a_frozen_teacher_reads_quicker_weights(self) -> Self:
        if self.dtype != "float32" and self.teacher == "ema":
            raise ValueError(f'dtype "{self.dtype}" goes with teacher "frozen" or "live": an average needs float32')
        return self


class PreflightSettings(Contract):
    """What the pre-flight tries, and by which measure it judges."""

    betas: tuple[Annotated[float, Field(gt=0)], ...] = (0.5, 1.0, 2.0)
    calibrations: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(0.0,), min_length=1)
    measure: Literal["accuracy", "log_probability"] = "accuracy"


class Mean(Contract):
    """A mean over demonstrations with its 95% interval (Student's t)."""

    mean: float
    lower: float
    upper: float


class TemplateTrial(Contract):
    """How well the teacher answered with one template, amplification and calibration."""

    template: Slug
    beta: float = Field(ge=0)
    calibration: float = Field(default=0.0, ge=0)
    n: int = Field(ge=1)
    correct: int = Field(ge=0)
    accuracy: Fraction
    lower: Fraction
    upper: Fraction
    log_probability: Mean | None = Field(default=None, description="of the demonstrated reply, nats per token")
    gain: Mean | None = Field(default=None, description="that minus the student's, demonstration by demonstration")


class PreflightReport(Contract):
    """Does a demonstration help? Measured before an update may cost anything."""

    schema_version: Literal[1] = 1
    model: Digest
    demonstrations: Digest
    n: int = Field(ge=1)
    student_correct: int = Field(ge=0)
    student_accuracy: Fraction
    student_log_probability: Mean | None = None
    trials: tuple[TemplateTrial, ...] = Field(min_length=1)
    template: Slug | None = Field(description="the chosen template; None when refused")
    beta: float = Field(default=0.0, ge=0)
    calibration: float = Field(default=0.0, ge=0)
    measure: Literal["accuracy", "log_probability"] = "accuracy"
    verdict: Literal["go", "amplify", "refuse"]
    reason: Text


class PhaseCost(Contract):
    """What one phase of a run cost."""

    phase: Literal["rollout", "teacher", "student", "evaluation"]
    seconds: float = Field(ge=0)
    tokens: int = Field(ge=0)
    flops: float = Field(ge=0, description="2 per weight and token forward, 4 with backward through frozen weights")


class CostLedger(Contract):
    """Seconds, tokens and floating-point operations of a run, by phase."""

    phases: tuple[PhaseCost, ...]
    peak_memory_bytes: int = Field(ge=0)
    sft_flops: float | None = Field(default=None, ge=0, description="operations of plain SFT on the same, as often")

    @property
    def seconds(self) -> float:
        """Wall time of all phases, in seconds."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def flops(self) -> float:
        """Floating-point operations of all phases."""
        return sum(phase.flops for phase in self.phases)

    @property
    def price_vs_sft(self) -> float | None:
        """Operations over those of plain SFT on the same demonstrations; None where nobody reckoned it."""
        return self.flops / self.sft_flops if self.sft_flops else None


class Provenance(Contract):
    """What made an artefact."""

    code_revision: Text
    code_dirty: bool
    packages: tuple[tuple[Text, Text], ...]
    python: Text
    created: Instant


class AdapterManifest(Contract):
    """Proof of what an adapter is and how it came to be."""

    schema_version: Literal[1] = 1
    arm: Literal["hospital", "sdft", "sft"]
    base_model: Digest
    parent: Digest | None = Field(description="adapter this one started from; None for the first")
    lineage: tuple[Digest, ...] = Field(
        default=(), description="adapters before this one, first to parent, where known"
    )
    adapter: Digest = Field(description="sha256 of adapter_model.safetensors")
    lora: LoraSettings
    training: TrainingSettings
    template: Slug | None
    beta: float
    calibration: float = 0.0
    demonstrations: Digest
    prior_prompts: Digest | None
    replay: Digest | None = Field(default=None, description="of the labelled prior prompts trained on")
    norm_lost: Fraction = Field(default=0.0, description="share of the deltas' squared norm that max_rank cut off")
    losses: tuple[float, ...]
    cost: CostLedger
    provenance: Provenance


class SecretExposure(Contract):
    """How far a removed identifier is exposed before and after training; which one it is, is not said."""

    category: Text
    incumbent_bits: float = Field(ge=0, description="log2 of alternatives less log2 of the rank among them")
    candidate_bits: float = Field(ge=0)
    gain_rank: int = Field(ge=1, description="rank by what training added to the likelihood; 1 gained most")
    candidates: int = Field(ge=2, description="the identifier and its random alternatives")


class ProbeReport(Contract):
    """Does a candidate complete removed identifiers better than the version in force? Counts, never text."""

    schema_version: Literal[1] = 1
    incumbent: Digest
    candidate: Digest
    exposures: tuple[SecretExposure, ...]
    combined_p: Fraction = Field(description="chance of such gains where nothing was learnt (Fisher)")
    alpha: Fraction
    verdict: Literal["clean", "leak", "nothing to probe"]
    reason: Text


class UpdateBundle(Contract):
    """All that belongs to one candidate, by digest: what reviewers see and sign."""

    schema_version: Literal[1] = 1
    update_id: Slug
    arm: Literal["sdft", "sft"]
    requester: Text
    guideline: Digest
    guideline_title: Text
    demonstrations: Digest
    deidentification: Digest | None
    preflight: Digest | None
    manifest: Digest
    adapter: Digest
    incumbent: Digest
    candidate: Digest
    new_suite: Digest
    prior_suites: tuple[Digest, ...] = Field(min_length=1)
    incumbent_scores: tuple[Digest, ...]
    candidate_scores: tuple[Digest, ...]
    decision: Digest
    created: Instant

    @model_validator(mode="after")
    def _scores_pair_up(self) -> Self:
        if len(self.incumbent_scores) != len(self.candidate_scores):
            raise ValueError("incumbent and candidate were scored on different suites")
        return self
