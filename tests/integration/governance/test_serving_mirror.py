"""The MLflow mirror against a real MLflow: its SQLite store, and its server where the full package is installed."""

import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from urllib.request import urlopen

import pytest
from governance_world import digest

from clinical_sdft.errors import InputError
from clinical_sdft.ops.serving.mlflow_mirror import ALIAS, Mirrored, mirror, mirror_if_wanted
from clinical_sdft.ops.serving.settings import ServingSettings
from governance.services import commands, queries

NAME = "hospital-model"
needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="the extra `mlflow` is not installed")


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory):
    if find_spec("flask") is None or find_spec("mlflow") is None:
        pytest.skip("MLflow's server is not installed; `pip install mlflow` brings it")
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    words = ["server", "--port", str(port), "--backend-store-uri", f"sqlite:///{folder}/server.db", "--workers", "1"]
    process = subprocess.Popen([sys.executable, "-m", "mlflow", *words], cwd=folder, start_new_session=True)
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 240
    while True:
        try:
            urlopen(f"{url}/health").close()
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.5)
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(params=["store", "server"])
def uri(request, tmp_path):
    if request.param == "server":
        return request.getfixturevalue("mlflow_server")
    return f"sqlite:///{tmp_path}/mlflow.db"


def client(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@needs_mlflow
def test_versions_tags_and_the_alias_follow_promotion_and_rollback(world, uri, request):
    name = f"{NAME}-{request.node.callspec.params['uri']}"
    assert mirror(world.gov, uri, name) == Mirrored(versions=1, added=1, current="1")
    bundle = world.promoted("u1")
    assert mirror(world.gov, uri, name) == Mirrored(versions=2, added=1, current="2")
    assert mirror(world.gov, uri, name) == Mirrored(versions=2, added=0, current="2")

    found = client(uri).get_model_version_by_alias(name, ALIAS)
    expected = {
        "model": bundle.candidate,
        "adapter": bundle.adapter,
        "promotion": queries.current_model(world.gov).digest,
        "kind": "promote",
        "update_id": "u1",
        "verdict": "PASS",
        "decision": bundle.decision,
        "bundle": bundle.digest,
        "manifest": bundle.manifest,
    }
    assert found.tags == {f"clinical_sdft.{key}": value for key, value in expected.items()}
    assert found.source.endswith(bundle.adapter.replace(":", "-"))

    commands.rollback(world.gov, model=world.model, actor="admin", reason="complaints")
    assert mirror(world.gov, uri, name) == Mirrored(versions=2, added=0, current="1")


@needs_mlflow
def test_what_others_change_in_the_mirror_changes_nothing_here_and_is_put_right(world, tmp_path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    world.promoted("u1")
    mirror(world.gov, uri, NAME)
    before = queries.current_model(world.gov)
    client(uri).set_registered_model_alias(NAME, ALIAS, "1")
    client(uri).create_model_version(NAME, "file:///elsewhere")
    assert mirror(world.gov, uri, NAME) == Mirrored(versions=2, added=0, current="2")
    assert queries.current_model(world.gov) == before
    assert str(client(uri).get_registered_model(NAME).aliases[ALIAS]) == "2"


@needs_mlflow
def test_an_mlflow_that_is_away_is_a_line_and_is_made_up_for_later(world, tmp_path):
    lines = []
    world.promoted("u1")
    away = ServingSettings(mlflow_uri="http://127.0.0.1:9", mlflow_name=NAME)
    mirror_if_wanted(away, world.gov, lines.append)
    assert len(lines) == 1 and lines[0].startswith("not mirrored: MLflow hospital-model: ")
    assert commands.verify_store(world.gov).problems == []
    assert mirror(world.gov, f"sqlite:///{tmp_path}/mlflow.db", NAME).versions == 2


def test_without_the_extra_the_line_says_how_to_get_it(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", None)
    with pytest.raises(InputError, match=r"pip install 'clinical-sdft\[mlflow\]'"):
        mirror(world.gov, "sqlite://", NAME)


def test_no_mirror_is_named_by_default(world, monkeypatch):
    called, said = [], []
    monkeypatch.setattr("clinical_sdft.ops.serving.mlflow_mirror.mirror", lambda *given: called.append(given))
    mirror_if_wanted(ServingSettings(), world.gov, said.append)
    assert called == said == []


def test_nothing_is_mirrored_before_a_model_is_in_force(tmp_path):
    assert mirror(commands.create(tmp_path / "empty"), "sqlite://", digest("x")) is None
