"""`study`: what arms of training learn and forget over several updates in a row."""

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from clinical_sdft.commands.common import out
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from clinical_sdft.study.material import Material


class Data(StrEnum):
    """The study's data sets."""

    WRITTEN = "written-cases"
    DDXPLUS = "ddxplus"
    NHANES = "nhanes"
    CHOOSING = "choosing-cases"


def study(
    results: Annotated[Path, typer.Option(help="Results are kept here, one small file a stage.")] = Path("study"),
    work: Annotated[Path, typer.Option(help="Weights lie here; they can be made again.")] = Path("build/study"),
    data: Annotated[list[Data] | None, typer.Option(help="Only this data set; may be repeated.")] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Only this arm; may be repeated.")] = None,
    seed: Annotated[list[int] | None, typer.Option(min=0, help="Seeds; default 1, 2 and 3.")] = None,
    data_folder: Annotated[Path | None, typer.Option(help="Where DDXPlus and NHANES lie; see docs/study.md.")] = None,
    training: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another training setting; may be repeated.")
    ] = None,
    reduced: Annotated[bool, typer.Option(help="A few cases and one pass: to see that it runs.")] = False,
    report_only: Annotated[bool, typer.Option(help="Only write tables and plots of what was run.")] = False,
) -> None:
    """Run arms × updates in a row × seeds on the demo's model and write tables and plots; resumes when interrupted.

    In full it takes many hours on two cores: name data, arms and seeds to run a part. All parts share one report.
    """
    from clinical_sdft.study.arms import ARMS
    from clinical_sdft.study.report import write_report
    from clinical_sdft.study.run import Study, hospital_start, read_results, run_study
    from clinical_sdft.study.settings import REDUCED, TRAINING
    from clinical_sdft.workspace import Settings

    if find_spec("matplotlib") is None:
        raise InputError("the study draws with matplotlib, which is not installed; pip install 'clinical-sdft[study]'")
    unknown = set(arm or ()) - {known.name for known in ARMS}
    if unknown:
        raise InputError(f"--arm {', '.join(sorted(unknown))}: no such arm; use {', '.join(a.name for a in ARMS)}")
    chosen = list(data or ([Data.WRITTEN, Data.DDXPLUS, Data.NHANES] if data_folder else [Data.WRITTEN]))
    plan = Study(
        materials=tuple(_material(item, data_folder, reduced) for item in chosen),
        arms=tuple(known for known in ARMS if not arm or known.name in arm),
        seeds=tuple(seed or (1, 2, 3)),
        training=TRAINING,
        changes={**(REDUCED if reduced else {}), **_changes(training or [])},
        results=results,
        work=work,
    )
    if not report_only:
        run_study(plan, hospital_start(Settings.model_construct().model, work), out.print)
    stages = {material.name: len(material.stages) for material in plan.materials}
    out.print(f"tables and plots: {write_report(read_results(results), stages, results)}")


def _changes(given: list[str]) -> dict[str, str]:
    """Return `KEY=VALUE` changes of the training settings; what an arm itself sets stays the arm's."""
    from clinical_sdft.study.settings import TRAINING

    pairs = [change.split("=", 1) for change in given]
    if any(len(pair) != 2 or pair[0] not in type(TRAINING).model_fields for pair in pairs):
        raise InputError("--set takes KEY=VALUE with a key of [training], see docs/settings.md")
    changes = {key: value for key, value in pairs}
    try:
        type(TRAINING).model_validate({**TRAINING.model_dump(), **changes})
    except ValidationError as error:
        raise InputError(f"--set: {error.errors()[0]['msg']}") from error
    return changes


def _material(data: Data, folder: Path | None, reduced: bool) -> "Material":
    from clinical_sdft.study.ddxplus import ddxplus
    from clinical_sdft.study.nhanes import nhanes
    from clinical_sdft.study.written_cases import choosing_cases, written_cases

    if data is Data.WRITTEN:
        return written_cases(2) if reduced else written_cases()
    if data is Data.CHOOSING:
        return choosing_cases(2) if reduced else choosing_cases()
    if folder is None:
        raise InputError(f"--data {data}: it does not ship with this software; name its folder with --data-folder")
    return ddxplus(folder) if data is Data.DDXPLUS else nhanes(folder)
