"""Reads back, by digest, everything that belongs to one update."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from data_contracts import (
    AdapterManifest,
    DeidentificationReport,
    Digest,
    GateDecision,
    GatePolicy,
    Guideline,
    PreflightReport,
    Promotion,
    Suite,
    SuiteItem,
    SuiteScores,
    UpdateBundle,
    UpdateStatus,
)
from governance.approvals.signatures import Signed, signatures_of
from governance.registry import updates
from governance.store.objects import ObjectStore
from governance.store.tables import deletions, promotions

if TYPE_CHECKING:
    from governance.gate.pairing import Pair


@dataclass(frozen=True)
class ItemPair:
    """One item of a suite with what both models scored on it."""

    suite: Suite
    item: SuiteItem
    pair: "Pair"


@dataclass(frozen=True)
class UpdateRecord:
    """One update: what the database says of it, and its objects, read when asked for."""

    objects: ObjectStore
    stored: updates.StoredUpdate
    status: UpdateStatus
    control: bool
    signed: tuple[Signed, ...]
    promotion: Promotion | None
    deleted: frozenset[Digest]
    """What retention deleted of any update."""

    @property
    def replies_deleted(self) -> bool:
        """Whether the replies behind the decision were deleted when their time was over."""
        replies = (*self.bundle.incumbent_scores, *self.bundle.candidate_scores)
        return any(digest in self.deleted and not self.objects.has(digest) for digest in replies)

    @cached_property
    def bundle(self) -> UpdateBundle:
        """The bundle that was submitted."""
        return UpdateBundle.from_bytes(self.objects.get(self.stored.bundle))

    @cached_property
    def decision(self) -> GateDecision:
        """The gate's decision."""
        return GateDecision.from_bytes(self.objects.get(self.bundle.decision))

    @cached_property
    def policy(self) -> GatePolicy:
        """The policy the decision was made under."""
        return GatePolicy.from_bytes(self.objects.get(self.decision.policy))

    @cached_property
    def guideline(self) -> Guideline:
        """The guideline the update teaches."""
        return Guideline.from_bytes(self.objects.get(self.bundle.guideline))

    @cached_property
    def manifest(self) -> AdapterManifest:
        """How the adapter came to be."""
        return AdapterManifest.from_bytes(self.objects.get(self.bundle.manifest))

    @cached_property
    def preflight(self) -> PreflightReport | None:
        """The pre-flight, when the update had one."""
        digest = self.bundle.preflight
        return None if digest is None else PreflightReport.from_bytes(self.objects.get(digest))

    @cached_property
    def deidentification(self) -> DeidentificationReport | None:
        """What the import of the patient records did, when the update had any."""
        digest = self.bundle.deidentification
        return None if digest is None else DeidentificationReport.from_bytes(self.objects.get(digest))

    @cached_property
    def suites(self) -> tuple[Suite, ...]:
        """The new suite, then the prior ones."""
        digests = (self.bundle.new_suite, *self.bundle.prior_suites)
        return tuple(Suite.from_bytes(self.objects.get(digest)) for digest in digests)

    @cached_property
    def incumbent_scores(self) -> tuple[SuiteScores, ...]:
        """What the incumbent scored."""
        return self._scores(self.bundle.incumbent_scores)

    @cached_property
    def candidate_scores(self) -> tuple[SuiteScores, ...]:
        """What the candidate scored."""
        return self._scores(self.bundle.candidate_scores)

    @cached_property
    def pairs(self) -> tuple[ItemPair, ...]:
        """Both models' scores item by item, as the gate pairs them; the new suite first. None once deleted."""
        from governance.gate.pairing import pair_scores

        if self.replies_deleted:
            return ()
        before = {scores.suite: scores for scores in self.incumbent_scores}
        after = {scores.suite: scores for scores in self.candidate_scores}
        return tuple(
            ItemPair(suite, item, pair)
            for suite in self.suites
            if suite.digest in before and suite.digest in after
            for item, pair in zip(
                suite.items, pair_scores(suite, before[suite.digest], after[suite.digest]), strict=True
            )
        )

    def _scores(self, digests: tuple[str, ...]) -> tuple[SuiteScores, ...]:
        return tuple(SuiteScores.from_bytes(self.objects.get(digest)) for digest in digests)


def load_update(connection: Connection, objects: ObjectStore, update_id: str) -> UpdateRecord:
    """Return an update with its objects.

    Raises:
        NotFoundError: it was not submitted.
    """
    stored = updates.find_update(connection, update_id)
    decision = updates.find_decision(connection, stored.decision)
    query = select(promotions.c.canonical).where(promotions.c.update_id == update_id)
    promotion = connection.scalar(query)
    return UpdateRecord(
        objects=objects,
        stored=stored,
        status=updates.status(connection, stored),
        control=decision is not None and decision.control,
        signed=signatures_of(connection, update_id),
        promotion=None if promotion is None else Promotion.from_bytes(promotion),
        deleted=frozenset(connection.scalars(select(deletions.c.object))),
    )
