"""Perl: what a source names, and where that leads in an image."""

import pytest
from small_image import SmallImage

from slim.closure.perl.source import MAX_COMMAND, read_source
from slim.plan import Gap

CORE = "/usr/share/perl/5.36"


def facts(text):
    return read_source(text.encode())


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("use Foo::Bar qw(a b); no Baz; require Qux;", ("Baz", "Foo::Bar", "Qux")),
        ("use 5.010; use v5.36; require 'x.pl';", ()),
        ("=head1 X\n\nuse Pod::Only;\n\n=cut\nuse Code;", ("Code",)),
        ("use A;\n__END__\nuse B;", ("A",)),
        ("use SelfLoader;\n__DATA__\nuse B;", ("B", "SelfLoader")),
        ("# use Comment;\nuse Real;", ("Real",)),
        ("eval { require Perl4'Style }", ("Perl4::Style",)),
        ("eval 'use Late::One; 1' or eval \"require Late::Two\"", ("Late::One", "Late::Two")),
        ("load Text::CSV; use_module('Foo::Baz');", ("Foo::Baz", "Text::CSV")),
        ("my $x = $y / 2; # '\nuse After::Slash; $z =~ s/'//;", ("After::Slash",)),
        ("%h = (use => 1, require => 2); $o->require(x); $use x", ()),
    ],
)
def test_modules(text, modules):
    assert facts(text).modules == modules


@pytest.mark.parametrize(
    ("text", "field", "wanted"),
    [
        ("use parent -norequire, 'Foo::Base'; use base qw(X::Y Z);", "names", ("Foo::Base", "X::Y", "Z")),
        ('my $driver = "DBD::$name"; "Foo::" . $x', "prefixes", ("DBD::", "Foo::")),
        ('*{"Foo::$name"} = sub {}; &{"Bar::$f"}()', "prefixes", ()),
        ('require "Site/Page/$name.pm"', "prefixes", ("Site/Page/",)),
        ("require 'lib.pl'; do '/etc/site.pl'; do { 1 }", "loaded_files", ("/etc/site.pl", "lib.pl")),
        ('use lib "$FindBin::Bin/../lib", qw(/a /b);', "libraries", ("/a", "/b", "{}/../lib")),
        ("use lib dirname(__FILE__) . '/lib';", "libraries", ("/lib",)),
        ("push @INC, 'x';", "libraries", ("x",)),
        ("my $x = `date +%s`; qx{id -u}; system 'a | b';", "lines", ("a | b", "date +%s", "id -u")),
        ("system('zip', '-q', $x); exec qw(a b);", "calls", (("a", "b"), ("zip", "-q"))),
        ("open my $f, '-|', 'sort', $x; open F, '|mail root'", "lines", ("mail root", "sort")),
        ("system 'a ' . 'b';", "lines", ("a b",)),
        ("decode('Shift_JIS', $x); encode($name, $y); open F, '<:encoding(big5)'", "encodings",
         ("*", "Shift_JIS", "big5")),
        ("XSLoader::load('List::Util', $VERSION); bootstrap Foo;", "compiled", ("Foo", "List::Util")),
        ("dist_dir('My-Dist')", "shared", ("My-Dist",)),
        ("use Module::Pluggable search_path => ['A::B'];", "searches", True),
        (r"\N{GREEK SMALL LETTER ALPHA}", "character_names", True),
        (r"\N{U+E4}", "character_names", False),
        ("my $m = shift; require $m;", "dynamic", True),
        ("require Foo;", "dynamic", False),
    ],
)  # fmt: skip
def test_other_facts(text, field, wanted):
    assert getattr(facts(text), field) == wanted


def test_whatever_the_bytes_there_are_facts():
    for content in (b"", b"\0" * 99, bytes(range(256)) * 9, b"use " * 9999, b"`" * 9999, b"\xff\xfe'::"):
        assert read_source(content) is not None
    assert all(len(line) <= MAX_COMMAND for line in facts("system '" + "x" * 5000 + "'").lines)


