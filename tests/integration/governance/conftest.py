import shutil

import pytest
from governance_world import World, build

from governance.store import database


@pytest.fixture(scope="session", autouse=True)
def quick_disk():
    """Nothing here tests a power failure, and disks of build machines are slow to confirm."""
    with pytest.MonkeyPatch.context() as patch:
        pragmas = tuple(line.replace("=FULL", "=OFF") for line in database._PRAGMAS)
        patch.setattr(database, "_PRAGMAS", pragmas)
        patch.setattr("os.fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def finished_workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("governance") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        build(folder, patch)
    return folder


@pytest.fixture
def world(finished_workspace, tmp_path, monkeypatch):
    world = World.open(shutil.copytree(finished_workspace, tmp_path / "workspace"), monkeypatch)
    yield world
    world.gov.engine.dispose()
