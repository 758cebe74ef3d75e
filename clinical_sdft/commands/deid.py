"""De-identification on trial: deid score, gold, bench."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinical_sdft.commands.common import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, err, show
from clinical_sdft.deid.quality.choices import Engine, GoldFormat, Half, Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinical_sdft.deid.ner import NerModel
    from clinical_sdft.deid.quality.measure import Miss
    from clinical_sdft.deid.quality.score import Score

deid = typer.Typer(help="How good the de-identification is.", no_args_is_help=True)

PolicyOption = Annotated[str, typer.Option(help="De-identification policy: safe_harbor or expert_assist.")]
HalfOption = Annotated[Half, typer.Option(help="Only this half of the file, in the file's order.")]
SplitOption = Annotated[Split, typer.Option(help="Only this part, by a hash of each document's group or id.")]


@deid.command("score")
def deid_score(
    gold: Annotated[Path, typer.Argument(help="Gold set: JSON lines with spans, ASQ-PHI, or presidio-research.")],
    form: Annotated[GoldFormat, typer.Option("--format", help="Format of the gold set.")] = GoldFormat.AUTO,
    half: HalfOption = Half.ALL,
    split: SplitOption = Split.ALL,
    policy: PolicyOption = "safe_harbor",
    engine: Annotated[Engine, typer.Option(help="What is measured.")] = Engine.OWN,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count titles, labels, states and years inside identifiers too.")
    ] = False,
    without_records: Annotated[
        bool, typer.Option("--without-records", help="Leave the structured records of the gold set out of sight.")
    ] = False,
    misses: Annotated[
        bool, typer.Option("--misses", help="List what was missed: document, offsets and shape, never the text.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Measure recall, precision and leaks on a gold set, each with 95% bounds. Nothing of a text is shown or kept.

    In a workspace, the name recognition model of its config.toml is measured (deid_ner); elsewhere the embedded one.
    """
    from clinical_sdft.deid import named_policy
    from clinical_sdft.deid.errors import GoldError
    from clinical_sdft.deid.quality.detectors import Engines, StockPresidio, own_engine
    from clinical_sdft.deid.quality.gold import chosen, read_gold
    from clinical_sdft.deid.quality.score import score

    rules = named_policy(policy)
    documents = chosen(read_gold(gold, form), half, split)
    if not documents:
        raise GoldError(f"{gold}: no document is in this half and split; leave --half and --split out")
    if without_records:
        documents = tuple(document.model_copy(update={"patient": None}) for document in documents)
    ner = _ner_in_use(workspace) if engine == Engine.OWN else None
    engines = Engines(StockPresidio(), rules) if ner is None else own_engine(rules, ner)
    with _progress("scoring") as heard:
        result = score(documents, engines, strict=strict, heard=heard)
    value = result.as_json()
    if misses:
        value["misses"] = [_miss_json(miss) for miss in result.misses]
    value["model"] = None if ner is None else {"name": ner.name, "digest": ner.digest}
    named = [] if ner is None else [f"name recognition: {ner.name}"]
    show(value, as_json, "\n".join([*named, *_lines(result, misses)]))


def _ner_in_use(root: Path) -> "NerModel":
    """Return the model that records are de-identified with in this folder."""
    from clinical_sdft.deid import NotesNer, chosen_ner
    from clinical_sdft.workspace import Workspace

    if root == DEFAULT_WORKSPACE and not (root / "config.toml").is_file():
        return NotesNer()
    settings = Workspace(root).settings
    return chosen_ner(settings.deid_ner, settings.deid_ner_digest)


