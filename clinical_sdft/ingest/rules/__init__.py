"""Executable rules: checked, evaluated in a process of their own, applied to records, compared."""

from clinical_sdft.ingest.rules.judge import Judgement, check_rules, judge

__all__ = ["Judgement", "check_rules", "judge"]
