"""The rows that an arm learns from, tokenized when they are read; every one was read once and is not too long."""

from collections.abc import Sequence

from clinical_sdft.ingest.prior_prompts import Labelled
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.sdft.near import near_groups
from clinical_sdft.sdft.plan import Plan
from clinical_sdft.sdft.rows import Rows, refuse_too_long
from clinical_sdft.sdft.sdft import Lesson
from clinical_sdft.sdft.sft import Replies
from clinical_sdft.sdft.templates import empty_prompt, teacher_prompt
from clinical_sdft.sdft.trials import Setting


def sdft_lesson(loaded: LoadedModel, plan: Plan, chosen: Setting) -> Lesson:
    """Return what the student and the teacher read in an SDFT run.

    Raises:
        InputError: a teacher prompt or a prior prompt is too long; names it and its length.
    """
    tokenizer, system = loaded.tokenizer, plan.system_prompt
    room = loaded.context_tokens - plan.training.rollout_tokens
    demonstrations = plan.demonstrations
    student = Rows(demonstrations, lambda d: chat_prompt(tokenizer, d.question, system, d.turns))
    teacher = Rows(demonstrations, lambda d: teacher_prompt(tokenizer, d, chosen.template, room, system))
    empty = Rows(demonstrations, lambda d: empty_prompt(tokenizer, d, chosen.template, system))
    anchors = Rows(plan.prior_prompts, lambda question: chat_prompt(tokenizer, question, system))
    # The teacher reads all that the student reads and more, so its prompts speak for both.
    refuse_too_long(teacher, room, lambda row: f"demonstration {demonstrations[row].id}", "teacher prompt")
    if plan.training.anchor_share > 0:
        refuse_too_long(anchors, room, lambda row: f"prior prompt {row + 1}", "prompt")
    return Lesson(student, teacher, anchors, empty if chosen.calibration else None, _anchor_groups(plan))


def _anchor_groups(plan: Plan) -> Sequence[str]:
    match plan.training.anchor_sampling:
        case "balanced":
            return plan.prior_groups
        case "near":
            return near_groups(plan.prior_prompts, (item.question for item in plan.demonstrations))
        case "shuffled":
            return ()


def sft_lesson(loaded: LoadedModel, plan: Plan) -> Replies:
    """Return the demonstrated replies.

    Raises:
        InputError: a prompt with its reply is too long; names it and its length.
    """
    tokenizer, system = loaded.tokenizer, plan.system_prompt
    demonstrations = plan.demonstrations
    prompts = Rows(demonstrations, lambda d: chat_prompt(tokenizer, d.question, system, d.turns))
    replies = Rows(demonstrations, lambda d: reply_tokens(tokenizer, d.reply))
    name = "prompt with its reply"
    refuse_too_long(
        prompts, loaded.context_tokens, lambda row: f"demonstration {demonstrations[row].id}", name, replies
    )
    return Replies(prompts, replies)


def replay_lesson(loaded: LoadedModel, replay: Sequence[Labelled], system: str) -> Replies:
    """Return the labelled prior prompts.

    Raises:
        InputError: a prompt with its answer is too long; names it and its length.
    """
    tokenizer = loaded.tokenizer
    prompts = Rows(replay, lambda item: chat_prompt(tokenizer, item.question, system))
    replies = Rows(replay, lambda item: reply_tokens(tokenizer, item.answer))
    name = "question with its answer"
    refuse_too_long(prompts, loaded.context_tokens, lambda row: f"labelled prior prompt {row + 1}", name, replies)
    return Replies(prompts, replies)