@pytest.fixture
def image(tmp_path):
    """An image with a perl that was built for three folders, and a script that was run."""
    made = SmallImage(tmp_path / "image")
    folders = ("/etc/perl", "/usr/share/perl5", CORE, "/usr/lib/perl5")
    made.program("/usr/bin/perl", b"\x7fELF" + b"\0" * 60 + b"".join(f.encode() + b"\0" for f in folders))
    made.packages(perl=["/usr/bin/perl", f"{CORE}/Carp.pm", f"{CORE}/Test/More.pm", f"{CORE}/Unused.pm"])
    for module in ("Carp", "Unused", "IO/File"):
        made.file(f"{CORE}/{module}.pm", "1;")
    return made.executed("/usr/bin/perl").used("/srv/app/run.pl").starts("perl", "/srv/app/run.pl")


def test_modules_follow_from_file_to_file(image):
    image.file("/srv/app/run.pl", "use Web::App;")
    image.file("/usr/share/perl5/Web/App.pm", "use Carp; require XSLoader;")
    image.file("/usr/lib/perl5/auto/Web/App/App.so", "compiled").file("/usr/share/perl5/Web/Other.pm", "1;")
    image.file("/usr/share/perl5/Web/App/page.html", "data").file("/usr/share/perl5/Web/App.pod", "=pod")
    kept = image.kept()
    for path in (f"{CORE}/Carp.pm", f"{CORE}/IO/File.pm", "/usr/lib/perl5/auto/Web/App/App.so",
                 "/usr/share/perl5/Web/App/page.html"):  # fmt: skip
        assert path in kept
    for path in (f"{CORE}/Unused.pm", "/usr/share/perl5/Web/Other.pm", "/usr/share/perl5/Web/App.pod"):
        assert path not in kept


def test_developer_tools_are_followed_to_from_outside_of_the_core_alone(image):
    image.file("/srv/app/run.pl", "use Carp;").file(f"{CORE}/Carp.pm", "require Test::More;")
    image.file(f"{CORE}/Test/More.pm", "1;")
    assert f"{CORE}/Test/More.pm" not in image.kept()
    image.file("/srv/app/run.pl", "use Test::More;")
    assert f"{CORE}/Test/More.pm" in image.kept()


def test_names_made_at_run_time_keep_the_folder(image):
    image.file("/srv/app/run.pl", 'my $class = "Driver::$ARGV[0]"; eval "require $class";')
    image.file("/usr/share/perl5/Driver/One.pm", "use Driver::Tool::Deep;")
    image.file("/usr/share/perl5/Driver/Tool/Deep.pm", "1;").file("/usr/share/perl5/Driver.pm", "1;")
    kept = image.kept()
    assert "/usr/share/perl5/Driver/One.pm" in kept and "/usr/share/perl5/Driver/Tool/Deep.pm" in kept
    assert "/usr/share/perl5/Driver.pm" not in kept


def test_what_nothing_bounds_is_told(image):
    image.file("/srv/app/run.pl", "my $file = $ENV{X}; require $file;")
    told = [item for item in image.plan().unresolved if item.rule == "perl"]
    assert [(item.source, item.gap) for item in told] == [("/srv/app/run.pl", Gap.UNKNOWN)]


def test_folders_that_a_script_adds(image):
    image.file("/srv/app/run.pl", 'use FindBin; use lib "$FindBin::Bin/../shared"; use Shared::One;')
    image.packages(shared=["/srv/shared/Shared/One.pm", "/srv/shared/Shared/Two.pm"], perl=["/usr/bin/perl"])
    image.file("/srv/shared/Shared/One.pm", "1;").file("/srv/shared/Shared/Two.pm", "1;")
    kept = image.kept()
    assert "/srv/shared/Shared/One.pm" in kept and "/srv/shared/Shared/Two.pm" not in kept


