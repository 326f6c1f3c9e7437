"""The catalog: nothing that was ever in a file is lost, and nothing but the user's own folder is written."""

import asyncio
import stat

import pytest
from catalog_desk import PIPELINE, SORTER, TEXT

from loom.access.models import LOCAL, Principal
from loom.catalog.library import Source, shipped_configs
from loom.catalog.models import Query, Ref
from loom.core.errors import ConfigError, ConflictError, NotFoundError, UsageError
from loom.core.hashing import hash_bytes
from loom.core.kinds import Kind

NEW = TEXT.replace(b"Sort the mail.", b"Sort all the mail.")
SHIPPED = Ref(Kind.WORKER, "classifier")


async def save(desk, content=NEW, ref=SORTER, **more):
    return await desk.catalog.save(ref, content, LOCAL, **more)


class TestHistory:
    async def test_a_file_is_in_the_history_as_soon_as_it_is_looked_at(self, desk):
        [version] = (await desk.history()).versions
        assert (version.number, version.change, version.hash) == (1, "found", hash_bytes(TEXT))

    async def test_looking_twice_finds_nothing_new(self, desk):
        await desk.history()
        assert await desk.changes() == ["found"]

    async def test_an_edit_outside_loom_is_noticed(self, desk):
        await save(desk)
        desk.file.write_bytes(TEXT + b"# by hand\n")
        assert await desk.changes() == ["found", "saved", "found"]

    async def test_a_file_removed_outside_loom_is_noticed_and_can_be_brought_back(self, desk):
        await desk.history()
        desk.file.unlink()
        assert await desk.changes() == ["found", "gone"]
        await desk.catalog.undo(SORTER, LOCAL)
        assert desk.file.read_bytes() == TEXT

    async def test_a_text_that_is_invalid_is_kept_too(self, desk):
        desk.file.write_bytes(b"name: [")
        [version] = (await desk.history()).versions
        assert version.definition is None
        assert (await desk.catalog.text(SORTER, "last", LOCAL)).content == b"name: ["

    async def test_the_same_name_in_another_folder_has_a_history_of_its_own(self, desk, desk_of, tmp_path):
        other = desk_of(tmp_path / "other")
        other.file.parent.mkdir(parents=True)
        other.file.write_bytes(NEW)
        await desk.history()
        assert await other.changes() == ["found"]
        assert [version.hash for version in (await other.history()).elsewhere] == [hash_bytes(TEXT)]

    async def test_a_version_says_who_made_it_and_why(self, desk):
        saved = await desk.catalog.save(SORTER, NEW, Principal("ada"), note="all of it")
        assert (saved.version.principal, saved.version.note) == ("ada", "all of it")

    async def test_texts_that_differ_in_comments_only_mean_the_same(self, desk):
        await save(desk, TEXT.replace(b"# the type", b"# its type"))
        first, second = (await desk.history()).versions
        assert first.hash != second.hash
        assert first.definition == second.definition

    async def test_a_run_gets_the_version_in_the_file_and_a_file_elsewhere_has_none(self, desk, tmp_path):
        version = await desk.catalog.record(Kind.WORKER, desk.file, LOCAL)
        assert version.hash == hash_bytes(TEXT)
        (tmp_path / "loose.yaml").write_bytes(TEXT)
        assert await desk.catalog.record(Kind.WORKER, tmp_path / "loose.yaml", LOCAL) is None


class TestVersions:
    @pytest.mark.parametrize(
        "wanted", ["last~1", "v1", "1", hash_bytes(TEXT).hex()[:8], hash_bytes(TEXT).hex()]
    )
    async def test_a_version_is_named_by_place_number_or_text(self, desk, wanted):
        await desk.history()
        await save(desk)
        assert (await desk.catalog.text(SORTER, wanted, LOCAL)).content == TEXT

    @pytest.mark.parametrize(
        ("wanted", "error", "said"),
        [
            ("last~1", NotFoundError, "has only 1 version"),
            ("v7", NotFoundError, "has no version 'v7'"),
            ("deadbeef", NotFoundError, "has no version 'deadbeef'"),
            ("newest", UsageError, "write last, last~1, v3"),
            ("shipped", NotFoundError, "no worker 'sorter' comes with Loom"),
        ],
    )
    async def test_what_is_no_version_is_refused(self, desk, wanted, error, said):
        with pytest.raises(error, match=said):
            await desk.catalog.text(SORTER, wanted, LOCAL)

    async def test_two_versions_are_compared(self, desk):
        await save(desk)
        found = await desk.catalog.diff((SORTER, "v1"), (SORTER, "last"), LOCAL)
        assert (found.diff.added, found.diff.removed, found.same_meaning) == (1, 1, False)


