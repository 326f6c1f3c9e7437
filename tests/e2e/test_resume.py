"""An evaluation that is killed goes on where it was; `make faults` does this at every moment there is."""

from pathlib import Path

from harness import Place, assert_clean, serving


def test_a_killed_evaluation_resumes_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    with serving(tmp_path, "--latency-ms", "40") as endpoint:
        place = Place(tmp_path, endpoint, cases=60)
        life = place.begin()
        life.wait(lambda: endpoint.count() >= 20)
        life.kill()
        assert life.end().killed
        place.finish()
        verdict = place.verdict()
    assert_clean(verdict)
    assert verdict.billed - verdict.repeated == 60
    assert verdict.repeated <= verdict.unknown
