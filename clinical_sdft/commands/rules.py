"""Executable rules of a guideline: check them, apply them to records, compare two guidelines."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinical_sdft.commands.common import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, open_both, show
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from clinical_sdft.ingest.rules.apply import Applied
    from clinical_sdft.ingest.rules.judge import Judgement
    from clinical_sdft.workspace import Workspace
    from data_contracts import Guideline, Suite

rules = typer.Typer(help="Executable rules of a guideline.", no_args_is_help=True)

GuidelineArgument = Annotated[Path, typer.Argument(help="Guideline file with `fields` and `rules` (YAML or JSON).")]
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

MappingOption = Annotated[Path, typer.Option("--mapping", help="Which column or FHIR path holds which field (YAML).")]


@rules.command("check")
def rules_check(guideline: GuidelineArgument, as_json: JsonOption = False) -> None:
    """Compile every rule against the fields and try it, without any record."""
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.ingest.rules import check_rules
    from clinical_sdft.ingest.rules.judge import alike, reads

    read = read_guideline(guideline)
    check_rules(read, str(guideline))
    rows = [
        {"rule": r.id, "answer": r.answer, "language": r.language, "reads": reads(r, read.fields)} for r in read.rules
    ]
    lines = [f"{r['rule']:24} → {r['answer']}  ({r['language']}; reads {', '.join(r['reads'])})" for r in rows]
    lines += [f"note: a reply “{one}” also says “{other}”; no suite tells them apart" for one, other in alike(read)]
    show(rows, as_json, "\n".join([*lines, f"{read.id} {read.version}: {len(rows)} rules can be applied"]))


@rules.command("apply")
def rules_apply(
    guideline: GuidelineArgument,
    records: Annotated[Path, typer.Argument(help="CSV file (.csv, .csv.gz), FHIR R4 bundle, or a folder of bundles.")],
    mapping: MappingOption,
    out: Annotated[
        str | None,
        typer.Option(help="Name: write demonstrations to inbox/demonstrations/NAME.jsonl, to be trained on."),
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="Id: write the held-out cases as a suite to inbox/suites/ID.json.")
    ] = None,
    held_out: Annotated[
        float, typer.Option(min=0, max=1, help="Share of patients whose cases go to the suite, never to training.")
    ] = 0.2,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many cases each, as many of one rule as of another.")
    ] = None,
    specialty: Annotated[str, typer.Option(help="Specialty of the suite's items.")] = "mixed",
    licence: Annotated[str, typer.Option(help="Licence of the records, for the suite.")] = "not for publication",
    explain: Annotated[bool, typer.Option(help="Let the reply go on with the readings and the quoted words.")] = False,
    worked: Annotated[
        bool,
        typer.Option(help="Let the reply begin with them instead, as a worked case; `reply_tokens` must hold both."),
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Apply rules to structured records: say what they decide, and write cases with answers where asked to.

    Only numbers with units, yes and no, and words of a closed list are read, never free text. A record whose reading is
    missing is not guessed: it is counted. Without --out and --suite nothing is written. What a suite asks already, or
    will ask, is not written to be trained on.
    """
    from clinical_sdft.deid.keys import load_key
    from clinical_sdft.deid.records import keyed_digest
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.ingest.rules import check_rules
    from clinical_sdft.ingest.rules.apply import apply_rules
    from clinical_sdft.ingest.rules.mapping import read_mapping
    from clinical_sdft.ingest.rules.records import read_cases
    from governance.services import queries

    opened, governance = open_both(workspace)
    key = load_key(opened.root)
    read = read_guideline(guideline)
    check_rules(read, str(guideline))
    found = read_cases(records, read_mapping(mapping, read), read, lambda data: keyed_digest(key, data))
    applied = apply_rules(read, found.cases, str(guideline))
    wanted = _Wanted(out, suite, held_out if suite else 0.0, limit, specialty, licence, explain, worked)
    written = _write(opened, queries.prior_suites(governance), applied, wanted, records.name)
    summary = {
        "records": len(applied.cases),
        "left_out": found.left_out,
        "states": applied.states,
        "answers": applied.answers,
        "missing": applied.missing,
        "against_published": applied.against_published(),
        "written": written,
    }
    show(summary, as_json, _said(applied, found.left_out, written))


