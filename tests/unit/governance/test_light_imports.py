"""`import governance.services` stays light: nothing of machine learning, nothing that only some commands need."""

import subprocess
import sys

HEAVY = (
    "torch",
    "transformers",
    "peft",
    "scipy",
    "numpy",
    "alembic",
    "jinja2",
    "argon2",
    "streamlit",
    "reportlab",
    "rfc3161_client",
    "PIL",
    "http.client",
    "pyotp",
    "joserfc",
)


def test_services_import_nothing_heavy():
    code = (
        "import sys, governance.services.commands, governance.services.queries;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
