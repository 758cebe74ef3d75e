"""From questions to token ids, through the model's own chat template."""

from collections.abc import Sequence
from typing import Any

from data_contracts import Turn


def chat_prompt(tokenizer: Any, question: str, system_prompt: str, turns: Sequence[Turn] = ()) -> list[int]:
    """Return the token ids of a chat that ends with a question, up to where the model's reply begins.

    `turns` are what was said before; a system message among them takes the place of `system_prompt`.
    """
    own = any(turn.role == "system" for turn in turns)
    messages = [{"role": "system", "content": system_prompt}] if system_prompt and not own else []
    messages += [{"role": turn.role, "content": turn.content} for turn in turns]
    messages.append({"role": "user", "content": question})
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    return list(ids)


def plain_prompt(tokenizer: Any, text: str) -> list[int]:
    """Return the token ids of a text that the model shall continue, begun as the model's tokenizer begins texts."""
    return list(tokenizer(text)["input_ids"])


def reply_tokens(tokenizer: Any, reply: str) -> list[int]:
    """Return the token ids of a whole reply, closed by the end token."""
    return [*tokenizer(reply, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