@rules.command("compare")
def rules_compare(
    old: Annotated[Path, typer.Argument(help="Guideline file with rules: the one in use.")],
    new: Annotated[Path, typer.Argument(help="Guideline file with rules: the one to come.")],
    records: Annotated[
        Path | None, typer.Argument(help="Records to compare on; without them only the space of the fields.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="Which column or FHIR path holds which field (YAML).")] = None,
    as_json: JsonOption = False,
) -> None:
    """List where two guidelines' rules answer differently: the regions, and the share of records that flip."""
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.ingest.rules import check_rules
    from clinical_sdft.ingest.rules.compare import compare_on, regions

    read = [read_guideline(file) for file in (old, new)]
    for guideline, file in zip(read, (old, new), strict=True):
        check_rules(guideline, str(file))
    places = (str(old), str(new))
    found = regions(read[0], read[1], places)
    value: dict[str, object] = {"regions": [str(region) for region in found]}
    lines = [f"{read[0].title} → {read[1].title}", *(f"  {region}" for region in found)]
    lines += [] if found else ["  no region where they answer differently"]
    if records is not None:
        if mapping is None:
            raise InputError("rules compare: records need --mapping, which says what their columns hold")
        judged = _judged(read, places, records, mapping)
        result = compare_on(*judged)
        value |= asdict(result) | {"flipped": result.flipped, "share": result.share}
        lines.append(f"{result.both} records decided by both, {result.flipped} flip ({result.share:.1%})")
        lines += [f"  {change}: {number}" for change, number in result.changes.items()]
        lines.append(f"{result.undecided} records not decided by both (a reading is missing, or no rule applies)")
    show(value, as_json, "\n".join(lines))


@dataclass(frozen=True)
class _Wanted:
    """What `rules apply` was asked to write."""

    out: str | None
    suite: str | None
    held_out: float
    limit: int | None
    specialty: str
    licence: str
    explain: bool
    worked: bool

    def __post_init__(self) -> None:
        if self.explain and self.worked:
            raise InputError("--explain --worked: the reasoning stands after the answer or before it; choose one")
        for option, name in (("--out", self.out), ("--suite", self.suite)):
            if name is not None and not _SLUG.fullmatch(name):
                raise InputError(f"{option} {name}: a name is letters, digits, dots, hyphens and underscores")


def _write(
    workspace: "Workspace", suites: "tuple[Suite, ...]", applied: "Applied", wanted: _Wanted, source: str
) -> dict[str, str]:
    """Write what was asked for and return what went where: all of it, or nothing where something is wrong."""
    from clinical_sdft.files import write_bytes
    from clinical_sdft.ingest.rules.apply import apart, balanced, demonstrations, split, suite_of
    from clinical_sdft.ingest.rules.inbox import write_inbox

    inbox = workspace.root / "inbox"
    training, held_out = split(applied, wanted.held_out)
    held_out = balanced(held_out, wanted.limit)
    training = balanced(apart(applied, training, held_out, suites), wanted.limit)
    made = demonstrations(applied.guideline, training, workspace.phrasing, explain=wanted.explain, worked=wanted.worked)
    if wanted.out and not made:
        raise InputError("rules apply: no record is decided; nothing to learn from")
    written = {}
    if wanted.suite:
        about = {"name": wanted.suite, "specialty": wanted.specialty, "licence": wanted.licence, "source": source}
        suite = suite_of(applied.guideline, held_out, workspace.phrasing, **about)
        target = inbox / "suites" / f"{wanted.suite}.json"
        if target.is_file() and target.read_bytes() != suite.canonical_bytes():
            raise InputError(f"{target}: is there with other items; move it away, or use another id")
        write_bytes(target, suite.canonical_bytes())
        written[str(target)] = f"{len(suite.items)} held-out items"
    if wanted.out:
        written[str(write_inbox(inbox, wanted.out, made))] = f"{len(made)} demonstrations"
    return written


def _said(applied: "Applied", left_out: int, written: dict[str, str]) -> str:
    lines = [f"{len(applied.cases)} records ({left_out} left out by the mapping)"]
    lines += [f"  {number:7} {answer}" for answer, number in applied.answers.items()]
    lines += [f"  {number:7} not decided: {names} missing" for names, number in applied.missing.items()]
    states = {"silent": "no rule applies", "contradiction": "rules contradict each other"}
    lines += [f"  {number:7} {states[state]}" for state, number in applied.states.items() if state in states]
    published = applied.against_published()
    lines += ["against the published answers:"] if published else []
    lines += [f"  {number:7} {kind}" for kind, number in published.items()]
    lines += [f"{what} → {where}" for where, what in written.items()]
    return "\n".join(lines)


def _judged(
    guidelines: "list[Guideline]", places: tuple[str, str], records: Path, mapping: Path
) -> "tuple[tuple[Judgement, ...], tuple[Judgement, ...]]":
    from clinical_sdft.ingest.rules import judge
    from clinical_sdft.ingest.rules.mapping import read_mapping
    from clinical_sdft.ingest.rules.records import read_cases
    from data_contracts import sha256_digest

    read = read_mapping(mapping, *guidelines)
    # Nothing of these records is kept, so their patients need no secret digest.
    cases = [read_cases(records, read, guideline, sha256_digest).cases for guideline in guidelines]
    old, new = (
        judge(guideline, [case.values for case in found], place)
        for guideline, found, place in zip(guidelines, cases, places, strict=True)
    )
    return old, new
