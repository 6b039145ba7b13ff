"""Explanations as people read them."""

from explained import saved
from small_image import SmallImage

from slim.explain.answer import answer
from slim.explain.model import Amount, Answer, Decision
from slim.report.explain_text import answer_lines
from slim.report.shell_words import shell_text


def shown(text, image, **options):
    return list(answer_lines(answer(text, saved(image, **options))))


def test_a_chain_is_drawn_from_the_observation_to_the_path(tmp_path):
    image = SmallImage(tmp_path / "image").program("/usr/bin/run", "#!/bin/sh\ncat /x\n")
    image.program("/bin/sh", "x").program("/usr/bin/cat", "cat").starts("/usr/bin/run")
    image.used("/usr/bin/run", executable="/bin/sh")
    assert shown("/usr/bin/cat", image)[:3] == [
        "/usr/bin/cat: kept, 3 B",
        "  why   /usr/bin/run  observed: opened by /bin/sh under GET /",
        "        └─ script: the script names cat",
    ]


def test_a_dropped_path_is_told_with_words_to_paste(tmp_path):
    image = SmallImage(tmp_path / "image").file("/opt/it's here", "x").program("/bin/sh", "x")
    assert shown("/opt/it's here", image) == [
        "/opt/it's here: dropped, 1 B",
        "  why   not accessed, and nothing kept needs it",
        "  keep  --include '/opt/it'\"'\"'s here'   keeps this path and nothing else but what it needs",
        "        --exec-probe 'cat '\"'\"'/opt/it'\"'\"'\"'\"'\"'\"'\"'\"'s here'\"'\"''   "
        "any probe in which the application opens it does; this is the plainest",
    ]


def test_uses_are_told_once_and_reasons_that_say_the_same_too(tmp_path):
    image = SmallImage(tmp_path / "image").file("/etc/secret/token", "x")
    image.used("/etc/secret/token", executable="/bin/a").used("/etc/secret/token", executable="/bin/b")
    assert shown("/etc/secret/token", image) == [
        "/etc/secret/token: kept, 1 B",
        "  why   observed: opened by /bin/a under GET /",
        "  seen  opened by /bin/b under GET /",
    ]


def test_a_sum_of_many_reasons_names_the_largest():
    amounts = [Amount(Decision.DROPPED, f"package p{n}: none", 2, 100 - n, ("/a",)) for n in range(13)]
    lines = list(answer_lines(Answer("/", "folder", (), "", 26, 0, 0, 26, 9999, (), tuple(amounts), ())))
    assert len(lines) == 1 + 2 * 10 + 1
    assert lines[-1] == "  dropped       6     267 B  … 3 more reasons (--json)"


def test_words_that_are_not_printable_are_quoted_as_a_shell_reads_them():
    assert shell_text(("--include", "/caf\udce9's")) == "--include $'/caf\\xe9\\'s'"
    assert shell_text(("a b", "c")) == "'a b' c"
