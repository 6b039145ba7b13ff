"""Building the slim image's archive."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from handmade import TIME, Handmade, plan_keeping

from slim.build import build_archive, slim_history
from slim.errors import HostError, ImageError, InternalError, UsageError
from slim.oci.config import History
from slim.oci.path import image_path
from slim.plan import Plan


class Built:
    """A built archive, read back with the standard library."""

    def __init__(self, path):
        with tarfile.open(path) as outer:
            self.members = {member.name: outer.extractfile(member).read() for member in outer}
        (self.manifest,) = json.loads(self.members["manifest.json"])
        self.config = json.loads(self.members[self.manifest["Config"]])
        self.layers = [self._layer(path, name) for name in self.manifest["Layers"]]

    def _layer(self, path, name):
        with tarfile.open(path) as outer, tarfile.open(fileobj=outer.extractfile(name)) as layer:
            return {member.name: member for member in layer}


def build(image, destination, *kept, **options):
    result = build_archive(image, plan_keeping(image, *kept), destination, **options)
    return result, Built(destination)


def layered(folder):
    """A base, a package and an application, each a layer; /etc was touched by all three."""
    return (
        Handmade(folder)
        .folder("/etc", 0o755, layer=2, mtime=TIME + 2)
        .file("/etc/passwd", b"root", layer=0)
        .folder("/usr", 0o755, layer=1, mtime=TIME + 1)
        .folder("/usr/bin", 0o755, layer=1, mtime=TIME + 1)
        .file("/usr/bin/sh", b"shell", layer=0, mode=0o755)
        .file("/usr/bin/tool", b"tool", layer=1, mode=0o4755)
        .folder("/tmp", 0o1777, layer=0)
        .file("/tmp/left", b"", layer=2)
        .file("/usr/bin/app", b"app", layer=2)
        .file("/etc/app.conf", b"conf", layer=2)
    )


def test_config_manifest_and_layers_name_each_other(tmp_path):
    image = layered(tmp_path / "files").image(layers=3)
    result, built = build(image, tmp_path / "out.tar", reference="shop/app:1-slim")
    assert built.manifest["RepoTags"] == ["shop/app:1-slim"]
    assert result.id == "sha256:" + hashlib.sha256(built.members[built.manifest["Config"]]).hexdigest()
    assert built.config["rootfs"]["diff_ids"] == [
        "sha256:" + hashlib.sha256(built.members[name]).hexdigest() for name in built.manifest["Layers"]
    ]
    assert [layer.diff_id for layer in result.layers] == built.config["rootfs"]["diff_ids"]


def test_a_reference_without_a_tag_gets_latest(tmp_path):
    image = layered(tmp_path / "files").image(layers=3)
    _, built = build(image, tmp_path / "out.tar", reference="localhost:5000/app")
    assert built.manifest["RepoTags"] == ["localhost:5000/app:latest"]
    _, built = build(image, tmp_path / "out.tar")
    assert built.manifest["RepoTags"] is None


def test_sizes_and_files_are_those_of_the_tree_that_comes_out(tmp_path):
    image = layered(tmp_path / "files").file("/a", b"1234567").hard("/a", "/b", "/c").image(layers=3)
    result, _ = build(image, tmp_path / "out.tar")
    assert result.files == len(image.tree)
    assert result.size == image.tree.size
    result, _ = build(image, tmp_path / "out.tar", "/b", "/c")
    assert (result.files, result.size) == (3, 7)


def test_the_config_is_untouched_but_for_layers_and_history(tmp_path):
    fields = {
        "variant": "v8",
        "author": "somebody",
        "x.vendor": {"kept": [1, 2.50, None]},
        "config": {
            "Env": ["A=b=c"], "Entrypoint": ["/e"], "User": "1000:33", "ExposedPorts": {"80/tcp": {}},
            "Volumes": {"/v": {}}, "Labels": {"l": "ü"}, "Healthcheck": {"Test": ["NONE"]},
            "StopSignal": "SIGQUIT", "Shell": ["/bin/ash"], "OnBuild": ["RUN x"], "WorkingDir": "/w",
        },
    }  # fmt: skip
    image = layered(tmp_path / "files").image(layers=3, **fields)
    _, built = build(image, tmp_path / "out.tar")
    for key, value in fields.items():
        assert built.config[key] == value
    assert built.config["created"] == "2024-01-31T00:00:00Z"


def test_each_entry_is_in_the_layer_that_it_comes_from(tmp_path):
    _, built = build(layered(tmp_path / "files").image(layers=3), tmp_path / "out.tar")
    base, package, application = built.layers
    assert list(base) == ["etc", "etc/passwd", "tmp", "usr", "usr/bin", "usr/bin/sh"]
    assert list(package) == ["usr", "usr/bin", "usr/bin/tool"]
    assert list(application) == ["etc", "etc/app.conf", "tmp", "tmp/left", "usr", "usr/bin", "usr/bin/app"]


def test_a_folder_of_a_lower_layer_is_repeated_as_it_is(tmp_path):
    _, built = build(layered(tmp_path / "files").image(layers=3), tmp_path / "out.tar")
    _, _, application = built.layers
    assert (application["tmp"].mode, application["tmp"].mtime) == (0o1777, TIME)
    assert application["usr/bin"].mtime == TIME + 1


def test_a_release_that_changes_only_the_application_changes_only_its_layer(tmp_path):
    first = layered(tmp_path / "first")
    second = layered(tmp_path / "second").file("/usr/bin/app", b"app two", layer=2)
    second.folder("/etc", 0o750, layer=2, mtime=TIME + 500, uid=1000)
    one, _ = build(first.image(layers=3), tmp_path / "one.tar")
    two, _ = build(second.image(layers=3), tmp_path / "two.tar")
    same = [a.diff_id == b.diff_id for a, b in zip(one.layers, two.layers, strict=True)]
    assert same == [True, True, False]


def test_a_layer_of_which_nothing_is_kept_leaves_an_empty_step(tmp_path):
    history = [
        {"created_by": "ADD base"},
        {"created_by": "ENV x", "empty_layer": True},
        {"created_by": "RUN apt"},
        {"created_by": "COPY app"},
    ]
    image = layered(tmp_path / "files").image(layers=3, history=history)
    result, built = build(image, tmp_path / "out.tar", "/usr/bin/sh", "/tmp/left")
    assert [layer.index for layer in result.layers] == [0, 1, 2]  # /usr/bin itself is of layer 1
    image = layered(tmp_path / "files").folder("/usr").folder("/usr/bin").image(layers=3, history=history)
    result, built = build(image, tmp_path / "out.tar", "/usr/bin/sh", "/tmp/left")
    assert [layer.index for layer in result.layers] == [0, 2]
    assert len(built.layers) == 2
    assert built.config["history"] == [
        {"created_by": "ADD base"},
        {"created_by": "ENV x", "empty_layer": True},
        {"created_by": "RUN apt", "empty_layer": True},
        {"created_by": "COPY app"},
    ]


def test_a_single_layer_holds_everything_as_it_is(tmp_path):
    image = layered(tmp_path / "files").image(layers=3)
    _, built = build(image, tmp_path / "out.tar", layers="single")
    (layer,) = built.layers
    assert ["/" + name for name in layer] == [path for path in image.tree if path != "/"]
    assert (layer["etc"].mtime, layer["tmp"].mode) == (TIME + 2, 0o1777)
    assert [step.get("empty_layer", False) for step in built.config["history"]] == [True, True, True, False]


def test_hard_links_point_at_the_first_name_that_is_kept(tmp_path):
    image = Handmade(tmp_path / "files").file("/a", b"git").hard("/a", "/b", "/c", "/d").image()
    _, built = build(image, tmp_path / "out.tar", "/b", "/c")
    (layer,) = built.layers
    assert layer["b"].isreg()
    assert (layer["c"].islnk(), layer["c"].linkname) == (True, "b")
    _, built = build(image, tmp_path / "out.tar", "/d")
    assert built.layers[0]["d"].isreg()


def test_an_image_of_which_nothing_is_kept_still_has_a_layer(tmp_path):
    image = layered(tmp_path / "files").image(layers=3)
    result, built = build(image, tmp_path / "out.tar", "/")
    assert (len(built.layers), result.files, result.size) == (1, 1, 0)
    assert sum(not step.get("empty_layer") for step in built.config["history"]) == 1


@pytest.mark.parametrize("layers", ["mirror", "single"])
def test_the_same_image_and_plan_give_the_same_bytes(tmp_path, layers):
    image = layered(tmp_path / "files").file(b"/odd\xff", b"x", layer=1).image(layers=3)
    first, _ = build(image, tmp_path / "one.tar", layers=layers)
    second, _ = build(image, tmp_path / "two.tar", layers=layers)
    assert first.id == second.id
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


BUILD_ELSEWHERE = """
import os, sys
from pathlib import Path
from handmade import plan_keeping
from test_build_archive import layered
from slim.build import build_archive

