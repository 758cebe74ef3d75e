"""Importers: public benchmark files become suites, whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.importers.common import Imported, Style
from clinical_sdft.evaluation.importers.ddxplus import read_ddxplus
from clinical_sdft.evaluation.importers.harness import read_harness
from clinical_sdft.evaluation.importers.medmcqa import read_medmcqa
from clinical_sdft.evaluation.importers.mmlu import read_mmlu
from clinical_sdft.evaluation.importers.pubmedqa import read_pubmedqa
from clinical_sdft.validation import first_problem
from data_contracts import Suite

__all__ = ["FORMATS", "Format", "Style", "import_suite"]


@dataclass(frozen=True)
class Format:
    """A kind of file: how it is read, and the licence and source its publishers state."""

    read: Callable[[Sequence[Path], Style], Imported]
    licence: str | None
    source: str | None


FORMATS: dict[str, Format] = {
    "medmcqa": Format(read_medmcqa, "MIT", "MedMCQA, Pal et al. 2022, https://github.com/medmcqa/medmcqa"),
    "pubmedqa": Format(read_pubmedqa, "MIT", "PubMedQA, Jin et al. 2019, https://github.com/pubmedqa/pubmedqa"),
    "mmlu": Format(read_mmlu, "MIT", "MMLU, Hendrycks et al. 2021, https://github.com/hendrycks/test"),
    "ddxplus": Format(
        read_ddxplus, "CC-BY-4.0", "DDXPlus, Fansi Tchango et al. 2022, https://github.com/mila-iqia/ddxplus"
    ),
    "harness": Format(read_harness, None, None),
}


def import_suite(
    name: str,
    paths: Sequence[Path],
    style: Style,
    *,
    suite_id: str,
    version: str,
    specialty: str,
    licence: str | None = None,
    source: str | None = None,
    limit: int | None = None,
) -> Suite:
    """Return the suite that files of a format make; one bad row refuses them all.

    Args:
        name: of the format, one of `FORMATS`.
        paths: the files.
        style: how rows become items.
        suite_id: id of the suite.
        version: of the suite.
        specialty: of the suite.
        licence: what the files may be used under; the publishers' own by default.
        source: where they come from; the publication by default.
        limit: only so many items, spread evenly over the rows.

    Raises:
        InputError: the format is unknown, a row cannot be used, or licence and source are not known.
    """
    chosen = FORMATS.get(name)
    if chosen is None:
        raise InputError(f"format {name}: unknown; one of {', '.join(FORMATS)}")
    licence, source = licence or chosen.licence, source or chosen.source
    if not licence or not source:
        raise InputError(f"format {name}: say under which --licence and from which --source the files come")
    imported = chosen.read(paths, style)
    if not imported.items:
        raise InputError(f"{paths[0]}: holds no rows")
    items = imported.items
    if limit is not None and limit < len(items):
        items = tuple(items[row * len(items) // limit] for row in range(limit))
    try:
        return Suite(
            id=suite_id,
            version=version,
            specialty=specialty,
            licence=licence,
            source=source,
            labels=imported.labels,
            items=items,
        )
    except ValidationError as error:
        raise InputError(f"{paths[0]}: {first_problem(error)}") from error
