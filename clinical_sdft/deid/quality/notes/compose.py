"""Notes with their answer key: sections are drawn, filled, roughened, and joined; offsets come from the joining."""

import random
import re
from collections.abc import Iterator

from clinical_sdft.deid.quality.choices import Split
from clinical_sdft.deid.quality.notes.noise import Roughness, draw_roughness, roughened, wrapped
from clinical_sdft.deid.quality.notes.pieces import Piece
from clinical_sdft.deid.quality.notes.pools import Pools, pools
from clinical_sdft.deid.quality.notes.values import fill
from clinical_sdft.deid.quality.notes.world import World, make_world
from data_contracts import GoldDocument, GoldSpan, KeptSpan

SEEDS = {Split.TUNING: 20261101, Split.HELD_OUT: 20349186}
"""One seed to tune on, one that is held out and frozen: changing it, or a pool, makes older figures void.

The held-out seed is drawn with new pools whenever the misses on an older one have been looked at (20264711, 20271931,
20283319, 20294407, 20305519, 20317733, 20349186 so far)."""

WITHOUT = "without_identifiers"
SHARE_WITHOUT = 0.15
SHARE_OLD = 0.08
_WORD = re.compile(r"\{(\w+)\}")
_LINES = ("banner", "stay", "numbers", "signoff", "xml", "letter", "contacts")
"""Pools whose sentences stand on lines of their own."""


def notes(split: Split, count: int, seed: int | None = None) -> Iterator[GoldDocument]:
    """Yield notes; the same split, count and seed give the same bytes, and a longer set begins with the shorter.

    Args:
        split: `TUNING` or `HELD_OUT`: names, places, sentences and facts of the two are disjoint.
        count: how many.
        seed: another seed than the frozen one.
    """
    start = SEEDS[split] if seed is None else seed
    for number in range(count):
        yield _note(random.Random(f"{start}:{number}"), f"{split}-{start}-{number:05d}", pools(split))


def _note(rng: random.Random, name: str, material: Pools) -> GoldDocument:
    styles = sorted(style for style in material.styles if style != WITHOUT)
    style = WITHOUT if rng.random() < SHARE_WITHOUT else rng.choice(styles)
    old = style != WITHOUT and rng.random() < SHARE_OLD
    world = make_world(rng, material, old=old)
    roughness = draw_roughness(rng)
    pieces = [roughened(piece, roughness, rng) for piece in _pieces(rng, style, world, material, old)]
    document = _joined(pieces, name, roughness)
    record = None if style == WITHOUT else world.record(name)
    return document.model_copy(update={"patient": record, "group": ""})


def _pieces(rng: random.Random, style: str, world: World, material: Pools, old: bool) -> Iterator[Piece]:
    for heading, pool, fewest, most in material.styles[style]:
        if heading:
            yield Piece(f"{heading}\n")
        lines = material.sentences[pool]
        wanted = rng.randint(fewest, most)
        for line in rng.sample(lines, min(wanted, len(lines))):
            yield from _filled(line, world, material, rng)
            yield Piece("\n" if pool in _LINES else " ")
        if pool == "story" and old:
            yield from _filled(rng.choice(material.sentences["old"]), world, material, rng)
        yield Piece("\n")


def _filled(line: str, world: World, material: Pools, rng: random.Random) -> Iterator[Piece]:
    position = 0
    for match in _WORD.finditer(line):
        if match.start() > position:
            yield Piece(line[position : match.start()])
        yield from fill(match[1], world, material, rng)
        position = match.end()
    if position < len(line):
        yield Piece(line[position:])


def _joined(pieces: list[Piece], name: str, roughness: Roughness) -> GoldDocument:
    spans, keep, neutral, position = [], [], [], 0
    for piece in pieces:
        end = position + len(piece.text)
        if piece.category and piece.text:
            spans.append(GoldSpan(start=position, end=end, category=piece.category))
        elif piece.keep and piece.text:
            keep.append(KeptSpan(start=position, end=end, kind=piece.keep))
        elif piece.neutral and piece.text:
            neutral.append(KeptSpan(start=position, end=end, kind=piece.neutral))
        position = end
    text = wrapped("".join(piece.text for piece in pieces), roughness)
    return GoldDocument(id=name, text=text, spans=tuple(spans), keep=tuple(keep), neutral=tuple(neutral))