os.umask(int(sys.argv[2], 8))
folder = Path(sys.argv[1])
image = layered(folder / "files").image(layers=3)
build_archive(image, plan_keeping(image), folder / "out.tar", reference="a:b")
"""


def test_the_bytes_depend_on_nothing_around(tmp_path):
    archives = set()
    for zone, umask, seed in (("UTC", "022", "0"), ("Asia/Kathmandu", "077", "1"), ("XST+11", "000", "2")):
        folder = tmp_path / seed
        folder.mkdir()
        path = str(Path(__file__).parent)
        environment = {"TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": path, "LC_ALL": "C"}
        subprocess.run([sys.executable, "-c", BUILD_ELSEWHERE, folder, umask], env=environment, check=True)
        archives.add((folder / "out.tar").read_bytes())
    assert len(archives) == 1


def test_a_plan_of_another_image_is_refused(tmp_path):
    image = layered(tmp_path / "files").image(layers=3)
    with pytest.raises(UsageError, match="another image"):
        build_archive(image, Plan("sha256:other", {}, {}), tmp_path / "out.tar")


@pytest.mark.parametrize(
    ("kept", "message"),
    [("/usr/bin/sh", "keeps /usr/bin/sh without its folder /usr/bin"), ("/none", "keeps /none, which")],
)
def test_a_plan_that_contradicts_the_image_is_an_internal_error(tmp_path, kept, message):
    image = layered(tmp_path / "files").image(layers=3)
    with pytest.raises(InternalError, match=message):
        build_archive(image, Plan(image.id, {image_path(kept): ()}, {}), tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()


def test_a_large_file_is_never_held_in_memory(tmp_path):
    image = Handmade(tmp_path / "files").file("/big", b"", size=64 << 20).image()
    os.truncate(image.tree["/big"].source.host_path, 64 << 20)
    tracemalloc.start()
    build_archive(image, plan_keeping(image), tmp_path / "out.tar")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_an_image_that_changes_while_it_is_read_leaves_no_archive(tmp_path):
    image = Handmade(tmp_path / "files").file("/a", b"12345").image()
    Path(image.tree["/a"].source.host_path).write_bytes(b"123")
    with pytest.raises(ImageError):
        build(image, tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()


def test_a_folder_that_does_not_exist_is_a_host_error(tmp_path):
    image = Handmade(tmp_path / "files").file("/a", b"12345").image()
    with pytest.raises(HostError, match="cannot be written") as raised:
        build(image, tmp_path / "none" / "out.tar")
    assert "permissions" in raised.value.remedy


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path, small_disk):
    image = Handmade(tmp_path / "files").file("/a", os.urandom(3 << 20)).image()
    with pytest.raises(HostError) as raised:
        build(image, small_disk / "out.tar")
    assert raised.value.cause == "No space left on device"
    assert "free some disk space" in raised.value.remedy
    assert list(small_disk.iterdir()) == []


def test_history_of_an_image_without_any_stays_empty():
    assert slim_history((), 3, [0, 2]) == ()


def test_history_that_does_not_match_the_layers_is_kept_as_empty_steps():
    history = (History(created_by="squashed"), History(created_by="all of it"))
    assert slim_history(history, 3, [0, 2], created="2024-01-31T00:00:00Z") == (
        History(created_by="squashed", empty_layer=True),
        History(created_by="all of it", empty_layer=True),
        History(created="2024-01-31T00:00:00Z", created_by="slim"),
        History(created="2024-01-31T00:00:00Z", created_by="slim"),
    )
