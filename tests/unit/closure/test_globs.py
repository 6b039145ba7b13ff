"""Many patterns at once give what each alone finds."""

import itertools

import pytest
from small_image import SmallImage

from slim.closure.profile.glob import DottedGlob, Globs, NameGlobs

PATTERNS = (
    "/**/.git", "/**/.git/**", "/**/*.md", "/**/*", "/**", "/usr/share/doc/**", "/usr/share/doc", "/lib/**",
    "/**/*.so.*", "/**/test/**", "/**/te?t/**", "/**/a/**/b", "/*", "/none/**", "/**/*/**", "/**/doc/*",
    "/**/.*", "/**/x[ab]", "/usr/*/doc/**", "/**/**", "/**/*b/**",
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    image = SmallImage(tmp_path_factory.mktemp("globs")).link("/lib", "usr/lib").file("/usr/lib/x/b")
    for path in (
        "/.git/a",
        "/a/.git",
        "/a/x/b",
        "/README.md",
        "/a.md/b",
        "/usr/share/doc/x/y",
        "/usr/share/doc.md",
    ):
        image.file(path)
    for path in (
        "/srv/test/a",
        "/srv/latest/xa",
        "/srv/test.md",
        "/usr/lib/liba.so.1",
        "/odd\nname/test/a.md",
    ):
        image.file(path)
    return image.tree


@pytest.mark.parametrize("pattern", PATTERNS)
def test_one_pattern(tree, pattern):
    assert [path for path in list(tree)[1:] if Globs([pattern], tree).match(path)] == list(tree.glob(pattern))


def test_two_patterns(tree):
    for pair in itertools.combinations(PATTERNS, 2):
        expected = {path for pattern in pair for path in tree.glob(pattern)}
        globs = Globs(pair, tree)
        assert {path for path in list(tree)[1:] if globs.match(path)} == expected
    assert not any(map(Globs([], tree).match, tree))


def test_names_and_dotted_names():
    names = NameGlobs(["libssl.so.*", "php[0-9]", "a?", "[!x]y"])
    asked = ("libssl.so.3", "libssl.so", "php8", "phpx", "ab", "abc", "zy", "xy")
    assert [name for name in asked if names.match(name)] == ["libssl.so.3", "php8", "ab", "zy"]
    dotted = ("a", "a.b", "a.b.c", "b.c")
    assert [name for name in dotted if DottedGlob("a.*").match(name)] == ["a.b"]
    assert [name for name in dotted if DottedGlob("a.**").match(name)] == ["a.b", "a.b.c"]
    assert [name for name in dotted if DottedGlob("**.c").match(name)] == ["a.b.c", "b.c"]
