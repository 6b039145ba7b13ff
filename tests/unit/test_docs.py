"""The documents say what the program does. `python tests/unit/test_docs.py` writes the help anew."""

import re
from pathlib import Path

from click.testing import CliRunner

from slim import errors
from slim.cli import COMMANDS, slim

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
HELP = re.compile(r"(<!-- help: slim (\w+) -->\n```\n)(.*?)(```\n<!-- end -->)", re.DOTALL)


def help_of(verb):
    shown = CliRunner().invoke(slim, [verb, "--help"], prog_name="slim", terminal_width=78)
    assert shown.exit_code == 0
    return shown.output


def with_help(text):
    return HELP.sub(lambda match: match[1] + help_of(match[2]) + match[4], text)


def error_classes(root=errors.SlimError):
    for one in root.__subclasses__():
        yield one
        yield from error_classes(one)


def test_the_readme_shows_every_commands_help_as_it_is():
    text = README.read_text(encoding="utf-8")
    assert [match[2] for match in HELP.finditer(text)] == list(COMMANDS)
    assert with_help(text) == text


def test_every_exit_code_is_documented():
    listed = re.findall(
        r"^\| (\d+) \|", (ROOT / "docs/exit-codes.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    codes = {one.exit_code for one in error_classes() if isinstance(one.exit_code, int)} | {0, 130, 141}
    assert codes == {int(code) for code in listed}


def test_links_between_documents_lead_somewhere():
    broken = [
        f"{path.name}: {target}"
        for path in [README, *sorted((ROOT / "docs").glob("*.md"))]
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


if __name__ == "__main__":
    README.write_text(with_help(README.read_text(encoding="utf-8")), encoding="utf-8")
