"""DDXPlus (Fansi Tchango et al. 2022): synthetic patients with evidences, each ending in one of 49 pathologies."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.importers.common import Imported, Row, Style, csv_rows, item, json_object, slug
from data_contracts import SuiteItem

COLUMNS = ("AGE", "SEX", "PATHOLOGY", "EVIDENCES", "INITIAL_EVIDENCE")
SEXES = {"F": "female", "M": "male"}
YES_NO = {"N": "no", "O": "yes"}
BANDS = (18, 40, 65)
_VALUE = "_@_"
_FLAT_LIST = re.compile(r"\[[^\[\](){}]{0,100000}\]")


@dataclass(frozen=True)
class Dictionary:
    """What codes mean, in English."""

    pathologies: dict[str, str]
    evidences: dict[str, dict[str, Any]]


def read_ddxplus(paths: Sequence[Path], style: Style) -> Imported:
    """Read patients (CSV) with `release_conditions.json` and `release_evidences.json`, told apart by what they hold.

    A patient is asked as an open question, scored by the closed set of all pathologies; sex and age band are
    subgroups.

    Raises:
        InputError: a file is missing, or a row cannot be used.
    """
    tables = [path for path in paths if path.suffix.casefold() == ".csv"]
    book = _dictionary([path for path in paths if path.suffix.casefold() != ".csv"])
    if not tables:
        raise InputError(f"{paths[0]}: no patients; name a .csv file of DDXPlus too")
    items = [found for table in tables for found in _patients(table, book, style)]
    return Imported(tuple(items), tuple((name,) for name in dict.fromkeys(book.pathologies.values())))


def _dictionary(paths: Sequence[Path]) -> Dictionary:
    pathologies: dict[str, str] = {}
    evidences: dict[str, dict[str, Any]] = {}
    for path in paths:
        for number, (key, value) in enumerate(json_object(path).items(), 1):
            row = Row(path, number, value if isinstance(value, dict) else {})
            if "question_en" in row.value:
                evidences[key] = row.value | {"question_en": row.text("question_en")}
            else:
                pathologies[key] = row.text("cond-name-eng")
    if not pathologies or not evidences:
        raise InputError("DDXPlus: name release_conditions.json and release_evidences.json beside the .csv files")
    return Dictionary(pathologies, evidences)


def _patients(path: Path, book: Dictionary, style: Style) -> list[SuiteItem]:
    rows = csv_rows(path)
    head = next(rows, None)
    missing = [name for name in COLUMNS if head is None or name not in head.value]
    if head is None or missing:
        raise InputError(f"{path}: row 1: no column {', '.join(missing)}")
    found = []
    for row in rows:
        if len(row.value) != len(head.value):
            raise row.refuse(f"has {len(row.value)} columns, the head has {len(head.value)}")
        found.append(_patient(Row(path, row.number, dict(zip(head.value, row.value, strict=True))), book, style))
    return found


def _patient(row: Row, book: Dictionary, style: Style) -> SuiteItem:
    age, sex, pathology = row.text("AGE"), row.text("SEX"), row.text("PATHOLOGY")
    if not re.fullmatch(r"[0-9]{1,3}", age) or sex not in SEXES:
        raise row.refuse("`AGE` is no number of years, or `SEX` is not F or M")
    if pathology not in book.pathologies:
        raise row.refuse("`PATHOLOGY` is not in the conditions file")
    findings = [f"- {line}" for line in _findings(row, book)]
    first = _line(row, book, row.text("INITIAL_EVIDENCE"))
    opening = f"A {age}-year-old {SEXES[sex]} patient. First complaint: {first}"
    question = "\n".join([opening, "Findings:", *findings, "Which diagnosis is most likely?"])
    return item(
        row,
        style,
        id=slug(f"{row.path.stem}-{row.value.get('OriginalRowKey') or row.number}"),
        question=question,
        answers=(book.pathologies[pathology],),
        specialty="differential diagnosis",
        subgroup={"sex": SEXES[sex], "age": _band(int(age))},
    )


def _findings(row: Row, book: Dictionary) -> list[str]:
    text = row.text("EVIDENCES")
    try:
        codes = ast.literal_eval(text) if _FLAT_LIST.fullmatch(text) else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        codes = None
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise row.refuse("`EVIDENCES` is no list of codes")
    return [_line(row, book, code) for code in codes]


def _line(row: Row, book: Dictionary, code: str) -> str:
    name, _, value = code.partition(_VALUE)
    entry = book.evidences.get(name)
    if entry is None:
        raise row.refuse("an evidence is not in the evidences file")
    meanings = entry.get("value_meaning")
    meaning = meanings.get(value) if isinstance(meanings, dict) else None
    said = meaning.get("en") if isinstance(meaning, dict) else None
    answer = YES_NO.get(value, said or value or "yes")
    return row.clean(f"{entry['question_en']} {answer}")


def _band(age: int) -> str:
    low = 0
    for edge in BANDS:
        if age < edge:
            return f"{low}-{edge - 1}"
        low = edge
    return f"{low}+"
