"""Shows the registry's versions in MLflow, where a hospital's other tools look: a mirror, and nothing here trusts it.

Every version that was in force becomes a model version with its digests as tags; the alias `current` stands on the one
in force. Running it again adds what is missing and moves the alias, so what MLflow missed while it was away is made up.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from clinical_sdft.errors import ClinicalSdftError, InputError, ServingError
from clinical_sdft.ops.serving.settings import ServingSettings
from data_contracts import Promotion
from governance.errors import GovernanceError
from governance.services import queries
from governance.services.handle import Governance

ALIAS = "current"
TAG = "clinical_sdft."


@dataclass(frozen=True)
class Mirrored:
    """What the mirror shows now."""

    versions: int
    added: int
    current: str
    """Number of the version that has the alias."""


def mirror(governance: Governance, uri: str, name: str) -> Mirrored | None:
    """Bring MLflow's registered model up to date; None when no model is in force yet.

    Args:
        governance: the workspace's governance.
        uri: MLflow's tracking URI.
        name: the registered model.

    Raises:
        InputError: MLflow is not installed.
        ServingError: MLflow cannot be reached, or refuses.
    """
    history = queries.model_history(governance)
    if not history:
        return None
    client, error_types = _client(uri)
    try:
        return _bring_up_to_date(client, error_types[0], governance, history, name)
    except error_types as error:
        reason = " ".join(str(error).split())[:200]
        raise ServingError(f"MLflow {name}: {reason}; check mlflow_uri in the settings, then mirror again") from error


def mirror_if_wanted(settings: ServingSettings, governance: Governance, say: Callable[[str], None]) -> None:
    """Mirror where the settings name an MLflow; a mirror that fails is a line for people, and undoes nothing."""
    if settings.mlflow_uri:
        try:
            mirror(governance, settings.mlflow_uri, settings.mlflow_name)
        except ClinicalSdftError as error:
            say(f"not mirrored: {error}")


def _bring_up_to_date(
    client: Any, refusal: type[Exception], governance: Governance, history: Sequence[Promotion], name: str
) -> Mirrored:
    _ensure_registered(client, refusal, name)
    known = _known_versions(client, name)
    added = 0
    for promotion in history:
        if promotion.current not in known:
            tags = {TAG + key: value for key, value in _tags(governance, promotion).items()}
            source = f"clinical-sdft:/adapters/{promotion.adapter.replace(':', '-')}"
            created = client.create_model_version(name, source, tags=tags)
            known[promotion.current] = str(created.version)
            added += 1
    current = known[history[-1].current]
    model = client.get_registered_model(name)
    if str(model.aliases.get(ALIAS)) != current:
        client.set_registered_model_alias(name, ALIAS, current)
    return Mirrored(len(known), added, current)


def _ensure_registered(client: Any, refusal: type[Exception], name: str) -> None:
    try:
        client.create_registered_model(name, description="Versions of the hospital's model, mirrored by clinical-sdft")
    except refusal as error:
        if getattr(error, "error_code", "") != "RESOURCE_ALREADY_EXISTS":
            raise


def _known_versions(client: Any, name: str) -> dict[str, str]:
    """Return the mirrored versions' numbers by model digest; of two of one model the first."""
    known: dict[str, str] = {}
    token = None
    while True:
        page = client.search_model_versions(f"name='{name}'", page_token=token)
        for version in sorted(page, key=lambda one: int(one.version)):
            if model := version.tags.get(TAG + "model"):
                known.setdefault(model, str(version.version))
        token = page.token
        if not token:
            return known


def _tags(governance: Governance, promotion: Promotion) -> dict[str, str]:
    """Return digests and names of what made a version; nothing else leaves the house."""
    tags = {"model": promotion.current, "adapter": promotion.adapter, "promotion": promotion.digest}
    tags |= {"kind": promotion.kind, "verdict": "none"}
    if promotion.update_id is None:
        return tags
    tags["update_id"] = promotion.update_id
    try:
        detail = queries.update_detail(governance, promotion.update_id)
    except GovernanceError as error:
        raise ServingError(f"mirror of update {promotion.update_id}: {error}") from error
    tags |= {"verdict": detail.decision.verdict.value, "decision": detail.bundle.decision}
    return tags | {"bundle": detail.bundle_digest, "manifest": detail.bundle.manifest}


def _client(uri: str) -> tuple[Any, tuple[type[Exception], ...]]:
    """Return MLflow's client, and the errors it raises: its own first."""
    # Read at import time: a hospital's machine tells nobody that it runs MLflow, and waits seconds for it, not minutes.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise InputError("MLflow is not installed; run `pip install 'clinical-sdft[mlflow]'`") from error
    return MlflowClient(tracking_uri=uri, registry_uri=uri), (MlflowException, OSError)
