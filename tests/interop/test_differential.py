"""Envoy and Heddle side by side: one bootstrap, one request, one answer.

Each file of differential/cases is a configuration and its requests. What differs must stand in the file itself, exactly, under
`differs` (of a request) or `log_differs` (of its line in the access log), with the number of a section of docs/differences.md. A difference
that goes away fails the test, too. `HEDDLE_SHOW=1` prints what differs in the form in which a case lists it.
"""

import concurrent.futures
import os
import pathlib
import re

import pytest
import yaml
from conftest import ROOT
from differential import world

CASES = sorted((pathlib.Path(__file__).parent / "differential" / "cases").glob("*.yaml"))
DOCUMENT = ROOT / "docs" / "differences.md"


@pytest.fixture(scope="session")
def results(request, tmp_path_factory):
    """All chosen cases, run two or three at a time while the tests look at them one after the other."""
    upstreams = world.Upstreams()
    folder = tmp_path_factory.mktemp("twins")
    chosen = [i.callspec.params["case"] for i in request.session.items if "results" in getattr(i, "fixturenames", ())]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        yield {p: pool.submit(world.run, p, upstreams, folder / p.stem) for p in chosen}
    upstreams.close()


def listed(requests, key):
    return [{k: v for k, v in (r.get(key) or {}).items() if k != "why"} for r in requests]


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_both_answer_alike(case, results):
    text, seen, found, logs = results[case].result()
    requests = world.requests(text)
    in_logs = world.log_differences(logs)
    if os.environ.get("HEDDLE_SHOW"):
        for i, (r, e, d) in enumerate(zip(requests, seen[0], found)):
            if d != listed([r], "differs")[0]:
                print(f"--- {case.stem} request {i}: {r.get('raw') or r.get('tcp') or (r.get('method'), r.get('path'))} (Envoy: {e.get('status')})")
                print(yaml.safe_dump({"differs": d}, width=200, default_flow_style=None))
        print(yaml.safe_dump({"log_differs": {i: d for i, d in enumerate(in_logs) if d}}, width=200, default_flow_style=None))
    assert found == listed(requests, "differs")
    assert len(logs[0]) > 0 or text.get("log_lines") == 0, "Envoy has logged nothing"
    expected = {int(i): {k: v for k, v in d.items() if k != "why"} for i, d in (text.get("log_differs") or {}).items()}
    assert {i: d for i, d in enumerate(in_logs) if d} == expected
    for r, e in zip(requests, seen[0]):
        for key, value in (r.get("expect") or {}).items():
            assert e.get(key) == value, (r, e)


def reasons():
    for path in CASES:
        case = yaml.safe_load(path.read_text())
        for r in world.requests(case):
            if r.get("differs"):
                yield path.name, r["differs"].get("why")
        for d in (case.get("log_differs") or {}).values():
            yield path.name, d.get("why")


def test_every_difference_has_its_reason_and_every_reason_its_difference():
    sections = set(re.findall(r"^## (D\d+)\b", DOCUMENT.read_text(), re.M))
    used = list(reasons())
    assert [u for u in used if u[1] not in sections] == []
    assert sections == {why for _, why in used}


def test_there_are_enough_of_them():
    assert len(CASES) >= 40
    assert sum(len(world.requests(yaml.safe_load(p.read_text()))) for p in CASES) >= 300
