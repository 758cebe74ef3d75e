"""What may be repeated of another process's error output."""

import re

_RAISED = re.compile(r"\s*(?:\[rank\d+\]:\s*)?([A-Za-z_][\w.]*(?:Error|Exception))\b(.*)")


def reason(stderr: str) -> str:
    """Return the first error that processes printed: the words of this project's own, and of any other its type.

    What a library says may quote what was being worked on.
    """
    found = next((match for match in map(_RAISED.match, stderr.splitlines()) if match), None)
    if found is None:
        return "no reason given"
    return f"{found[1]}{found[2]}".strip() if found[1].startswith("clinical_sdft.") else found[1]
