"""Built images on a real engine: loaded, looked at, and read back entry by entry."""

import json
import secrets
import subprocess

import pytest
from images.build import build as fat_reference
from images.started import docker

from slim.build import build_archive
from slim.diff import diff_images
from slim.engine.read import read_image
from slim.oci.compare import content_digest
from slim.oci.entry import Kind
from slim.plan import Plan, Reason

pytestmark = pytest.mark.engine

REPLACED = """
FROM {base}
RUN mkdir -p /x/folder/inner /x/kept /x/again && echo 1 >/x/folder/inner/file && ln -s folder /x/link \\
 && echo 1 >/x/kept/low && echo 1 >/x/again/old && chmod 1777 /x/kept && chown 7:8 /x/kept
RUN rm -r /x/folder && ln -s kept /x/folder && rm /x/link && mkdir -m 2750 /x/link && echo 2 >/x/link/new
RUN rm -r /x/again && mkdir /x/again && echo 3 >/x/again/new && echo 3 >/x/kept/high
RUN chmod 4755 /x/kept/low && ln /x/kept/high /x/kept/linked
RUN chmod 700 /x
"""


@pytest.fixture
def loaded(engine, tmp_path):
    """`loaded(image, plan, ...)`: build, load, read back; removed in the end."""
    references = []

    def load(image, plan, *, portable=False, **options):
        reference = f"slim-test-build/{secrets.token_hex(4)}:slim"
        archive = tmp_path / f"{len(references)}.tar"
        built = build_archive(image, plan, archive, reference=reference, **options)
        references.append(reference)
        assert engine.load_image(archive) == built.id
        spool = tmp_path / f"spool{len(references)}"
        spool.mkdir()
        return built, read_image(engine, reference, spool, portable=portable)

    yield load
    for reference in references:
        engine.remove_image(reference)


@pytest.fixture(scope="module")
def replaced():
    """An image whose layers replace folders by links, links by folders, and remake folders."""
    tag = f"slim-test-build/{secrets.token_hex(4)}:replaced"
    text = REPLACED.format(base=fat_reference("base")).encode()
    docker("build", "--quiet", "--tag", tag, "-", data=text)
    yield tag
    docker("image", "rm", tag)


def keep_all(image):
    return Plan(image.id, {path: (Reason("test", "all"),) for path in image.tree}, {})


def keep(image, *folders):
    wanted = {"/"}
    for folder in folders:
        wanted |= {folder, *image.tree.under(folder)}
        while folder != "/":
            folder = folder.rpartition("/")[0] or "/"
            wanted.add(folder)
    kept = {path: (Reason("test", "wanted"),) for path in sorted(wanted)}
    return Plan(image.id, kept, {path: "no" for path in image.tree if path not in wanted})


def contents(tree):
    return {
        path: content_digest(tree, path) for path in tree if tree[path].kind is Kind.FILE and tree[path].size
    }


def inspected(reference):
    (record,) = json.loads(docker("image", "inspect", reference).stdout)
    return record


@pytest.mark.parametrize("layers", ["mirror", "single"])
@pytest.mark.parametrize("portable", [False, True], ids=["folders", "stream"])
def test_every_attribute_of_every_entry_survives(engine, loaded, tmp_path, layers, portable):
    fat = read_image(engine, fat_reference("metadata"), tmp_path)
    _, slim = loaded(fat, keep_all(fat), layers=layers, portable=portable)
    assert list(slim.tree) == list(fat.tree)
    assert [e.identity() for e in slim.tree.entries()] == [e.identity() for e in fat.tree.entries()]
    assert contents(slim.tree) == contents(fat.tree)


def test_every_field_of_the_configuration_survives(engine, loaded, tmp_path):
    reference = fat_reference("metadata")
    fat = read_image(engine, reference, tmp_path)
    _, slim = loaded(fat, keep(fat, "/srv"))
    before, after = inspected(reference), inspected(slim.reference)
    assert before["Config"] == after["Config"]
    for field in (
        "Architecture",
        "Variant",
        "Os",
        "OsVersion",
        "Author",
        "Created",
        "Comment",
        "ContainerConfig",
    ):
        assert before.get(field) == after.get(field), field


def test_engine_and_configuration_agree_on_the_history(engine, loaded, tmp_path):
    fat = read_image(engine, fat_reference("metadata"), tmp_path)
    built, slim = loaded(fat, keep(fat, "/srv"))
    told = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", slim.reference).stdout
    assert told == docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", fat.reference).stdout
    made = [step for step in slim.config.history if not step.empty_layer]
    assert len(made) == len(built.layers) == len(slim.config.diff_ids) < len(fat.config.diff_ids)


def test_a_part_of_an_image_is_a_slim_image_of_it(engine, loaded, tmp_path):
    fat = read_image(engine, fat_reference("metadata"), tmp_path)
    plan = keep(fat, "/srv/app", "/tmp", "/etc")
    built, slim = loaded(fat, plan)
    assert set(slim.tree) == set(plan.kept)
    assert diff_images(fat, slim).slim_of.exceptions == ()
    assert (built.files, built.size) == (len(slim.tree), slim.tree.size)
    assert slim.tree["/tmp"].mode == 0o1777


@pytest.mark.parametrize("layers", ["mirror", "single"])
def test_what_a_higher_layer_replaced_extracts_as_replaced(engine, loaded, tmp_path, replaced, layers):
    fat = read_image(engine, replaced, tmp_path)
    _, slim = loaded(fat, keep(fat, "/x"), layers=layers)
    assert diff_images(fat, slim).slim_of.exceptions == ()
    assert slim.tree["/x/folder"].link_target == "kept"
    assert slim.tree["/x/link"].mode == 0o2750
    assert list(slim.tree.under("/x/again")) == ["/x/again/new"]
    assert slim.tree["/x/kept/high"].hard_link == "/x/kept/high"
    assert slim.tree["/x"].mode == 0o700


def test_a_container_sees_what_the_tree_says(engine, loaded, tmp_path, replaced):
    """Through the engine's own mount of the layers, not slim's reading of them."""
    fat = read_image(engine, replaced, tmp_path)
    _, slim = loaded(fat, keep_all(fat))
    script = (
        "cd /x && find . -printf '%p %y %m %U:%G %Ts %l\\n' | sort && cat kept/* again/*"
        " && find . ! -type d -printf '%p %s %n\\n' | sort"
    )
    said = [
        subprocess.run(
            ["docker", "run", "--rm", "--entrypoint", "sh", image.reference, "-c", script],
            capture_output=True, text=True, check=True,
        ).stdout
        for image in (fat, slim)
    ]  # fmt: skip
    assert said[0] == said[1]
    assert "./kept d 1777 7:8" in said[0]


def test_both_ways_of_reading_give_the_same_archive(engine, tmp_path):
    archives = []
    for name, portable in (("folders", False), ("stream", True)):
        (tmp_path / name).mkdir()
        image = read_image(engine, fat_reference("metadata"), tmp_path / name, portable=portable)
        build_archive(image, keep_all(image), tmp_path / f"{name}.tar", reference="slim-test-build/same:1")
        archives.append((tmp_path / f"{name}.tar").read_bytes())
    assert archives[0] == archives[1]


def test_an_image_of_which_nothing_is_kept_loads(engine, loaded, tmp_path):
    fat = read_image(engine, fat_reference("static"), tmp_path)
    _, slim = loaded(fat, keep(fat))
    assert list(slim.tree) == ["/"]
