import shutil

import pytest
from governance_world import World, build

from governance.store import database


def quick_disk(patch):
    """Nothing here tests a power failure, and disks of build machines are slow to confirm."""
    pragmas = tuple(line.replace("=FULL", "=OFF") for line in database._PRAGMAS)
    patch.setattr(database, "_PRAGMAS", pragmas)
    patch.setattr("os.fsync", lambda handle: None)


@pytest.fixture(scope="session")
def finished_workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("governance") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        quick_disk(patch)
        build(folder, patch)
    return folder


@pytest.fixture
def world(finished_workspace, tmp_path, monkeypatch):
    quick_disk(monkeypatch)
    world = World.open(shutil.copytree(finished_workspace, tmp_path / "workspace"), monkeypatch)
    yield world
    world.gov.engine.dispose()
