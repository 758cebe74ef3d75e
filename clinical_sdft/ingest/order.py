"""Which of two guidelines holds: by their content, the day each takes effect, and the link to what it replaces.

The printed version decides nothing: an archive of an old text is known to carry the number of the new one. Where
content, day and link do not say the same, a person decides, on the record.
"""

from collections.abc import Collection
from typing import Literal

from clinical_sdft.errors import InputError
from data_contracts import Digest, Guideline, canonical_json, sha256_digest, short

Order = Literal["newer", "older", "unrelated"]
Decided = Collection[tuple[Digest, Digest]]
"""Pairs (newer, older) that a person put in order."""


def content_digest(guideline: Guideline) -> Digest:
    """Return the digest of what a guideline says, whatever stamp it carries."""
    said = [[item.answer, item.statement, item.quote] for item in guideline.recommendations]
    return sha256_digest(canonical_json({"document": guideline.document, "recommendations": said}))


def compare(one: Guideline, other: Guideline, decided: Decided = ()) -> Order:
    """Return how the first stands to the second.

    Raises:
        InputError: content, day and link disagree and nobody has decided; the line names both and says how to.
    """
    if one.digest == other.digest:
        return "unrelated"
    if (one.digest, other.digest) in decided:
        return "newer"
    if (other.digest, one.digest) in decided:
        return "older"
    same_words = content_digest(one) == content_digest(other)
    linked = "newer" if one.supersedes == other.digest else "older" if other.supersedes == one.digest else None
    if not (linked or same_words or one.id == other.id):
        return "unrelated"
    dated = "newer" if one.date > other.date else "older" if one.date < other.date else None
    if same_words and (one.version, one.date) == (other.version, other.date):
        return "unrelated"  # a title or a licence was put right
    if same_words:
        raise _ask(one, other, "say word for word the same under different stamps")
    if linked and dated and linked != dated:
        link = "replaces" if linked == "newer" else "is replaced by"
        raise _ask(one, other, f"disagree: by link the first {link} the second, by date it is the other way round")
    found = linked or dated
    if found is None:
        raise _ask(one, other, "take effect on the same day and neither says that it replaces the other")
    return "newer" if found == "newer" else "older"


def _ask(one: Guideline, other: Guideline, what: str) -> InputError:
    return InputError(
        f"{_name(one)} and {_name(other)} {what}; say whether the first is newer or older: `clinical-sdft ingest FILE "
        '--order newer --reason "…" --as NAME`, which is signed and recorded'
    )


def _name(guideline: Guideline) -> str:
    return f"{guideline.id} {guideline.version} of {guideline.date} ({short(guideline.digest)})"
