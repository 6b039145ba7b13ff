"""Language runtimes, wherever they were installed."""

import pytest
from small_image import SmallImage

from slim.closure.packages.owners import Owners
from slim.closure.packages.package import Ecosystem

BIG = b"\x7fELF" + b"\0" * (1 << 23)

LAYOUTS = {
    "/usr/local/lib/python3.12": ("python", "/usr/local/lib/python3.12/os.py", "/usr/local/bin/python3.12"),
    "/root/.pyenv/versions/3.8.18/lib/python3.8": (
        "python",
        "/root/.pyenv/versions/3.8.18/lib/python3.8/os.py",
        "/root/.pyenv/versions/3.8.18/bin/python3.8",
    ),
    "/opt/conda/lib/python3.11": ("python", "/opt/conda/lib/python3.11/os.py", "/opt/conda/bin/python"),
    "/home/u/.local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu/lib/python3.12": (
        "python",
        "/home/u/.local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu/lib/python3.12/os.py",
        "/home/u/.local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu/lib/libpython3.12.so.1.0",
    ),
    "/opt/pypy/lib/pypy3.10": ("python", "/opt/pypy/lib/pypy3.10/os.py", "/opt/pypy/bin/pypy3"),
    "/root/.nvm/versions/node/v20.1.0": (
        "node",
        "/root/.nvm/versions/node/v20.1.0/bin/node",
        "/root/.nvm/versions/node/v20.1.0/include/node/v8.h",
    ),
    "/opt/jdk-21": ("java", "/opt/jdk-21/lib/modules", "/opt/jdk-21/bin/java"),
    "/usr/local/lib/ruby/3.3.0": ("ruby", "/usr/local/bin/ruby", "/usr/local/bin/irb"),
    "/usr/share/perl/5.36.0": ("perl", "/usr/bin/perl", "/usr/bin/perl5.36.0"),
    "/usr/local/lib/php": ("php", "/usr/local/sbin/php-fpm", "/usr/local/bin/pecl"),
    "/usr/share/dotnet": (
        "dotnet",
        "/usr/share/dotnet/host/fxr/8.0.1/libhostfxr.so",
        "/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/System.dll",
    ),
    "/usr/local": ("deno", "/usr/local/bin/deno", "/usr/local/bin/deno"),
    "/root/.bun": ("bun", "/root/.bun/bin/bun", "/root/.bun/bin/bunx"),
}

PARTS = {
    "java": "release",
    "ruby": "English.rb",
    "perl": "strict.pm",
    "php": "extensions/no-debug/x.so",
}


@pytest.mark.parametrize("home", LAYOUTS)
def test_a_runtime_is_recognised_with_its_main_file_and_its_programs(tmp_path, home):
    language, marker, own = LAYOUTS[home]
    image = SmallImage(tmp_path).file(own).file(marker, BIG)
    if language in PARTS:
        image.file(f"{home}/{PARTS[language]}").file(f"{home}/warnings.pm")
    owners = Owners.from_tree(image.tree)
    assert [(runtime.language, runtime.home, runtime.marker) for runtime in owners.runtimes] == [
        (language, home, marker)
    ]
    assert owners.owner(own).ecosystem is Ecosystem.RUNTIME
    assert owners.owner(f"{home}/site-packages/x.py") is None
    assert owners.owner("/srv/app/main") is None


def test_what_only_bears_such_a_name_is_no_runtime(tmp_path):
    image = SmallImage(tmp_path).file("/srv/os.py").file("/app/bin/deno", "#!/bin/sh\n").file("/app/release")
    image.file("/usr/lib/ruby/3.1.0/English.rb").file("/app/strict.pm").file("/app/bin/php", "#!/bin/sh\n")
    assert Owners.from_tree(image.tree).runtimes == ()


def test_a_version_manager_owns_itself_and_not_what_it_installed(tmp_path):
    image = SmallImage(tmp_path).file("/root/.pyenv/libexec/pyenv").file("/root/.pyenv/plugins/x/y")
    image.file("/root/.pyenv/versions/3.12.1/lib/python3.12/os.py").file("/root/.pyenv/versions/3.12.1/app/z")
    owners = Owners.from_tree(image.tree)
    assert [runtime.language for runtime in owners.runtimes] == ["version-manager", "python"]
    assert owners.owner("/root/.pyenv/plugins/x/y").name == "pyenv"
    assert owners.owner("/root/.pyenv/versions/3.12.1/app/z") is None
