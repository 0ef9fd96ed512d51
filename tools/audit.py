"""Audit pinned dependencies; say so plainly where the advisory database cannot be had."""

import json
import subprocess
import sys


def main(requirements: str) -> int:
    """Run pip-audit over a requirements file; non-zero for a known vulnerability."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    run = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [*command, "--progress-spinner=off", "--format=json", "-r", requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(run.stdout)["dependencies"] if run.stdout else []
    skipped = [entry["name"] for entry in found if "skip_reason" in entry]
    vulnerable = [entry for entry in found if entry.get("vulns")]
    for entry in vulnerable:
        names = ", ".join(vulnerability["id"] for vulnerability in entry["vulns"])
        sys.stdout.write(f"    {entry['name']} {entry['version']}: {names}\n")
    if not found or skipped:
        sys.stdout.write(
            f"    NOT AUDITED: {len(skipped) or 'all'} packages: no advisories to be had here\n"
        )
    elif not vulnerable:
        sys.stdout.write(f"    {len(found)} packages, no known vulnerability\n")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
