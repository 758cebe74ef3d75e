"""Checks that a bundle hangs together before anybody is asked to review it."""

from typing import TypeVar

from sqlalchemy import Connection

from data_contracts import AdapterManifest, Contract, Digest, Guideline, Suite, SuiteScores, UpdateBundle
from governance.registry import suites
from governance.registry.errors import ConflictError, SubmissionError
from governance.registry.promotions import current
from governance.registry.updates import find_decision
from governance.store.objects import ObjectStore

_C = TypeVar("_C", bound=Contract)


def check_bundle(connection: Connection, objects: ObjectStore, bundle: UpdateBundle) -> None:
    """Check a bundle against the decision, the model in force and the sealed suites.

    Raises:
        SubmissionError: something in it does not fit; the line says what.
        ConflictError: its incumbent is not the model in force.
        MissingObjectError: an object it names is not stored.
    """
    where = f"update {bundle.update_id}"
    _check_decision(connection, where, bundle)
    found = current(connection)
    if found is None or found.current != bundle.incumbent:
        raise ConflictError(f"{where}: its incumbent is not the model in force; evaluate it against that one")
    sealed = set(suites.priors(connection))
    if left_out := sealed - set(bundle.prior_suites):
        names = ", ".join(entry.suite_id for entry in suites.entries(connection) if entry.digest in left_out)
        raise SubmissionError(f"{where}: prior suites were left out: {names}; evaluate the update on all of them")
    if strange := set(bundle.prior_suites) - sealed:
        names = ", ".join(_read(objects, digest, Suite).id for digest in strange)
        raise SubmissionError(f"{where}: not sealed as prior suites: {names}; register them before training")
    _check_objects(objects, where, bundle)


def _check_decision(connection: Connection, where: str, bundle: UpdateBundle) -> None:
    decision = find_decision(connection, bundle.decision)
    if decision is None:
        raise SubmissionError(f"{where}: its decision was not made by this gate; judge the update here first")
    made_from = {
        "incumbent": bundle.incumbent,
        "candidate": bundle.candidate,
        "new_suite": bundle.new_suite,
        "prior_suites": sorted(bundle.prior_suites),
        "incumbent_scores": sorted(bundle.incumbent_scores),
        "candidate_scores": sorted(bundle.candidate_scores),
    }
    for name, expected in made_from.items():
        if decision.inputs[name] != expected:
            raise SubmissionError(f"{where}: the decision was made from another {name}; judge what is submitted")


def _check_objects(objects: ObjectStore, where: str, bundle: UpdateBundle) -> None:
    _read(objects, bundle.guideline, Guideline)
    if _read(objects, bundle.manifest, AdapterManifest).adapter != bundle.adapter:
        raise SubmissionError(f"{where}: its manifest describes another adapter; bundle the one it describes")
    for digests, model in (
        (bundle.incumbent_scores, bundle.incumbent),
        (bundle.candidate_scores, bundle.candidate),
    ):
        for digest in digests:
            if _read(objects, digest, SuiteScores).model != model:
                raise SubmissionError(f"{where}: scores {digest} are of another model; evaluate the right one")


def _read(objects: ObjectStore, digest: Digest, kind: type[_C]) -> _C:
    return kind.from_bytes(objects.get(digest))
