"""Drafts for a clinician: from cases, records, what is ready, and what is still to complete."""

from datetime import date

from clinical_sdft.ingest.demonstrations import Phrasing
from clinical_sdft.ingest.drafts import draft_for_acceptance, from_documents
from data_contracts import (
    CategoryCount,
    DeidentifiedRecord,
    Demonstration,
    Guideline,
    GuidelineCase,
    Recommendation,
    Source,
)
from governance.services.acceptance import demonstration_of, edited

DIGEST = "sha256:" + "1" * 64
SOURCE = Source(title="t", publisher="p", url="https://example.org")
WORDS = ("Suspect gout in a hot toe.", "Suspect chilblain in a cold toe.", "Keep feet dry.")


def guideline() -> Guideline:
    answers = ("gout", "chilblain", None)
    return Guideline(
        id="toes",
        title="Toes",
        issuer="i",
        version="1",
        date=date(2026, 1, 1),
        licence="CC0-1.0",
        document=" ".join(WORDS),
        recommendations=tuple(
            Recommendation(
                id=f"R{number}",
                answer=answer,
                statement=words,
                quote=words,
                source=SOURCE,
                source_sha256=DIGEST,
                path="toes.pdf",
                page=number + 1,
                place=f"page {number + 1}",
            )
            for number, (answer, words) in enumerate(zip(answers, WORDS, strict=True))
        ),
        cases=(GuidelineCase(id="C0", recommendation="R0", question="My toe is hot.", answer="gout"),),
    )


def record() -> DeidentifiedRecord:
    return DeidentifiedRecord(
        record=DIGEST,
        patient=DIGEST,
        policy="safe_harbor",
        text="A cold toe.",
        diagnosis="Chilblain",
        replaced=(CategoryCount(category="NAME", count=1),),
    )


def test_cases_records_and_what_is_to_complete() -> None:
    case, from_record, open_one = draft_for_acceptance(guideline(), [record()], Phrasing())
    assert from_documents(guideline())
    assert (case.question, case.label, case.place) == (
        "Which diagnosis is most likely? My toe is hot.",
        "gout",
        "toes.pdf, page 1",
    )
    assert (from_record.record, from_record.replaced[0].count, from_record.label) == (DIGEST, 1, "chilblain")
    assert not open_one.complete and (open_one.question, open_one.answer, open_one.quote) == (None, None, WORDS[2])


def test_what_was_made_elsewhere_is_accepted_byte_for_byte_and_edited_in_its_words_alone() -> None:
    fields = {"question": "A dry foot?", "answer": "Keep it dry.", "label": "dry", "quote": WORDS[2]}
    more = {"rule": "r", "reasoning": "Dry.", "fields": [{"name": "wet", "value": False}]}
    ready = Demonstration(id="rule-1", guideline=guideline().digest, recommendation="R2", **fields | more)
    made = draft_for_acceptance(guideline(), [], Phrasing(), [ready])
    (draft,) = [one for one in made if one.id == "rule-1"]
    assert demonstration_of(draft) == ready and demonstration_of(draft).digest == ready.digest
    changed = edited(draft, "A wet foot?", "Dry it.", "dry")
    bare = ready.model_copy(update={"rule": None, "reasoning": None, "fields": ()})
    assert changed == bare.model_copy(update={"question": "A wet foot?", "answer": "Dry it."}), "of another case"
    assert edited(draft, "A dry foot?", "Dry, always.", "dry") == ready.model_copy(update={"answer": "Dry, always."})
    wet = edited(draft, "A dry foot?", "Wet it.", "wet")
    assert wet == ready.model_copy(update={"answer": "Wet it.", "label": "wet", "rule": None, "reasoning": None})
    assert {one.id for one in made} == {"C0", "rule-1", "R1"}
