"""Experiments in their short form: what governance keeps well, and that the same check fails without it."""

import json
import subprocess

from conftest import HEDDLE


def experiment(name, *options):
    """The reports of one experiment, without and with governance, by the words of their checks."""
    finished = subprocess.run(
        [HEDDLE, "experiment", name, "-o", "json", *options],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert finished.returncode in (0, 2), finished.stderr
    report = json.loads(finished.stdout)["reports"][0]
    runs = {run["governance"]: run for run in report["runs"]}
    for run in runs.values():
        run["by"] = {check["expected"]: check for check in run["checks"]}
    return runs["without"], runs["with"], finished.stderr


def check(run, words):
    found = [c for expected, c in run["by"].items() if words in expected]
    assert len(found) == 1, (words, list(run["by"]))
    return found[0]


def test_avalanche():
    """payments turns slow: who only browses does not notice, and without limits nobody can browse."""
    without, governed, told = experiment("avalanche", "--seconds", "4")
    for words in (
        "browse, while payments fails: at least 99.9 % succeed",
        "unanswered when their client goes",
        "requests at once",
    ):
        assert check(governed, words)["passed"], (check(governed, words), told)
        assert not check(without, words)["passed"], (check(without, words), told)
    # Once payments is well again, everything is.
    for words in ("browse, once healed", "buy, once healed"):
        assert check(governed, words)["passed"], (check(governed, words), told)
