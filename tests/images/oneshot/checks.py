"""A shell tool whose subcommands call other programs: only one of them is ever probed."""

from __future__ import annotations

from images.started import Check, Checks, Image, equal

PROBE_ARGUMENTS = ("--", "count")

ANSWERS = {
    ("count",): "12\n",
    ("top",): "3 the\n2 dog\n1 brown\n",
    ("columns",): "9 the\n3 the\n",
    ("match", "sleeps"): "2:the dog sleeps\n",
    ("json",): '{"lines":2,"first":"the quick brown fox jumps over the lazy dog"}\n',
    ("sql",): "42\n",
    ("sum",): "a976936ffe8f242763f4f6183282381db5005f36abe213d3fb4b86e7a6b959eb\n",
    ("pack",): "59\n",
    ("pack", "", "xz"): "59\n",
    ("kind",): "text/plain\n",
    ("tree",): "600 59\na/b\n",
    ("when", "Asia/Tokyo"): "2023-11-15 07:13:20 JST\n",
    ("self",): "textkit 0\n",
    ("help",): "columns count help json kind match pack self sql sum top tree when\n",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    for command, wanted in ANSWERS.items():
        with checks(" ".join(command)):
            finished = image.run(*command)
            equal((finished.exit_code, finished.stdout, finished.stderr), (0, wanted, ""))
    with checks("no argument: the image's own command"):
        equal(image.run().outcome, (0, "12\n"))
    with checks("standard input"):
        equal(image.run("count", "-", data=b"one two three\n").outcome, (0, "3\n"))
    with checks("a file that cannot be read"):
        refused = image.run("count", "/missing")
        equal(refused.stderr, "textkit: cannot read /missing\n")
    with checks("an unknown command"):
        refused = image.run("nonsense")
        equal((refused.exit_code, refused.stderr), (64, "textkit: no such command: nonsense\n"))
    with checks("another user, read-only, with a folder for temporary files"):
        finished = image.run("tree", options=("--user", "1000", "--read-only", "--tmpfs", "/tmp"))
        equal(finished.outcome, (0, "600 59\na/b\n"))
    return checks.results
