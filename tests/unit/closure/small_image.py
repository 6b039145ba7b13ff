"""Small real images: a folder written on disk and read as one overlay2 layer, and its plan."""

import json
import os
import subprocess
from pathlib import Path

from probes.watch.trace import Access, Trace, Use
from slim.closure.options import PlanOptions
from slim.closure.solve import make_plan
from slim.oci.config import ImageConfig
from slim.oci.overlay import read_layer_folders

LOADER = "/usr/lib/ld-none.so"
"""Without any loader an image counts as all application; this one is loaded by nothing."""


class SmallImage:
    """Writes files below a folder; `plan` decides about them. Every call but the last returns self."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layers = [folder]
        folder.mkdir(parents=True, exist_ok=True)
        self.config = {}
        self.accesses = []
        self.file(LOADER)

    def host(self, path):
        return self.folder / path.lstrip("/")

    def file(self, path, content="", mode=0o644):
        target = self.host(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chmod(mode)
        return self

    def next_layer(self):
        """What follows is written into a layer on top."""
        self.folder = self.folder.with_name(f"{self.layers[0].name}-{len(self.layers)}")
        self.folder.mkdir()
        self.layers.append(self.folder)
        return self

    def program(self, path, content):
        return self.file(path, content, 0o755)

    def folder_at(self, path):
        self.host(path).mkdir(parents=True, exist_ok=True)
        return self

    def link(self, path, target):
        self.host(path).parent.mkdir(parents=True, exist_ok=True)
        self.host(path).symlink_to(target)
        return self

    def hard(self, first, second):
        self.host(second).parent.mkdir(parents=True, exist_ok=True)
        os.link(self.host(first), self.host(second))
        return self

    def copy(self, path, source):
        return self.file(path, Path(source).read_bytes(), 0o755)

    def packages(self, **files):
        """A dpkg database: name → the paths it lists."""
        status = []
        for name, paths in files.items():
            name = name.replace("_", "-")
            status.append(
                f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\n"
            )
            self.file(f"/var/lib/dpkg/info/{name}.list", "/.\n" + "".join(f"{path}\n" for path in paths))
        return self.file("/var/lib/dpkg/status", "\n".join(status))

    def starts(self, *arguments, **fields):
        """The entrypoint, and other fields of the config as Docker spells them."""
        self.config = {"Entrypoint": list(arguments), **fields}
        return self

    def used(self, path, use=Use.OPEN, error="", executable="", process=2, probe="GET /"):
        seconds = float(len(self.accesses))
        self.accesses.append(Access(path, use, error, executable, process, probe, seconds, 1))
        return self

    def executed(self, path, process=1):
        return self.used(path, Use.EXEC, process=process)

    @property
    def tree(self):
        return read_layer_folders(self.layers)

    def plan(self, **options):
        raw = json.dumps({"architecture": "amd64", "os": "linux", "config": self.config}).encode()
        trace = Trace("sha256:small", True, accesses=tuple(sorted(self.accesses, key=_by_path)))
        return make_plan(self.tree, ImageConfig.parse(raw), trace, PlanOptions(**options))

    def kept(self, **options):
        """The kept paths that are no folders."""
        plan = self.plan(**options)
        return [path for path in plan.kept if not self.host(path).is_dir() or self.host(path).is_symlink()]


def _by_path(access):
    return (access.path, access.use.value, access.error)


def compile_c(target, source="int main(void) { return 0; }", *options, folder=None):
    """Compile C `source` to `target` with gcc; the working folder is `folder`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["gcc", "-x", "c", "-", "-x", "none", "-o", str(target), *options],
        input=source.encode(), check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    return target


def library(target, soname=None, *options, source="int answer(void) { return 42; }"):
    """Compile a shared library without libc, so that an image needs nothing else."""
    named = (f"-Wl,-soname,{soname}",) if soname else ()
    return compile_c(target, source, "-shared", "-fPIC", "-nostdlib", *named, *options)
