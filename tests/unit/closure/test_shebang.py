"""`#!` lines: what the kernel makes of them, and what is kept for them."""

import pytest
from small_image import SmallImage

from slim.closure.shell.shebang import read_shebang


@pytest.mark.parametrize(
    ("head", "interpreter", "argument", "command"),
    [
        (b"#!/bin/sh\n", "/bin/sh", "", ""),
        (b"#! \t/bin/sh -e  \n", "/bin/sh", "-e", ""),
        (b"#!/usr/bin/env python3\n", "/usr/bin/env", "python3", "python3"),
        (b"#!/usr/bin/env -S node --title='a b'\n", "/usr/bin/env", "-S node --title='a b'", "node"),
        (b"#!/usr/bin/env -Snode -x\n", "/usr/bin/env", "-Snode -x", "node"),
        (b"#!/usr/bin/env -i A=1 perl -w\n", "/usr/bin/env", "-i A=1 perl -w", "perl"),
        (b"#!/bin/busybox sh\n", "/bin/busybox", "sh", "sh"),
        (b"#!/bin/sh", "/bin/sh", "", ""),
    ],
)
def test_parts_of_the_line(head, interpreter, argument, command):
    found = read_shebang(head)
    assert (found.interpreter, found.argument, found.env_command) == (interpreter, argument, command)


@pytest.mark.parametrize("head", [b"", b"/bin/sh", b"#!\n", b"#!" + b"/x" * 200, b" #!/bin/sh\n"])
def test_lines_that_name_no_interpreter(head):
    assert read_shebang(head) is None


def test_an_argument_that_passes_the_kernels_limit_does_not_matter():
    assert read_shebang(b"#!/bin/sh " + b"x" * 400).interpreter == "/bin/sh"


def test_the_interpreter_is_kept_through_links_and_path(tmp_path):
    image = SmallImage(tmp_path).starts("/app/run", Env=["PATH=/opt/bin:/usr/bin"])
    image.program("/usr/bin/env", "").program("/usr/lib/tool-1", "").link("/opt/bin/tool", "/usr/lib/tool-1")
    image.program("/usr/bin/tool", "the PATH does not get that far")
    image.program("/app/run", "#!/usr/bin/env tool\n").executed("/app/run")
    kept = image.kept(keep="traced")
    assert {"/usr/bin/env", "/opt/bin/tool", "/usr/lib/tool-1"} <= set(kept)
    assert "/usr/bin/tool" not in kept


def test_an_interpreter_that_is_a_script_has_its_own(tmp_path):
    image = (
        SmallImage(tmp_path).program("/a", "#!/b\n").program("/b", "#!/c\n").program("/c", "").executed("/a")
    )
    assert image.kept(keep="traced") == ["/a", "/b", "/c"]


def test_a_missing_interpreter_is_unresolved(tmp_path):
    image = SmallImage(tmp_path).program("/usr/bin/env", "")
    image.program("/a", "#!/gone\n").executed("/a").program("/b", "#!/usr/bin/env gone\n").executed("/b")
    assert [(item.source, item.wanted) for item in image.plan(keep="traced").unresolved] == [
        ("/a", "/gone"),
        ("/b", "gone"),
    ]


def test_a_text_file_that_is_not_executable_needs_no_interpreter(tmp_path):
    image = SmallImage(tmp_path).file("/a.txt", "#!/gone\n").used("/a.txt")
    assert image.plan(keep="traced").unresolved == ()