@deid.command("gold")
def deid_gold(
    target: Annotated[Path, typer.Argument(help="File to write (.jsonl).")],
    documents: Annotated[int, typer.Option(min=1, max=100_000, help="How many notes.")] = 300,
    split: Annotated[Split, typer.Option(help="tuning to work on, held-out to report on; they share no name.")] = (
        Split.TUNING
    ),
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed than the frozen one of the split.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write invented notes in hospital styles with every identifier and every fact marked, for `deid score`."""
    from clinical_sdft.deid.errors import GoldError
    from clinical_sdft.deid.quality.notes.compose import SEEDS, notes
    from clinical_sdft.files import write_contracts

    if split == Split.ALL:
        raise GoldError("--split all: choose tuning or held-out; their material is kept apart")
    if target.is_dir():
        raise GoldError(f"{target}: is a folder; name a file to write")
    written = tuple(notes(split, documents, seed))
    write_contracts(target, written)
    spans = sum(len(note.spans) for note in written)
    used = SEEDS[split] if seed is None else seed
    value = {"documents": len(written), "identifiers": spans, "split": str(split), "seed": used}
    show(value, as_json, f"{len(written)} notes with {spans} identifiers ({split}, seed {used}) → {target}")


@deid.command("bench")
def deid_bench(
    notes: Annotated[int, typer.Option(min=1, max=1000, help="Notes of 3,300 characters a round.")] = 20,
    rounds: Annotated[int, typer.Option(min=3, max=99, help="Rounds of each engine, by turns.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Measure notes per second and core, and peak memory, beside stock presidio in the same run.

    Each engine runs in a process of its own on one thread; they take turns, and the medians are shown.
    """
    from clinical_sdft.deid.quality.bench import bench

    with _progress("benchmark") as heard:
        result = bench(notes, rounds, heard)
    lines = [f"{notes} notes of {result['characters']} characters, {rounds} rounds by turns, medians"]
    lines += [
        f"  {name:<15} {row['notes_per_cpu_second']:6.2f} notes per second and core"
        f"  ({row['notes_per_second']:.2f} by the clock), peak {row['peak_megabytes']:.0f} MB: {row['work']}"
        for name, row in result["engines"].items()
    ]
    show(result, as_json, "\n".join([*lines, f"  own against stock: {result['own_to_stock']:.2f} times as fast"]))


@deid.command("train")
def deid_train(
    target: Annotated[Path, typer.Argument(help="New folder for the model.")],
    gold: Annotated[list[Path], typer.Argument(help="Gold sets with every identifier marked; all notes are used.")],
    passes: Annotated[int, typer.Option(min=1, max=100, help="How often the notes are gone through.")] = 14,
    generated: Annotated[int, typer.Option(min=0, max=100_000, help="Generated notes to draw from beside them.")] = 800,
    seed: Annotated[int, typer.Option(min=0, help="Of order, variations and dropout.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Teach the embedded name recognition from marked notes, such as a hospital's own; half an hour for 400 notes.

    The model that comes with this software was made by this command. Measure yours with `deid score` on notes that it
    has not seen before you pin it.
    """
    from clinical_sdft.deid.ner.training import train
    from clinical_sdft.deid.quality.gold import read_gold
    from clinical_sdft.deid.quality.notes.compose import notes

    marked = [document for file in gold for document in read_gold(file, GoldFormat.AUTO)]
    with _progress("training") as heard:
        digest = train(marked, tuple(notes(Split.TUNING, generated, seed)), target, passes, seed, heard)
    value = {"folder": str(target), "digest": digest, "notes": len(marked), "generated": generated, "passes": passes}
    lines = [
        f"learned from {len(marked)} marked notes, {passes} passes → {target}",
        f'to use it, in config.toml: deid_ner = "notes:{target}" and deid_ner_digest = "{digest}"',
    ]
    show(value, as_json, "\n".join(lines))


@contextmanager
def _progress(what: str) -> "Iterator[Callable[[int, int], None]]":
    """Yield a listener that draws a bar on a terminal's standard error, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import Progress

    with Progress(console=err, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _miss_json(miss: "Miss") -> dict[str, Any]:
    return {
        "document": miss.document,
        "category": str(miss.category),
        "start": miss.start,
        "end": miss.end,
        "shape": miss.shape,
        "left": [list(place) for place in miss.left],
    }


def _lines(result: "Score", misses: bool) -> list[str]:
    lines = [
        f"documents                        {result.documents}",
        f"span-full recall                 {result.span_full_recall}",
        f"token recall                     {result.token_recall}",
        f"token precision                  {result.token_precision}",
        f"documents leaking                {result.leaking}",
        f"  with anything left             {result.anything_left}",
        f"  leaking after the second scan  {result.leaking_released}",
        f"held back by the second scan     {result.held_back}",
        f"  of documents without a miss    {result.clean_held_back}",
        f"hard negatives touched           {result.hard_negatives_touched}",
        f"other tokens replaced            {result.needless_tokens}",
        f"known values in released texts   {result.known_left}",
    ]
    if result.facts_touched:
        lines += ["clinical facts touched"]
        lines += [f"  {kind:<30} {rate}" for kind, rate in sorted(result.facts_touched.items())]
    lines += ["span-full recall by category"]
    lines += [f"  {category:<30} {rate}" for category, rate in sorted(result.spans.items())]
    if misses:
        lines += ["misses: category, document, offsets, shape, offsets of what is left"]
        ordered = sorted(result.misses, key=lambda miss: (miss.category, miss.shape))
        lines += [_miss_line(miss) for miss in ordered]
    return lines


def _miss_line(miss: "Miss") -> str:
    left = " ".join(f"{start}-{end}" for start, end in miss.left)
    return f"  {miss.category:<12} {miss.document}  {miss.start}-{miss.end}  {miss.shape!r}  left {left}"