class TestSaving:
    @pytest.mark.parametrize(
        "content", [NEW, NEW.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + NEW, NEW.rstrip()]
    )
    async def test_a_text_is_kept_byte_for_byte(self, desk, content):
        saved = await save(desk, content)
        assert desk.file.read_bytes() == content
        assert (await desk.catalog.text(SORTER, f"v{saved.version.number}", LOCAL)).content == content

    async def test_the_same_text_is_no_new_version(self, desk):
        saved = await save(desk, TEXT)
        assert not saved.changed
        assert await desk.changes() == ["found"]

    async def test_what_is_wrong_is_said_with_line_and_column_and_nothing_is_saved(self, desk):
        with pytest.raises(ConfigError) as caught:
            await save(desk, TEXT.replace(b"system_prompt", b"sytem_prompt"))
        assert {(problem.line, problem.column) for problem in caught.value.problems} == {(2, 1), (3, 1)}
        assert desk.file.read_bytes() == TEXT
        assert await desk.changes() == ["found"]

    async def test_a_text_under_another_name_than_its_own_is_refused(self, desk):
        with pytest.raises(
            ConfigError, match=r"sorter\.yaml:2:7: 'name' is not the name of the file, 'sorter'"
        ):
            await save(desk, TEXT.replace(b"name: sorter", b"name: other"))

    async def test_a_file_that_was_changed_meanwhile_is_not_overwritten(self, desk):
        base = (await desk.catalog.text(SORTER, "last", LOCAL)).version.hash
        desk.file.write_bytes(b"name: edited\n")
        with pytest.raises(ConflictError, match="changed meanwhile; nothing was saved"):
            await save(desk, base=base)
        assert desk.file.read_bytes() == b"name: edited\n"

    async def test_a_file_that_was_deleted_meanwhile_does_not_come_back_by_saving(self, desk):
        base = (await desk.catalog.text(SORTER, "last", LOCAL)).version.hash
        desk.file.unlink()
        with pytest.raises(ConflictError, match="changed meanwhile"):
            await save(desk, base=base)
        assert not desk.file.exists()

    async def test_an_edit_that_nobody_looked_at_is_kept_before_it_is_overwritten(self, desk):
        await desk.history()
        desk.file.write_bytes(b"name: edited\n")
        await save(desk)
        assert (await desk.catalog.text(SORTER, "last~1", LOCAL)).content == b"name: edited\n"

    async def test_a_new_name_makes_a_new_definition(self, desk):
        saved = await save(desk, TEXT.replace(b"sorter", b"filer"), Ref(Kind.WORKER, "filer"))
        assert saved.path == desk.configs / "workers" / "filer.yaml"
        assert saved.version.change == "created"

    async def test_who_may_read_the_file_stays_the_same(self, desk):
        desk.file.chmod(0o640)
        await save(desk)
        assert stat.S_IMODE(desk.file.stat().st_mode) == 0o640

    async def test_a_pipeline_is_checked_as_one(self, desk):
        intake = Ref(Kind.PIPELINE, "intake")
        with pytest.raises(ConfigError, match="unknown source 'nowhere'"):
            await save(desk, PIPELINE.replace(b"sort.output", b"nowhere.output"), intake)
        assert (await save(desk, PIPELINE + b"# done\n", intake)).changed

    async def test_many_who_save_at_once_are_all_in_the_history_once(self, desk):
        texts = [TEXT + b"# %d\n" % number for number in range(12)]
        await asyncio.gather(*(save(desk, text) for text in texts))
        versions = (await desk.history()).versions
        assert [version.number for version in versions] == list(range(1, 14))
        assert {version.hash for version in versions} == {hash_bytes(text) for text in (TEXT, *texts)}
        assert desk.file.read_bytes() == (await desk.catalog.text(SORTER, "last", LOCAL)).content


