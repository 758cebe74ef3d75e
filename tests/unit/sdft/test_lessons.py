"""Rows of an update: every kind of demonstration, never cut, read from disk one at a time."""

import tracemalloc

import pytest
from test_training import TRAINING, a_plan, demonstrations

from clinical_sdft.errors import InputError
from clinical_sdft.files import ContractFile, read_contracts, write_contracts
from clinical_sdft.ingest.prior_prompts import Labelled, read_prior_prompts
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.sdft.lessons import replay_lesson, sdft_lesson, sft_lesson
from clinical_sdft.sdft.rows import Rows
from clinical_sdft.sdft.templates import empty_prompt, teacher_prompt
from clinical_sdft.sdft.thinking import heard, spoken
from clinical_sdft.sdft.trials import Setting
from data_contracts import Demonstration, Turn

LONG = "very " * 300
TEACHER = Setting("answer-after")


def plan(**changes):
    from dataclasses import replace

    return replace(a_plan(), **changes)


def changed(number: int = 2, **changes) -> list[Demonstration]:
    return [d.model_copy(update=changes) if i == number else d for i, d in enumerate(demonstrations())]


@pytest.mark.parametrize(
    ("lesson", "changes", "words"),
    [
        (lambda t, p: sdft_lesson(t, p, TEACHER), {"demonstrations": changed(question=LONG)}, "demonstration D2: its "),
        (lambda t, p: sdft_lesson(t, p, TEACHER), {"demonstrations": changed(answer=LONG)}, "demonstration D2: its "),
        (lambda t, p: sdft_lesson(t, p, TEACHER), {"prior_prompts": ["Why?", LONG]}, "prior prompt 2: its prompt"),
        (sft_lesson, {"demonstrations": changed(answer=LONG)}, "demonstration D2: its prompt with its reply"),
        (lambda t, p: replay_lesson(t, p.replay, ""), {"replay": [Labelled("Why?", LONG)]}, "labelled prior prompt 1"),
    ],
)  # fmt: skip
def test_what_is_too_long_is_named_with_its_length(lesson, changes, words, tiny) -> None:
    with pytest.raises(InputError, match=rf"{words}.* has \d{{4}} tokens, the model reads 10\d\d"):
        lesson(tiny, plan(**changes))


def test_what_just_fits_is_taken_whole(tiny) -> None:
    """The limit is the context less the rollout: one token more is refused, the last that fits is not cut."""
    tokenizer = tiny.tokenizer
    room = tiny.context_tokens - TRAINING.rollout_tokens
    bare = len(
        teacher_prompt(tokenizer, demonstrations()[0].model_copy(update={"quote": "q"}), "answer-after", room, "")
    )
    fits = changed(0, question=demonstrations()[0].question + "~" * (room - bare))
    lesson = sdft_lesson(tiny, plan(demonstrations=fits), TEACHER)
    assert len(lesson.teacher[0]) == room
    with pytest.raises(InputError, match=f"D0: its teacher prompt has {room + 1} tokens, the model reads {room};"):
        sdft_lesson(tiny, plan(demonstrations=changed(0, question=fits[0].question + "~")), TEACHER)


def test_turns_stand_before_the_question_for_student_and_teacher(tiny) -> None:
    turns = (Turn(role="user", content="My toe hurts."), Turn(role="assistant", content="Since when?"))
    many = changed(0, turns=turns)
    lesson = sdft_lesson(tiny, plan(demonstrations=many, system_prompt="Brief."), TEACHER)
    student, teacher = (tiny.tokenizer.decode(rows[0]) for rows in (lesson.student, lesson.teacher))
    before = "<|im_start|>system\nBrief.<|im_end|>\n<|im_start|>user\nMy toe hurts.<|im_end|>\n<|im_start|>assistant\n"
    for text in (student, teacher):
        assert text.startswith(before + "Since when?<|im_end|>\n<|im_start|>user\nWhich diagnosis")
    assert "settled this case: Most likely: gout." in teacher and "settled" not in student
    own = chat_prompt(tiny.tokenizer, "Why?", "Brief.", (Turn(role="system", content="Speak Latin."), *turns))
    assert tiny.tokenizer.decode(own).startswith("<|im_start|>system\nSpeak Latin.<|im_end|>\n<|im_start|>user\nMy toe")
    assert tiny.tokenizer.decode(sft_lesson(tiny, plan(demonstrations=many)).prompts[0]).count("<|im_start|>") == 4


