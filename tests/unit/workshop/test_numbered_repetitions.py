"""Repetitions are numbered from 1, at every door, also the first."""

import asyncio

from fastapi import FastAPI

from loom.access.models import LOCAL
from loom.delivery.models import job_stream
from loom.evaluation.reports.data import as_csv
from loom.evaluation.reports.document import ReportDocument


async def test_repetitions_are_counted_from_one_at_every_door(visitor, application: FastAPI) -> None:
    form = {"suite": "classifier", "limit": "1", "repetitions": "2"}
    job = (await visitor.post("/workers/classifier/eval/run", **form)).headers["location"].rpartition("/")[2]
    app = application.state.services
    run = await app.reports.find(job)
    async with asyncio.timeout(30):
        while run.state != "completed":
            await asyncio.sleep(0.01)
            run = await app.reports.find(job)
    events = await app.events.read(job_stream(run.job), LOCAL)
    assert sorted(one.data["repetition"] for one in events if "case" in one.data) == [1, 2]
    report = await app.reports.report(run)
    name = report.cases[0].name
    lines = list(as_csv(ReportDocument(report, 0)))
    assert [line.split(",")[1] for line in lines[1:]] == ["1", "2"]
    here = f"/runs/{run.id.hex()}"
    page = (await visitor.get(here)).text
    assert [f"{name} #{number}" in page for number in (0, 1, 2, 3)] == [False, True, True, False]
    cases = await visitor.json("GET", f"/api/v1{here}/cases")
    assert [one["repetition"] for one in cases["items"]] == [1, 2]
    key = cases["items"][0]["key"]
    for number, found in ((0, 404), (1, 200), (2, 200), (3, 404)):
        await visitor.get(f"{here}/cases/{key}?repetition={number}", found)
    rated = f"/api/v1{here}/cases/{key}/repetitions/2/rating"
    assert (await visitor.json("POST", rated, {"value": 1.0}, 201))["rated"] == 1
