"""Envoy and Heddle side by side: one bootstrap, one request, one answer.

Each file of differential/cases is a configuration and its requests. What differs must stand in differential/differences.yaml, exactly:
case, then request (or line of the access log), then field with Envoy's value, ours, and the section of docs/differences.md that says why. A
difference that goes away fails the test, too. `HEDDLE_RECORD=1` writes that file anew; what is not known yet gets the section D0, which
does not exist.
"""

import concurrent.futures
import os
import pathlib
import re

import pytest
import yaml
from conftest import ROOT
from differential import world

HERE = pathlib.Path(__file__).parent / "differential"
CASES = sorted((HERE / "cases").glob("*.yaml"))
LISTED = HERE / "differences.yaml"
DOCUMENT = ROOT / "docs" / "differences.md"
KNOWN = yaml.safe_load(LISTED.read_text()) or {}


@pytest.fixture(scope="session")
def results(request, tmp_path_factory):
    """All chosen cases, run a few at a time while the tests look at them one after the other."""
    upstreams = world.Upstreams()
    folder = tmp_path_factory.mktemp("twins")
    chosen = [i.callspec.params["case"] for i in request.session.items if i.path == pathlib.Path(__file__) and hasattr(i, "callspec")]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        yield {p: pool.submit(world.run, p, upstreams, folder / p.stem) for p in chosen}
    upstreams.close()


def named(found, logs):
    """All differences of a case by place: the request's number, or the line's."""
    places = {f"request {i}": d for i, d in enumerate(found)} | {f"line {i}": d for i, d in enumerate(world.log_differences(logs))}
    return {place: d for place, d in places.items() if d}


def record(case, places):
    """Writes down what differs now, with the reasons that stand there already."""
    text = yaml.safe_load(LISTED.read_text()) or {}
    old = text.pop(case, {})
    if places:
        text[case] = {place: {f: {"envoy": e, "heddle": h, "why": (old.get(place, {}).get(f) or {}).get("why", "D0")}
                              for f, (e, h) in d.items()} for place, d in places.items()}
    LISTED.write_text("# Written by HEDDLE_RECORD=1; only `why` is by hand.\n"
                      + yaml.safe_dump(text, width=140, default_flow_style=None, allow_unicode=True))


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_both_answer_alike(case, results):
    text, seen, found, logs = results[case].result()
    places = named(found, logs)
    if os.environ.get("HEDDLE_RECORD"):
        record(case.stem, places)
        return
    expected = {place: {f: [d["envoy"], d["heddle"]] for f, d in fields.items()} for place, fields in KNOWN.get(case.stem, {}).items()}
    assert places == expected
    assert logs[0] or text.get("unlogged"), "Envoy has logged nothing"


def reasons():
    return [d["why"] for places in KNOWN.values() for fields in places.values() for d in fields.values()]


def test_every_difference_has_its_reason_and_every_reason_its_difference():
    sections = set(re.findall(r"^## (D\d+)\b", DOCUMENT.read_text(), re.M))
    assert set(reasons()) == sections
    assert set(KNOWN) <= {p.stem for p in CASES}


def test_there_are_enough_of_them():
    assert len(CASES) >= 40
    assert sum(len(world.requests(yaml.safe_load(p.read_text()))) for p in CASES) >= 300