def test_encodings_by_the_name_that_is_written_down(image):
    image.file("/srv/app/run.pl", "use Encode; print encode('euc-jp', $x);")
    for module in ("Encode", "Encode/JP", "Encode/KR", "Encode/Byte"):
        image.file(f"{CORE}/{module}.pm", "1;")
    kept = image.kept()
    assert f"{CORE}/Encode/JP.pm" in kept and f"{CORE}/Encode/Byte.pm" in kept
    assert f"{CORE}/Encode/KR.pm" not in kept
    image.file("/srv/app/run.pl", "use Encode; print encode($name, $x);")
    assert f"{CORE}/Encode/KR.pm" in image.kept()


def test_commands_of_a_script_and_one_liners(image):
    image.program("/usr/bin/zip", "x").program("/usr/bin/sort", "x").program("/bin/sh", "x")
    image.file("/srv/app/run.pl", "system('zip', 'x'); open my $f, '-|', 'sort x';")
    image.program("/srv/app/tool.sh", "#!/bin/sh\nperl -MCarp -ne 'use IO::File; print'\n")
    kept = image.kept()
    assert {"/usr/bin/zip", "/usr/bin/sort", f"{CORE}/Carp.pm", f"{CORE}/IO/File.pm"} <= set(kept)


def test_without_perl_a_source_asks_for_nothing(tmp_path):
    image = SmallImage(tmp_path / "image").program("/srv/app/main", "x").starts("/srv/app/main")
    image.file("/srv/app/x.pl", "use Carp;").file("/usr/share/perl5/Carp.pm", "1;").packages(
        p=["/usr/share/perl5/Carp.pm"]
    )
    assert "/usr/share/perl5/Carp.pm" not in image.kept()


def test_modules_called_by_the_end_of_their_names(image):
    image.file(
        "/srv/app/run.pl", "use Plack::Builder; use Shop::Schema; enable 'Static'; load('Deep::Part');"
    )
    image.file("/usr/share/perl5/Plack/Builder.pm", "use Loader;").file(
        "/usr/share/perl5/Plack/Middleware/Static.pm", "1;"
    )
    image.file("/usr/share/perl5/Loader.pm", "build(implementations => [ 'XS', 'PP' ]);")
    image.file("/usr/share/perl5/Shop/Deep/Part.pm", "1;").file("/usr/share/perl5/Other/Static.pm", "1;")
    for module in ("Loader/XS", "Loader/PP", "Loader/Unused", "Other/PP"):
        image.file(f"/usr/share/perl5/{module}.pm", "1;")
    modules = {path.removeprefix("/usr/share/perl5/") for path in image.kept() if path.endswith(".pm")}
    assert {"Plack/Middleware/Static.pm", "Loader/XS.pm", "Loader/PP.pm", "Shop/Deep/Part.pm"} <= modules
    assert modules.isdisjoint({"Other/Static.pm", "Loader/Unused.pm", "Other/PP.pm"})


def test_options_of_a_perl_that_is_started_name_modules(image):
    image.file("/srv/app/run.pl", "exec 'perl', '-MCarp', '-e', '1';")
    assert f"{CORE}/Carp.pm" in image.kept()


def test_the_compiled_modules_of_debians_packages_are_none_of_perls_own(tmp_path):
    folder = "/usr/lib/x86_64-linux-gnu/perl5/5.36"
    image = SmallImage(tmp_path / "image").executed("/usr/bin/perl").starts("perl", "/srv/app/run.pl")
    image.program("/usr/bin/perl", b"\x7fELF" + b"\0" * 60 + folder.encode() + b"\0")
    image.packages(perl=["/usr/bin/perl"], moose=[f"{folder}/Moose.pm", f"{folder}/Devel/Info.pm"])
    image.file("/srv/app/run.pl", "use Moose;").file(f"{folder}/Moose.pm", "use Devel::Info;")
    image.file(f"{folder}/Devel/Info.pm", "1;")
    assert f"{folder}/Devel/Info.pm" in image.kept()
