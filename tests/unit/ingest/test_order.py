"""Which of two guidelines holds, when their stamps cannot be trusted."""

from datetime import date
from typing import Any

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.order import compare, content_digest
from data_contracts import Guideline, Recommendation, Source


def guideline(words: str = "Suspect gout in a hot toe.", **changes: Any) -> Guideline:
    source = Source(title="t", publisher="p", url="https://example.org")
    one = Recommendation(id="R1", answer="gout", statement="s", quote=words, source=source)
    fields = {"id": "gout", "title": "Gout", "issuer": "i", "version": "1", "date": date(2026, 1, 1), "licence": "CC0"}
    return Guideline(**(fields | {"document": words, "recommendations": (one,)} | changes))


OLD = guideline()
NEW = guideline("Suspect gout in a hot toe, unless it is cold.", version="2", date=date(2026, 6, 1))


def test_the_later_day_is_newer_and_the_version_decides_nothing() -> None:
    assert (compare(NEW, OLD), compare(OLD, NEW)) == ("newer", "older")
    lying = NEW.model_copy(update={"version": "0.1"})
    assert compare(lying, OLD) == "newer"


def test_other_guidelines_are_unrelated_unless_a_link_says_so() -> None:
    other = guideline("Suspect mumps in a swollen cheek.", id="mumps", date=date(2026, 9, 1))
    assert compare(other, OLD) == "unrelated"
    linked = other.model_copy(update={"supersedes": OLD.digest})
    assert (compare(linked, OLD), compare(OLD, linked)) == ("newer", "older")


def test_the_old_text_under_the_new_stamp_is_asked_about() -> None:
    archive = OLD.model_copy(update={"version": "2", "date": date(2026, 6, 1)})
    assert content_digest(archive) == content_digest(OLD) != content_digest(NEW)
    with pytest.raises(InputError, match="word for word the same") as caught:
        compare(archive, OLD)
    assert "gout 2 of 2026-06-01" in str(caught.value) and "gout 1 of 2026-01-01" in str(caught.value)
    assert "--order" in str(caught.value)


def test_a_title_put_right_is_no_other_guideline() -> None:
    assert compare(OLD.model_copy(update={"title": "Gout, again"}), OLD) == "unrelated"


def test_a_link_against_the_days_is_asked_about() -> None:
    backwards = guideline("Other words.", date=date(2025, 1, 1), supersedes=OLD.digest)
    with pytest.raises(InputError, match="by link the first replaces the second"):
        compare(backwards, OLD)
    with pytest.raises(InputError, match="by link the first is replaced by the second"):
        compare(OLD, backwards)


def test_the_same_day_without_a_link_is_asked_about_and_a_decision_settles_it() -> None:
    twin = guideline("Other words.")
    with pytest.raises(InputError, match="same day"):
        compare(twin, OLD)
    decided = {(twin.digest, OLD.digest)}
    assert (compare(twin, OLD, decided), compare(OLD, twin, decided)) == ("newer", "older")
