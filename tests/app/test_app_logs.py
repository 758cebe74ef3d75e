"""An error that nobody foresaw: neither the page nor the server's log repeats its message."""

import logging
import os
import subprocess
import sys
from pathlib import Path

from app.logs import keep_wordless, told

HERE = Path(__file__).parent
CANARY = "Zelda Quartermain"
SCRIPT = f"""
import test_review_app as pages
from governance.services import queries

def fails(gov):
    try:
        raise KeyError("{CANARY} the cause")
    except KeyError as cause:
        raise RuntimeError("{CANARY} " + str(len("seen"))) from cause

queries.updates = fails
app = pages.opened()
app.text_input(key="sign_in_username").input("abel")
app.text_input(key="sign_in_password").input(pages.PASSWORD)
app.button[0].click().run()
while not app.exception:
    app.run()
print("page:", [(shown.message, shown.stack_trace) for shown in app.exception])
"""


def test_an_unforeseen_error_of_a_page_is_told_by_type_and_place(folder: Path) -> None:
    path = os.pathsep.join((str(HERE), *sys.path))
    environment = {**os.environ, "PYTHONPATH": path, "CLINICAL_SDFT_WORKSPACE": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False, cwd=folder.parent
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    logged = [line for line in done.stderr.splitlines() if "RuntimeError at <string>:" in line]
    assert len(logged) >= 1 and "< app/views/queue.py:" in logged[0]
    assert done.stdout.startswith("page: [(") and "page: []" not in done.stdout
    assert "Quartermain" not in said and "Zelda" not in said


def test_every_logger_is_wordless_and_other_lines_stay(caplog) -> None:
    before = logging.getLogRecordFactory()
    try:
        keep_wordless()
        once = logging.getLogRecordFactory()
        keep_wordless()
        assert logging.getLogRecordFactory() is once
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            logging.getLogger("any").exception("reading %s", error)
            assert CANARY not in told(error) and "test_app_logs.py:" in told(error)
        logging.getLogger("any").warning("%d records", 3)
    finally:
        logging.setLogRecordFactory(before)
    assert caplog.messages[0].startswith("reading %s: ValueError at ") and CANARY not in caplog.text
    assert caplog.messages[1] == "3 records"
