"""A dynamically linked C program: what its untaken branches need of glibc and the system."""

from __future__ import annotations

from images.started import Check, Checks, Image, contains, equal

PROBE_ARGUMENTS = ()
"""Run to its end, with no argument: one greeting."""


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with checks("the greeting has the letters of its locale and the time of its zone"):
        wanted = "hello, Grüße (5 letters, UTF-8): 2023-11-14 23:13 CET\n"
        equal(image.run().outcome, (0, wanted))
    with checks("another time zone"):
        wanted = "hello, Grüße (5 letters, UTF-8): 2023-11-14 17:13 EST\n"
        equal(image.run("--zone", "America/New_York").outcome, (0, wanted))
    with checks("the C locale"):
        contains(image.run(options=("--env", "LC_ALL=C")).stdout, "ANSI_X3.4-1968")
    with checks("a thread that ends by pthread_exit"):
        equal(image.run("--threads").outcome, (0, "thread says 42\n"))
    with checks("a user, a service and localhost are looked up"):
        equal(image.run("--lookup", "daemon").outcome, (0, "daemon 1, https 443, localhost 127.0.0.1\n"))
    with checks("an unknown user"):
        equal(image.run("--lookup", "ghost").outcome, (0, "ghost -1, https 443, localhost 127.0.0.1\n"))
    with checks("conversion by a gconv module"):
        equal(image.run("--iconv", "ISO-8859-15").outcome, (0, "ISO-8859-15: 47 72 fc df 65\n"))
    with checks("conversion that glibc has built in"):
        equal(image.run("--iconv", "UTF-16LE").outcome,
              (0, "UTF-16LE: 47 00 72 00 fc 00 df 00 65 00\n"))  # fmt: skip
    with checks("a plugin opened by dlopen"):
        equal(image.run("--plugin", "shout").outcome, (0, "PLUGGED IN\n"))
    with checks("a data file of the program's own"):
        contains(image.run("--verse").stdout, "das Tal ist grün")
    with checks("a command through the shell"):
        equal(image.run("--shell", "echo $((6 * 7))").outcome, (0, "shell says 42\n"))
    with checks("an exit code of its own"):
        equal(image.run("--exit", "9").exit_code, 9)
    with checks("an unknown option is refused on standard error"):
        refused = image.run("--nonsense")
        equal((refused.exit_code, refused.stderr), (2, "hello: no such option: --nonsense\n"))
    with checks("a read-only container of another user"):
        options = ("--read-only", "--user", "65534:65534", "--cap-drop", "ALL")
        contains(image.run(options=options).stdout, "23:13 CET")
    return checks.results