def test_a_worked_answer_is_shown_and_imitated_with_its_reasoning(tiny) -> None:
    worked = changed(0, worked="Hot and red, so crystals.")
    lesson = sdft_lesson(tiny, plan(demonstrations=worked), Setting("guideline-worked"))
    text = tiny.tokenizer.decode(lesson.teacher[0])
    assert "Guideline: gout when a toe is hot" in text
    assert "with it: Hot and red, so crystals.\nConclusion: Most likely: gout." in text
    assert tiny.tokenizer.decode(sft_lesson(tiny, plan(demonstrations=worked)).replies[0]) == (
        "Hot and red, so crystals.\nMost likely: gout.<|im_end|>"
    )


def test_an_empty_demonstration_keeps_the_template_and_the_question(tiny) -> None:
    text = tiny.tokenizer.decode(empty_prompt(tiny.tokenizer, demonstrations()[0], "guideline-answer", ""))
    assert "Guideline: \nA specialist applied it to the case below: \n\nWhich diagnosis" in text
    assert "gout" not in text


def test_a_demonstration_without_the_new_fields_keeps_its_bytes() -> None:
    plain = demonstrations()[0]
    assert b"turns" not in plain.canonical_bytes() and b"worked" not in plain.canonical_bytes()
    full = plain.model_copy(update={"worked": "so", "turns": (Turn(role="user", content="Hm."),)})
    assert Demonstration.from_bytes(full.canonical_bytes()) == full


@pytest.mark.parametrize(
    ("opened", "reply", "expected"),
    [
        ("", "yes", "yes"),
        ("", "<think>hm, gout</think>yes", "yes"),
        ("", "a<think>b</think>c<think>d</think>e", "ace"),
        ("", "<think>never ends", ""),
        ("<think>\n", "hm</think> gout", " gout"),
        ("<think></think>\n", "gout", "gout"),
    ],
)
def test_thinking_is_told_from_the_answer(opened: str, reply: str, expected: str, tiny) -> None:
    ids = [tiny.tokenizer(text, add_special_tokens=False)["input_ids"] for text in (f"Why? {opened}", reply)]
    flags = spoken(tiny.tokenizer, *ids)
    assert "".join(tiny.tokenizer.decode([t]) for t, kept in zip(ids[1], flags, strict=True) if kept) == expected
    short = tiny.tokenizer("ok")["input_ids"]
    mask = heard(tiny.tokenizer, [ids[0], ids[0]], [ids[1], short])
    assert mask.shape == (2, max(len(flags), len(short))) and mask[0, : len(flags)].tolist() == flags


def test_prior_prompts_may_carry_an_answer(tmp_path) -> None:
    file = tmp_path / "prior_prompts.jsonl"
    file.write_text('{"question": "Why?", "group": "skin"}\n\n{"question": "Who?", "answer": "Nobody."}\n')
    prior = read_prior_prompts(file)
    assert prior.questions == ["Why?", "Who?"]
    assert prior.labelled == [("Who?", "Nobody.")]
    assert prior.groups == ["skin", ""]


@pytest.mark.parametrize("line", ['{"answer": "x"}', "{", "[1]", '{"question": "Why?", "answer": 3}'])
def test_a_prior_prompt_of_another_form_is_named_by_its_line(line: str, tmp_path) -> None:
    file = tmp_path / "prior_prompts.jsonl"
    file.write_text(f'{{"question": "Why?"}}\n{line}\n')
    with pytest.raises(InputError, match=r"prior_prompts.jsonl, line 2: "):
        read_prior_prompts(file)


def test_contracts_from_disk_are_those_in_memory(tmp_path) -> None:
    file = tmp_path / "demonstrations.jsonl"
    write_contracts(file, demonstrations())
    rows = ContractFile(file, Demonstration)
    assert list(rows) == list(read_contracts(file, Demonstration)) == [rows[i] for i in range(6)]
    assert len(rows) == 6 and rows[-1].id == "D5" and [d.id for d in rows[1:3]] == ["D1", "D2"]
    with pytest.raises(IndexError):
        rows[6]


def test_a_hundred_thousand_demonstrations_take_no_room(tiny, tmp_path) -> None:
    """All rows are checked for length and some are read: a few bytes each stay, against some 2,000 as objects."""
    count = 100_000
    file = tmp_path / "demonstrations.jsonl"
    line = demonstrations()[0].canonical_bytes()
    with file.open("wb") as stream:
        stream.writelines(line.replace(b'"id":"D0"', b'"id":"D%d"' % i) + b"\n" for i in range(count))
    tracemalloc.start()
    stored = ContractFile(file, Demonstration)
    lengths = Rows(stored, lambda d: [len(d.id)])
    chosen = [lengths[i] for i in range(0, count, 10_000)]
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(lengths) == count and chosen[1] == [6] and stored[99_999].id == "D99999"
    assert kept < 16 * count and peak < 3_000_000
