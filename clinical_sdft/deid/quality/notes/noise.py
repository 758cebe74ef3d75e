"""What happens to notes on their way: typing slips, capitals lost or everywhere, lines broken inside identifiers."""

import random
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Literal

from clinical_sdft.deid.quality.notes.pieces import Piece

_WIDTHS = (0, 0, 0, 64, 72, 80)


@dataclass(frozen=True)
class Roughness:
    """How rough one note is; `width` 0 leaves lines as they are."""

    case: Literal["as_is", "upper", "lower"]
    width: int
    typo_share: float
    name_typo_share: float
    break_share: float


def draw_roughness(rng: random.Random) -> Roughness:
    """Draw how rough a note is: most are plain, a quarter is carelessly typed, a fifth has lost its case."""
    drawn = rng.random()
    careless = rng.random() < 0.25
    return Roughness(
        case="upper" if drawn < 0.1 else "lower" if drawn < 0.18 else "as_is",
        width=rng.choice(_WIDTHS),
        typo_share=0.03 if careless else 0.0,
        name_typo_share=0.06 if careless else 0.0,
        break_share=0.04 if rng.random() < 0.3 else 0.0,
    )


def roughened(piece: Piece, roughness: Roughness, rng: random.Random) -> Piece:
    """Return a piece as a careless hand or an old system would have written it; facts are never misspelt."""
    text = piece.text
    if piece.category == "name" and rng.random() < roughness.name_typo_share:
        text = _one_slip(text, rng)
    elif not (piece.category or piece.keep or piece.neutral):
        text = "".join(_slips(text, roughness.typo_share, rng))
    if piece.category and " " in text and rng.random() < roughness.break_share:
        text = text.replace(" ", "\n", 1)
    if roughness.case == "upper":
        text = text.upper()
    elif roughness.case == "lower":
        text = text.lower()
    return replace(piece, text=text)


def wrapped(text: str, roughness: Roughness) -> str:
    """Break lines at a width, wherever that falls; a space becomes a line's end, so that offsets stay."""
    if not roughness.width:
        return text
    characters, line_start, last_space = list(text), 0, -1
    for index, character in enumerate(characters):
        if character == "\n":
            line_start, last_space = index + 1, -1
        elif character == " ":
            last_space = index
        if index - line_start >= roughness.width and last_space >= 0:
            characters[last_space] = "\n"
            line_start, last_space = last_space + 1, -1
    return "".join(characters)


def _slips(text: str, share: float, rng: random.Random) -> list[str]:
    words = text.split(" ")
    return [
        word
        if number == len(words) - 1 and not word
        else _slipped(word, share, rng) + (" " if number < len(words) - 1 else "")
        for number, word in enumerate(words)
    ]


def _slipped(word: str, share: float, rng: random.Random) -> str:
    return _one_slip(word, rng) if len(word) > 4 and word.isalpha() and share and rng.random() < share else word


def _one_slip(text: str, rng: random.Random) -> str:
    """Exchange, drop, double or replace one letter that is not the first of its word."""
    places = [i for i in range(1, len(text)) if text[i].isalpha() and text[i - 1].isalpha()]
    if len(places) < 4:
        return text
    at = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0 and at + 1 < len(text) and text[at + 1].isalpha():
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    put = {1: "", 2: text[at] * 2}.get(kind, rng.choice(ascii_lowercase))
    return text[:at] + put + text[at + 1 :]
