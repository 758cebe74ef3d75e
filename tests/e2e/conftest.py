"""The tiny reading model, trained once a session, and the folder whose helpers the tests import."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def reading_model(tmp_path_factory: pytest.TempPathFactory, chat_template: str) -> Path:
    import reading_model

    return reading_model.build(tmp_path_factory.mktemp("reading-model"), chat_template)
