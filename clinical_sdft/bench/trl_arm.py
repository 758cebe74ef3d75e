"""TRL's `SDFTTrainer` on the benchmark's task, set as favourably as its own settings allow.

The same merged weights, LoRA, prompts, teacher prompts, batch, rollout length, temperature, skipped tokens, optimizer
and learning rate; full-vocabulary forward KL (`full_logits`, alpha 0), the teacher frozen (`base`), one rollout a
prompt. float32 unless asked for otherwise: with bfloat16 (its default) its weights are cast and its `bf16` is on, which
was slower wherever it was tried on a processor, one with matrix units for bfloat16 too. No gradient checkpointing (its
default) unless asked for, because it costs time; no old-log-probability pass (it does none with one iteration); nothing
saved, evaluated or reported.
"""

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from clinical_sdft.bench.task import ArmName, BenchTask
from clinical_sdft.models.probe import dtype_of
from clinical_sdft.sdft.arms import Incumbent
from clinical_sdft.sdft.templates import TEMPLATES
from data_contracts import Demonstration, PhaseCost


def train_with_trl(
    task: BenchTask, arm: ArmName, incumbent: Incumbent, demonstrations: tuple[Demonstration, ...]
) -> "Any":
    """Train one pass with TRL (every step of it costs the same) and return what was watched."""
    from clinical_sdft.bench.arm import Watched

    with TemporaryDirectory(prefix="clinical-sdft-bench-") as scratch:
        trainer = _trainer(task, incumbent, demonstrations, Path(scratch))
        phases = _Phases(trainer)
        steps = _Steps()
        trainer.add_callback(steps.callback())
        trainer.train()
    rows = task.training.batch_size * len(steps.seconds)
    return Watched(rows, steps.seconds, phases.costs(sum(steps.seconds)))


def _trainer(task: BenchTask, incumbent: Incumbent, demonstrations: tuple[Demonstration, ...], folder: Path) -> Any:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers.utils import logging

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TRL says on import that this part of it is experimental
        from trl.experimental.sdft import SDFTConfig, SDFTTrainer

    logging.set_verbosity_error()
    settings, lora = task.training, task.lora
    dtype = dtype_of(task.trl_dtype)
    system = [{"role": "system", "content": task.system_prompt}] if task.system_prompt else []
    rows = [
        {"prompt": [*system, {"role": "user", "content": item.question}], "privileged_context": item.answer}
        for item in demonstrations
    ]
    config = SDFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=1,
        max_steps=-(-len(rows) // settings.batch_size),
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=1,
        max_grad_norm=settings.max_grad_norm,
        weight_decay=settings.weight_decay,
        num_generations=1,
        max_prompt_length=None,
        max_completion_length=settings.rollout_tokens,
        temperature=settings.temperature,
        distillation_mode="full_logits",
        distillation_alpha=0.0,
        num_loss_tokens_to_skip=settings.skip_tokens,
        teacher_model_kind="base",
        teacher_prompt_template=trl_template(task.template),
        gradient_checkpointing=task.trl_checkpointing,
        bf16=dtype is torch.bfloat16,
        use_cpu=not torch.cuda.is_available(),
        seed=settings.seed,
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    adapter = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, target_modules=list(lora.targets), task_type="CAUSAL_LM")
    return SDFTTrainer(
        model=incumbent.loaded.model.to(dtype),
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=incumbent.loaded.tokenizer,
        peft_config=adapter,
    )


def trl_template(name: str) -> str:
    """Return one of this project's teacher templates in TRL's spelling."""
    return TEMPLATES[name].replace("{question}", "{prompt}").replace("{answer}", "{privileged_context}")


class _Steps:
    """Seconds of every optimizer step, as the trainer itself announces them."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._start = 0.0

    def callback(self) -> Any:
        from transformers import TrainerCallback

        watch = self

        class Clock(TrainerCallback):  # type: ignore[misc]
            def on_step_begin(self, *arguments: Any, **named: Any) -> None:
                watch._start = time.perf_counter()

            def on_step_end(self, *arguments: Any, **named: Any) -> None:
                watch.seconds.append(time.perf_counter() - watch._start)

        return Clock()


class _Phases:
    """Seconds and tokens of rollout and teacher; what is left of a step is the student's."""

    def __init__(self, trainer: Any) -> None:
        self.seconds = {"rollout": 0.0, "teacher": 0.0}
        self.tokens = {"rollout": 0, "teacher": 0, "student": 0}
        trainer._generate = self._timed(trainer._generate, "rollout")
        trainer._forward_logits = self._forward(trainer._forward_logits)

    def _timed(self, inner: Callable[..., Any], phase: str) -> Callable[..., Any]:
        def generate(prompts: list[list[int]]) -> Any:
            start = time.perf_counter()
            result = inner(prompts)
            self.seconds[phase] += time.perf_counter() - start
            self.tokens[phase] += sum(map(len, prompts)) + sum(map(len, result[1]))
            return result

        return generate

    def _forward(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def forward(model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int) -> Any:
            phase = "student" if torch.is_grad_enabled() else "teacher"
            start = time.perf_counter()
            result = inner(model, input_ids, attention_mask, logits_to_keep)
            if phase == "teacher":
                self.seconds[phase] += time.perf_counter() - start
            self.tokens[phase] += int(attention_mask.sum())
            return result

        return forward

    def costs(self, seconds: float) -> tuple[PhaseCost, ...]:
        """Return the phases; TRL keeps no ledger of operations, so these are counted for the whole run only."""
        rest = max(0.0, seconds - sum(self.seconds.values()))
        spent = {**self.seconds, "student": rest}
        return tuple(
            PhaseCost(phase=phase, seconds=spent[phase], tokens=self.tokens[phase], flops=0)
            for phase in ("rollout", "teacher", "student")
        )
