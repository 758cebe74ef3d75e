"""From questions to token ids, through the model's own chat template."""

from typing import Any


def chat_prompt(tokenizer: Any, question: str, system_prompt: str) -> list[int]:
    """Return the token ids of a one-turn chat, up to where the model's reply begins."""
    messages = [{"role": "system", "content": system_prompt}] if system_prompt else []
    messages.append({"role": "user", "content": question})
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    return list(ids)


def reply_tokens(tokenizer: Any, reply: str) -> list[int]:
    """Return the token ids of a whole reply, closed by the end token."""
    return [*tokenizer(reply, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
