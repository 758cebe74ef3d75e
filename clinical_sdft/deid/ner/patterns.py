"""No model at all: rules, word lists and the structured record alone, where a policy allows that."""

import hashlib

from clinical_sdft.deid.ner.model import NerSpan


class PatternsOnly:
    """Finds nothing; a policy must say that this is enough."""

    name = "patterns-only"
    digest = f"sha256:{hashlib.sha256(b'patterns-only').hexdigest()}"

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return nothing."""
        return ()
