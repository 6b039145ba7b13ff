"""An application folder of files that are not what their names say, in every language that slim reads.

`write(folder)` lays the root of it down: the project in /srv/app, and what lies elsewhere.
"""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
ELF = Path("/bin/sh").read_bytes()
ARCHIVE = b"!<arch>\n" + b"a.o/            0           0     0     644     9999999   `\n" + b"\x7fELF"
SOURCES = ("py", "js", "rb", "php", "pl", "sh")
NESTED = 10_000


def write(root: Path) -> None:
    """Everything, below the host folder `root`."""
    app = root / "srv/app"
    app.mkdir(parents=True)
    for name, content in (*_mistaken(), *_cut_short(), *_texts(), *_nested(), *_lying()):
        target = (root if name.startswith(b"/") else app) / os.fsdecode(name.lstrip(b"/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    _links(app)


def _mistaken() -> Iterator[tuple[bytes, bytes]]:
    """Content of one kind under a name of another."""
    for suffix in SOURCES:
        yield f"picture.{suffix}".encode(), PNG
        yield f"program.{suffix}".encode(), ELF
        yield f"zeros.{suffix}".encode(), bytes(1 << 20)
    for suffix in (*SOURCES, "so", "class", "jar", "pyc", "node", "toml", "ini", "json", "pth"):
        yield f"text.{suffix}".encode(), b"this is no such file, [[[ it is a letter\n" * 20
        yield f"empty.{suffix}".encode(), b""


def _cut_short() -> Iterator[tuple[bytes, bytes]]:
    """The beginnings of real files."""
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Class-Path: a.jar b.jar\n")
        archive.writestr("META-INF/services/x.Y", "x.Z\n" * 1000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("META-INF/MANIFEST.MF", bytes(300 << 20))
        archive.writestr("__main__.py", bytes(300 << 20))
        archive.writestr("a/B.class", b"\xca\xfe\xba\xbe" + bytes(100 << 20))
    for at in (5, 16, 52, 64, 65, 200, 1000, 20_000, len(ELF) - 64, len(ELF) - 1):
        yield f"elf-{at}.so".encode(), ELF[:at]
    whole = jar.getvalue()
    for number, at in enumerate((4, 30, 50, len(whole) // 2, len(whole) - 30, len(whole) - 1)):
        for suffix in ("jar", "zip", "egg", "pyz"):
            yield f"archive-{number}.{suffix}".encode(), whole[:at]
    for suffix in ("jar", "pyz"):
        yield f"bomb.{suffix}".encode(), bomb.getvalue()
    for at in (4, 12, 40):
        yield f"cut-{at}.gz".encode(), gzip.compress(b"text" * 1000)[:at]
        yield f"cut-{at}.a".encode(), ARCHIVE[:at]
        yield f"cut-{at}.class".encode(), (b"\xca\xfe\xba\xbe\0\0\0\x34\xff\xff" + b"\1\xff\xff" * 20)[:at]


def _texts() -> Iterator[tuple[bytes, bytes]]:
    """Sources in other encodings, of other versions, far too long."""
    import_ = {
        "py": "import json",
        "js": "require('fs')",
        "rb": "require 'json'",
        "php": "<?php require 'a.php';",
        "pl": "use JSON;",
        "sh": "ls -l",
    }
    for suffix, line in import_.items():
        yield f"utf16.{suffix}".encode(), (line + "\n").encode("utf-16") * 20
        yield f"latin.{suffix}".encode(), (line + " # café\n").encode("latin-1") * 20
        yield f"nul.{suffix}".encode(), line.encode() + b"\n\0\0\n" + line.encode()
        yield (
            f"bait.{suffix}".encode(),
            b"".join(
                sign * 20_000 + b"\n"
                for sign in (
                    b"$(",
                    b"`",
                    b"'",
                    b'"',
                    b"q(",
                    b"<<A ",
                    b"/*",
                    b"#{",
                    b"${",
                    b"((",
                    b"A::",
                    b"/a",
                )
            ),
        )
        yield f"odd \n*[a] \xff\xfe.{suffix}".encode("latin-1"), line.encode()
    yield (
        b"two.py",
        b"print 'Python 2'\nexec 'x' in y\nraise E, 'v'\nimport urllib2, ConfigParser\n`x` <> 0777L\n",
    )
    yield b"future.py", b"import json\nmatch? x -> { unless y: import! z }\nlet a := <<b>>;\n" * 5
    yield (
        b"future.js",
        b"import json from './a' with deep { x };\nmatch (x) { when #{y} -> import 'fs' }\n" * 5,
    )
    yield b"line.js", b"x=" + b"a+" * (25 << 20)
    yield b"line.py", b"x=" + b"a+" * (25 << 20)
    yield b"million.py", b"".join(b"value_%d = 'a.b.c%d'\n" % (n, n) for n in range(1_000_000))
    for suffix, line in (
        ("js", "var v%d = require('./m%d');\n"),
        ("rb", "require 'a%d/b%d'\n"),
        ("php", "<?php $v%d = 'a%d.php'; ?>\n"),
        ("sh", "V%d=x%d\n"),
    ):
        yield f"generated.{suffix}".encode(), "".join(line % (n, n) for n in range(60_000)).encode()
    for name, other in (("a", "b"), ("b", "a")):
        yield f"circle/{name}.py".encode(), f"from . import {other}\n".encode()
        yield f"circle/{name}.js".encode(), f"require('./{other}')\n".encode()
        yield f"circle/{name}.rb".encode(), f"require_relative '{other}'\n".encode()
        yield f"circle/{name}.php".encode(), f"<?php require __DIR__ . '/{other}.php';".encode()
        yield f"circle/{name}.sh".encode(), f". ./circle/{other}.sh\n".encode()


def _nested() -> Iterator[tuple[bytes, bytes]]:
    """Brackets, lists and calls, ten thousand deep."""
    deep = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    for name in ("deep.json", "deep.nft.json", "deep/package.json", "node_modules/deep/package.json"):
        yield name.encode(), deep
    for suffix, before in (
        ("py", b"x = "),
        ("js", b"x = "),
        ("rb", b"x = "),
        ("php", b"<?php $x = "),
        ("pl", b"$x = "),
        ("sh", b"x="),
    ):
        for name, begin, end in (
            ("brackets", b"(", b")"),
            ("lists", b"[", b"]"),
            ("calls", b"require(", b")"),
        ):
            content = before + begin * NESTED + b"'a'" + end * NESTED
            yield f"{name}.{suffix}".encode(), content
            yield f"open-{name}.{suffix}".encode(), content[: len(content) // 2]
    yield b"concatenated.php", b"<?php include " + b"'a' . " * NESTED + b"'b';"
    yield b"concatenated.rb", b"require " + b"'a' + " * NESTED + b"'b'"


def _lying() -> Iterator[tuple[bytes, bytes]]:
    """Metadata and databases that lie, or are none."""
    for name in (
        "package.json",
        "composer.json",
        "package-lock.json",
        "a.gemspec",
        "Gemfile",
        "Gemfile.lock",
        "cpanfile",
        "setup.cfg",
        "pyproject.toml",
        "nft.json",
        "app.runtimeconfig.json",
        "app.deps.json",
    ):
        yield name.encode(), b"\xff{[garbage\0"
        yield (
            f"wrong/{name}".encode(),
            b'{"name": [1], "main": {"a": 7}, "exports": [[[]]], "dependencies": "x", "bin": 3}',
        )
    modules = b"/srv/app/node_modules"
    yield (
        modules + b"/self/package.json",
        b'{"name": "self", "version": 1, "main": "../../../../../etc/../..", "dependencies": {"self": "*"}}',
    )
    yield modules + b"/list/package.json", b"[" * 50_000
    site = b"/usr/local/lib/python3.11/dist-packages"
    yield site + b"/garbage.pth", b"import os; os.getpid()\n/nowhere\n" + b"../" * 900 + b"\n"
    yield b"venv/lib/python3.11/site-packages/garbage.pth", b"\xff\xfe\0\nimport (\n" + b"../" * 5000 + b"\n"
    yield (
        site + b"/liar-1.dist-info/METADATA",
        b"Name: liar\nVersion: 1\nName: other\n" + b"Requires-Dist: liar; (((\n" * 500,
    )
    yield site + b"/liar-1.dist-info/RECORD", b'"../../../../../../etc/passwd,,\n/bin/sh,sha256=x,y\n' * 500
    yield site + b"/nothing-1.dist-info/METADATA", b""
    yield site + b"/bytes-1.dist-info/entry_points.txt", b"[console_scripts\n\xff = \xff:\xff\n" * 50
    yield b"venv/pyvenv.cfg", b"home = /srv/app/venv/bin\nhome = \xff\n"
    yield b"/usr/lib/apk/db/installed", b"P:liar\nF:../..\nR:passwd\nZ:" + b"x" * 5000 + b"\n\xff\n"
    yield b"/var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0" + bytes(4096)
    yield b"/var/lib/rpm/Packages", b"\0" * 12 + b"\x61\x15\x06\0" + b"\xff" * 8192
    yield b"/var/lib/dpkg/info/liar.list", b"/etc/passwd\n/\xff\n/../..\n\n/srv/app/a.py\n" * 100
    yield (
        b"/etc/php/8.2/cli/conf.d/99-liar.ini",
        b"extension=../../../etc/passwd\nextension=\xff\nzend_extension=\n",
    )
    yield b"/etc/gemrc", b"\xff: [:\n"
    yield b"/etc/nsswitch.conf", b"passwd: \xff files [[[ ../../x\nhosts" + b" a" * 5000 + b"\n"
    yield b"/etc/ld.so.conf.d/liar.conf", b"include /etc/ld.so.conf.d/*.conf\n/srv/app\n\xff\n"


def _links(app: Path) -> None:
    """Links to themselves, to each other, and a chain of fifty."""
    (app / "self").symlink_to("self")
    (app / "one").symlink_to("other")
    (app / "other").symlink_to("one")
    (app / "up").symlink_to("..")
    (app / "nowhere.py").symlink_to("/no/such/file")
    (app / "chain-0.py").write_text("import json\n")
    for number in range(50):
        (app / f"chain-{number + 1}.py").symlink_to(f"chain-{number}.py")