class TestShippedOnes:
    @pytest.fixture
    def shipped(self):
        path = shipped_configs() / "workers" / "classifier.yaml"
        before = path.read_bytes()
        yield before
        assert path.read_bytes() == before

    async def test_saving_one_makes_a_copy_of_ones_own_which_is_then_found(self, desk, shipped):
        saved = await save(desk, shipped + b"# mine\n", SHIPPED)
        assert (saved.path, saved.hides) == (desk.configs / "workers" / "classifier.yaml", (Source.SHIPPED,))
        assert await desk.changes(SHIPPED) == ["copied", "saved"]
        [entry] = await desk.catalog.list(Query("classifier", source=Source.OWN), LOCAL)
        assert entry.hides == (Source.SHIPPED,)

    async def test_saving_one_as_it_is_makes_no_copy(self, desk, shipped):
        assert not (await save(desk, shipped, SHIPPED)).changed
        assert not (desk.configs / "workers" / "classifier.yaml").exists()

    async def test_a_copy_is_compared_with_the_one_that_comes_with_loom(self, desk, shipped):
        await save(desk, shipped + b"# mine\n", SHIPPED)
        found = await desk.catalog.diff((SHIPPED, "shipped"), (SHIPPED, "last"), LOCAL)
        assert (found.diff.added, found.diff.removed, found.same_meaning) == (1, 0, True)

    async def test_deleting_the_copy_uncovers_it(self, desk, shipped):
        await save(desk, shipped + b"# mine\n", SHIPPED)
        await desk.catalog.delete(SHIPPED, LOCAL)
        assert (await desk.catalog.text(SHIPPED, "last", LOCAL)).content == shipped

    async def test_it_cannot_be_deleted(self, desk, shipped):
        with pytest.raises(UsageError, match="not yours to delete: it comes with Loom"):
            await desk.catalog.delete(SHIPPED, LOCAL)

    async def test_what_an_app_brings_is_copied_too(self, desk_of, configs, tmp_path):
        app = tmp_path / "apps" / "mail" / "configs" / "workers" / "filer.yaml"
        app.parent.mkdir(parents=True)
        app.write_bytes(text := TEXT.replace(b"sorter", b"filer"))
        desk = desk_of(configs, tmp_path / "apps")
        saved = await save(desk, text + b"# mine\n", Ref(Kind.WORKER, "filer"))
        assert (app.read_bytes(), saved.hides) == (text, (Source.APP,))


class TestCloning:
    async def test_a_copy_differs_in_its_name_only(self, desk):
        saved = await desk.catalog.clone(SORTER, "filer", LOCAL)
        assert saved.path.read_bytes() == TEXT.replace(b"name: sorter ", b"name: filer ")
        assert saved.version.note == "from sorter v1"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('name: "sorter"\nsystem_prompt: x\n', "name: filer\nsystem_prompt: x\n"),
            ("system_prompt: 'name: sorter'\nname: sorter", "system_prompt: 'name: sorter'\nname: filer"),
            ("{name: sorter, system_prompt: x}", "{name: filer, system_prompt: x}"),
            ("few_shot: [{input: {name: a}, output: b}]\nsystem_prompt: 😀\nname: sorter  # 😀", None),
            ("name: |-\n  sorter\nsystem_prompt: x\n", "name: filer\nsystem_prompt: x\n"),
        ],
    )
    async def test_the_name_is_replaced_however_it_is_written(self, desk, before, after):
        desk.file.write_text(before)
        saved = await desk.catalog.clone(SORTER, "filer", LOCAL)
        assert saved.path.read_text() == (after or before.replace("sorter", "filer"))

    @pytest.mark.parametrize("name", ["true", "7", "null"])
    async def test_a_name_that_yaml_takes_for_something_else_is_put_in_quotes(self, desk, name):
        saved = await desk.catalog.clone(SORTER, name, LOCAL)
        assert f'name: "{name}"' in saved.path.read_text()

    @pytest.mark.parametrize(
        ("name", "said"),
        [("../x", "another folder"), ("Sorter", "only in case"), ("classifier", "exists already")],
    )
    async def test_a_name_that_cannot_be_given_is_refused(self, desk, name, said):
        with pytest.raises(UsageError, match=said):
            await desk.catalog.clone(SORTER, name, LOCAL)

    async def test_what_is_invalid_is_not_copied(self, desk):
        desk.file.write_bytes(b"name: sorter\n")
        with pytest.raises(ConfigError, match="system_prompt"):
            await desk.catalog.clone(SORTER, "filer", LOCAL)

    async def test_a_new_definition_can_be_made_from_the_template(self, desk):
        saved = await desk.catalog.create(Ref(Kind.WORKER, "filer"), None, LOCAL)
        template = (shipped_configs() / "workers" / "_template.yaml").read_text()
        assert saved.path.read_text() == template.replace("\nname: my_worker\n", "\nname: filer\n")


