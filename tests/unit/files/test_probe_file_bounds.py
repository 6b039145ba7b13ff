"""What is no probe file, and what is too much of one."""

import os

import pytest

from probes.files.load import MAX_SIZE, load
from probes.files.problems import ProbeFileError


@pytest.mark.parametrize(
    ("content", "name", "cause"),
    [
        (b"\x7fELF\x02\x01\x01\0\0\xff", "a.yaml", "it is not UTF-8 at byte 9"),
        (b"steps:\0", "a.yaml", "it is no text: it holds NUL characters"),
        (b"\xff\xfes\0t\0", "a.toml", "it is not UTF-8 at byte 0"),
        (b"a: \x07b", "a.yaml", "the character U+0007 may not be in YAML"),
        (b"#" * (MAX_SIZE + 1), "a.yaml", "it has more than 1 MiB"),
        (b"steps: []", "a.json", "whether it is YAML or TOML is told by its name's end"),
        (b"[" * 3000, "a.yaml", "it is nested too deeply"),
        (b"[" * 60 + b"]" * 60, "a.yaml", "it is nested too deeply"),
        (b"port = " + b"1" * 5000, "a.toml", "Exceeds the limit (4300 digits)"),
        (b"port: " + b"1" * 5000, "a.yaml", "a whole number is wanted, and this is '1111"),
        (b"a = " + b"[" * 3000, "a.toml", "it is nested too deeply"),
    ],
)
def test_what_is_no_probe_file(problems, content, name, cause):
    found = problems(content, name)
    assert cause in found[0][2]


def test_a_folder_a_missing_file_and_a_pipe(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    for name, cause in (
        ("folder.yaml", "it is not a regular file"),
        ("pipe.yaml", "it is not a regular file"),
        ("gone.yaml", "it cannot be read: No such file or directory"),
    ):
        with pytest.raises(ProbeFileError) as caught:
            load(tmp_path / name, {})
        assert caught.value.cause == cause


def test_a_billion_laughs_is_bounded(problems):
    levels = ["x-0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    levels += [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    found = problems("\n".join([*levels, "steps:", "  - http: {path: /, json: *a9}"]))
    assert found == [(1, "", "it has more than 100,000 values, aliases written out",
                      "use fewer aliases, or several files")]  # fmt: skip


def test_too_many_probes_are_refused(problems):
    lines = "\n".join("  - {http: /, repeat: 1000}" for _ in range(11))
    ((line, key, cause, _),) = problems("steps:\n" + lines)
    assert (line, key, cause) == (12, "steps[10]", "there are more than 10,000 probes")


def test_too_big_a_file_is_not_read(problems, tmp_path):
    with (tmp_path / "big").open("wb") as file:
        file.truncate(1 << 40)
    ((_, _, cause, _),) = problems("steps: [{http: {path: /, body_file: big}}]")
    assert "it has more than 16 MiB" in cause
