"""`loom new`: what it writes is valid, whoever answers; what is there is never overwritten."""

import shlex
from pathlib import Path

import pytest

from loom.core.worker_config import load_worker
from loom.core.yamlfile import load_yaml

WORKER = Path("configs/workers")
PIPELINE = Path("configs/orchestrators")


def test_a_worker_of_options_alone_is_valid_and_can_be_tried(loom, home):
    made = loom("new", "worker", "--non-interactive")
    assert made.status == 0
    assert "Created configs/workers/my_worker.yaml" in made.out
    checked = loom("validate", str(WORKER / "my_worker.yaml"))
    assert checked.status == 0
    assert "<say what it is> is still to be filled in" in checked.out + checked.errors
    assert loom("test", "my_worker", "--input", '{"text": "Where is it?"}').status in (0, 1)


def test_a_worker_is_what_the_answers_say(loom, home):
    answers = b"tone\nllm\nSays how angry a message is.\ntext,limit:integer\ntone:calm|angry,why\nfrontier\n"
    assert loom("new", "worker", given=answers).status == 0
    worker = load_worker(WORKER / "tone.yaml")
    assert worker.description == "Says how angry a message is."
    assert worker.default_model_tier == "frontier"
    assert worker.input_schema["properties"]["limit"] == {"type": "integer"}
    assert worker.output_schema["properties"]["tone"] == {"enum": ["calm", "angry"]}
    assert '"tone": "calm" | "angry"' in worker.system_prompt


def test_an_answer_that_cannot_be_is_explained_and_asked_for_again(loom, home):
    made = loom("new", "worker", "--kind", "llm", given=b"Bad Name\ngood\n\n1text\ntext\n\n\n")
    assert made.status == 0
    assert "lowercase" in made.out + made.errors
    assert (WORKER / "good.yaml").is_file()


def test_a_processor_has_a_class_and_no_prompt(loom, home):
    options = ("--kind", "processor", "--backend", "shop.stock.Stock", "--non-interactive")
    assert loom("new", "worker", "--name", "stock", *options).status == 0
    assert load_worker(WORKER / "stock.yaml").processing_backend == "shop.stock.Stock"
    assert load_worker(WORKER / "stock.yaml").system_prompt == ""


@pytest.mark.parametrize("text", ['Says: "yes" # or no', "no", "- a list?", "Ünïcode {braces}", "&anchor *x"])
def test_what_a_worker_does_may_be_said_in_any_words(loom, home, text):
    assert loom("new", "worker", "--does", text, "--non-interactive").status == 0
    assert load_worker(WORKER / "my_worker.yaml").description == text


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--name", "../evil", "is no name"),
        ("--input", "a b", "is not a field"),
        ("--input", "text:txt", "is not a type of field"),
        ("--output", "a,a", "comes twice"),
        ("--output", ",", "at least one field"),
        ("--tier", "frontir", "did you mean 'frontier'?"),
        ("--does", " ", "is empty"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_written(loom, home, option, value, said):
    refused = loom("new", "worker", option, value, "--non-interactive")
    assert refused.status == 2
    assert said in refused.errors
    assert not Path("configs").exists()


def test_a_file_that_is_there_is_not_overwritten(loom, home):
    WORKER.mkdir(parents=True)
    (WORKER / "mine.yaml").write_text("mine")
    refused = loom("new", "worker", "--name", "mine", "--non-interactive")
    assert refused.status == 2
    assert "already exists" in refused.errors
    assert (WORKER / "mine.yaml").read_text() == "mine"


def test_a_folder_that_is_a_link_is_not_written_through(loom, home):
    (home / "outside").mkdir()
    WORKER.parent.mkdir()
    WORKER.symlink_to(home / "outside")
    assert loom("new", "worker", "--non-interactive").status == 2
    assert list((home / "outside").iterdir()) == []


def test_stages_are_wired_by_the_names_of_their_fields(loom, home):
    loom("new", "worker", "--name", "first", "--output", "summary,tone:a|b", "--non-interactive")
    loom(
        "new",
        "worker",
        "--name",
        "second",
        "--input",
        "tone:a|b,text",
        "--output",
        "reply",
        "--non-interactive",
    )
    loom("new", "worker", "--name", "third", "--input", "draft", "--non-interactive")
    stages = ("--stage", "read=first", "--stage", "second", "--stage", "third")
    made = loom("new", "pipeline", "--name", "mail", *stages, "--non-interactive")
    assert "read → second → third" in made.out
    found = load_yaml(PIPELINE / "mail.yaml").mapping["pipeline_stages"]
    assert [stage["input_mapping"] for stage in found] == [
        {"text": "goal.context.text"},
        {"tone": "read.output.tone", "text": "goal.context.text"},
        {"draft": "second.output.reply"},
    ]
    assert loom("validate", str(PIPELINE / "mail.yaml")).status == 0


def test_a_person_may_name_stages_and_paths(loom, home):
    answers = b"mail\nDoes it.\nextractor\ninvoice\ngoal.context.letter\ny\nsummarizer\n\n\nn\n"
    assert loom("new", "pipeline", given=answers).status == 0
    first, second = load_yaml(PIPELINE / "mail.yaml").mapping["pipeline_stages"]
    assert (first["name"], first["input_mapping"]) == ("invoice", {"text": "goal.context.letter"})
    assert second["name"] == "summarizer"


def test_own_workers_come_before_those_that_ship(loom, home):
    loom("new", "worker", "--name", "zebra", "--non-interactive")
    assert loom("new", "pipeline", "--non-interactive").status == 0
    (stage,) = load_yaml(PIPELINE / "my_pipeline.yaml").mapping["pipeline_stages"]
    assert (stage["name"], stage["worker_type"]) == ("step1", "zebra")


@pytest.mark.parametrize(
    ("stages", "status", "said"),
    [
        (["nobody"], 2, "there is no worker 'nobody'"),
        (["qa", "qa"], 2, "is taken"),
        (["goal=qa"], 2, "is taken"),
    ],
)
def test_a_stage_that_cannot_be_is_named(loom, home, stages, status, said):
    options = [word for stage in stages for word in ("--stage", stage)]
    refused = loom("new", "pipeline", *options, "--non-interactive")
    assert (refused.status, Path("configs").exists()) == (status, False)
    assert said in refused.errors


@pytest.mark.parametrize("folder", ["other", "two words"])
def test_the_next_steps_find_a_worker_in_another_folder(loom, home, folder):
    steps = loom("new", "worker", "--json", "--configs-dir", folder).json["next"]
    validate, test = [shlex.split(step)[1:] for step in steps]
    assert loom(*validate).status == 0
    tested = loom(*test)
    assert "my_worker · " in tested.out, tested.errors


def test_programs_learn_which_file_was_made(loom, home):
    assert loom("new", "worker", "--json").json["created"] == "configs/workers/my_worker.yaml"
    assert loom("new", "pipeline", "--json").json["created"] == "configs/orchestrators/my_pipeline.yaml"