class TestGoingBack:
    async def test_restoring_makes_an_earlier_text_the_newest_version(self, desk):
        await save(desk)
        saved = await desk.catalog.restore(SORTER, "v1", LOCAL)
        assert desk.file.read_bytes() == TEXT
        assert (saved.version.number, saved.version.change, saved.version.note) == (3, "restored", "v1")

    async def test_a_text_from_another_folder_is_restored_by_its_hash(self, desk, desk_of, tmp_path):
        await save(desk)
        moved = desk_of(tmp_path / "moved")
        moved.file.parent.mkdir(parents=True)
        moved.file.write_bytes(TEXT)
        await moved.catalog.restore(SORTER, hash_bytes(NEW).hex()[:8], LOCAL)
        assert moved.file.read_bytes() == NEW

    async def test_what_is_deleted_comes_back_as_it_was(self, desk):
        (desk.configs / "pipelines" / "intake.yaml").unlink()
        await desk.catalog.delete(SORTER, LOCAL)
        assert not desk.file.exists()
        assert [ref for ref, _ in await desk.catalog.deleted(LOCAL)] == [SORTER]
        await desk.catalog.undo(SORTER, LOCAL)
        assert desk.file.read_bytes() == TEXT
        assert await desk.changes() == ["found", "deleted", "undone"]
        assert await desk.catalog.deleted(LOCAL) == ()

    async def test_undoing_twice_brings_the_change_back(self, desk):
        await save(desk)
        texts = []
        for _ in range(2):
            await desk.catalog.undo(SORTER, LOCAL)
            texts.append(desk.file.read_bytes())
        assert texts == [TEXT, NEW]

    async def test_a_beginning_cannot_be_undone(self, desk):
        with pytest.raises(UsageError, match=r"nothing before v1.*loom catalog delete sorter"):
            await desk.catalog.undo(SORTER, LOCAL)

    async def test_what_never_was_ones_own_cannot_be_undone(self, desk):
        with pytest.raises(NotFoundError, match="no worker 'classifier' was ever yours"):
            await desk.catalog.undo(SHIPPED, LOCAL)

    async def test_what_pipelines_use_is_deleted_only_by_force(self, desk):
        with pytest.raises(UsageError, match=r"'sorter' is used by intake\.sort; give --force"):
            await desk.catalog.delete(SORTER, LOCAL)
        await desk.catalog.delete(SORTER, LOCAL, force=True)
        assert not desk.file.exists()


class TestStayingInside:
    async def test_a_link_out_of_the_folder_is_neither_read_nor_followed(self, desk, tmp_path):
        secret = tmp_path / "secret.yaml"
        secret.write_bytes(TEXT)
        (desk.configs / "workers" / "linked.yaml").symlink_to(secret)
        linked = Ref(Kind.WORKER, "linked")
        for use in (desk.history(linked), save(desk, NEW, linked), desk.catalog.delete(linked, LOCAL)):
            with pytest.raises(ConfigError, match="is a link"):
                await use
        assert secret.read_bytes() == TEXT
        assert await desk.catalog.record(Kind.WORKER, desk.configs / "workers" / "linked.yaml", LOCAL) is None

    @pytest.mark.parametrize("name", ["../sorter", "workers/sorter.yaml", "a\0b", "%2e%2e/x", "..", "\ud800"])
    async def test_a_name_that_is_none_finds_nothing_and_makes_nothing(self, desk, name):
        before = sorted(desk.configs.rglob("*"))
        with pytest.raises(NotFoundError):
            await desk.catalog.find(name)
        with pytest.raises(UsageError):
            await save(desk, TEXT, Ref(Kind.WORKER, name))
        assert sorted(desk.configs.rglob("*")) == before

    async def test_a_file_that_is_too_large_is_said_and_not_kept(self, desk):
        desk.file.write_bytes(b"#" * 300_000)
        with pytest.raises(ConfigError, match="larger than 262,144 bytes"):
            await desk.history()


class TestListing:
    async def test_what_is_asked_for_is_listed(self, desk):
        listed = await desk.catalog.list(Query(source=Source.OWN), LOCAL)
        assert [(one.ref.name, one.ref.kind, one.tier) for one in listed] == [
            ("sorter", "worker", "standard"),
            ("intake", "pipeline", None),
        ]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            (Query("SORT"), {"sorter"}),
            (Query("shop topic"), {"classifier"}),
            (Query(kind="pipeline"), {"intake"}),
            (Query(tier="frontier"), set()),
        ],
    )
    async def test_words_kinds_and_tiers_narrow_the_list(self, desk, query, names):
        listed = {one.ref.name for one in await desk.catalog.list(query, LOCAL)}
        assert names <= listed
        assert "summarizer" not in listed

    async def test_a_broken_file_is_listed_with_what_is_wrong(self, desk):
        desk.file.write_bytes(b"name: sorter\nsystem_promt: x\n")
        [entry] = await desk.catalog.list(Query("sorter"), LOCAL)
        assert entry.problem is not None
        assert entry.problem.line == 1
