"""PubMedQA (Jin et al. 2019): an abstract without its conclusion, a question, and yes, no or maybe."""

from collections.abc import Sequence
from pathlib import Path

from clinical_sdft.evaluation.importers.common import Imported, Row, Style, item, json_rows, slug
from data_contracts import ChoiceScorer, SuiteItem

DECISIONS = ("yes", "no", "maybe")


def read_pubmedqa(paths: Sequence[Path], style: Style) -> Imported:
    """Read the authors' JSON (an object by PubMed id) or JSON Lines of the hub's copy.

    Raises:
        InputError: a row cannot be used.
    """
    return Imported(tuple(_item(row, style) for path in paths for row in json_rows(path)))


def _item(row: Row, style: Style) -> SuiteItem:
    decision = row.text("final_decision").casefold()
    if decision not in DECISIONS:
        raise row.refuse("`final_decision` is not yes, no or maybe")
    abstract = "\n".join(_contexts(row))
    question = row.text("QUESTION", "question")
    closing = "Answer:" if style.plain else "Answer yes, no or maybe."
    return item(
        row,
        style,
        id=slug(str(row.value.get("id") or row.value.get("pubid") or f"{row.path.stem}-{row.number}")),
        question=f"Abstract: {abstract}\nQuestion: {question}\n{closing}",
        answers=(decision,),
        specialty="biomedical research",
        scorer=ChoiceScorer(options=DECISIONS, length="raw"),
    )


def _contexts(row: Row) -> list[str]:
    nested = row.value.get("context")
    if isinstance(nested, dict):
        return Row(row.path, row.number, nested).texts("contexts")
    return row.texts("CONTEXTS", "contexts")
