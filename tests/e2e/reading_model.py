"""A model of 0.2 million weights that does what SDFT needs: it knows some answers and reads its context.

It is trained here, in about half a minute: cases of known diagnoses, and cases with any diagnosis standing in the
context in the phrasing of the teacher's templates. So its teacher answers what it is shown, and its student what it
knew before. Nothing about it is arranged beyond that.
"""

import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.sdft.templates import TEMPLATES

KNOWN = {"gout": "toe", "asthma": "wheeze", "acne": "spots", "migraine": "aura"}
NEW = {"dengue": "rash", "measles": "eyes"}
DETAILS = ("Monday", "winter", "ward", "night", "school", "travel", "cough", "fever", "garden", "work", "home", "rain")
QUESTION = "Which diagnosis is most likely? {case}"
REPLY = "Most likely: {answer}."
SYSTEM = "Answer briefly."


def case(sign: str, number: int) -> str:
    """Return a case with a sign and two details; equal numbers give equal cases."""
    first, second = number % len(DETAILS), (number // len(DETAILS)) % len(DETAILS)
    return f"{DETAILS[first]} {sign} {DETAILS[second]} {number}"


def build(folder: Path, chat_template: str, steps: int = 700) -> Path:
    """Train the model and save it in Hugging Face layout."""
    tokenizer = _tokenizer(chat_template)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    rng = random.Random(0)
    for _ in range(steps):
        loss = model(**_batch(tokenizer, rng)).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _example(rng: random.Random) -> tuple[str, str]:
    """Return a prompt and its reply: half known cases, half with the answer in the context."""
    number = rng.randrange(1000)
    if rng.random() < 0.4:
        label = rng.choice(list(KNOWN))
        return QUESTION.format(case=case(KNOWN[label], number)), REPLY.format(answer=label)
    labels = {**KNOWN, **NEW}
    question = QUESTION.format(case=case(labels[rng.choice(list(labels))], number))
    reply = REPLY.format(answer=rng.choice(list(labels)))
    template = rng.choice(list(TEMPLATES.values()))
    return template.format(question=question, answer=reply, quote="a rule of the guideline"), reply


def _batch(tokenizer: PreTrainedTokenizerFast, rng: random.Random, size: int = 32) -> dict[str, torch.Tensor]:
    pairs = [_example(rng) for _ in range(size)]
    rows = [(chat_prompt(tokenizer, prompt, SYSTEM), reply_tokens(tokenizer, reply)) for prompt, reply in pairs]
    longest = max(len(prompt) + len(reply) for prompt, reply in rows)
    ids = torch.zeros(size, longest, dtype=torch.long)
    labels = torch.full((size, longest), -100)
    for index, (prompt, reply) in enumerate(rows):
        ids[index, : len(prompt) + len(reply)] = torch.tensor([*prompt, *reply])
        labels[index, len(prompt) : len(prompt) + len(reply)] = torch.tensor(reply)
    return {"input_ids": ids, "labels": labels}


def _tokenizer(chat_template: str) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    rng = random.Random(1)
    tokenizer.train_from_iterator((" ".join(_example(rng)) for _ in range(400)), trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>")
    fast.chat_template = chat_template
    return fast
