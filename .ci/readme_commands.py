"""Run the README's commands: every line of the code blocks marked `sh run` , on the demo's workspace.

A line may end with `# exit N` or `# exit N or M` when the reader is told to expect another exit code than 0.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```sh run\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main(readme: Path, workspace: Path) -> int:
    """Run all marked lines; returns 1 if one ended otherwise than told."""
    environment = dict(os.environ)
    environment["PATH"] = f"{Path('.venv/bin').resolve()}{os.pathsep}{environment['PATH']}"
    environment["CLINICAL_SDFT_WORKSPACE"] = str(workspace)
    failed = total = 0
    for block in BLOCK.findall(readme.read_text("utf-8")):
        for line in filter(None, block.splitlines()):
            expected = re.findall(r"\d", match[1]) if (match := re.search(r"# exit (\d(?: or \d)*)$", line)) else ["0"]
            line = line.replace("demo-workspace", str(workspace))
            done = subprocess.run(["bash", "-c", line], env=environment, stdin=subprocess.DEVNULL)
            total += 1
            failed += str(done.returncode) not in expected
            print(f"exit {done.returncode} (expected {' or '.join(expected)}): {line}", flush=True)
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
