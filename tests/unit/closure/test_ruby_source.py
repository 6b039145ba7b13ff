"""What a Ruby source says about what it loads and starts."""

import pytest

from slim.closure.ruby.source import read_source, underscore


@pytest.mark.parametrize(
    ("text", "requires"),
    [
        ("require 'a/b'", ["a/b"]),
        ("require_relative '../a'", ["./../a"]),
        ("require File.expand_path('../a', __FILE__)", ["./a"]),
        ("require File.join(File.dirname(__FILE__), 'x', 'y')", ["./x/y"]),
        ("require File.join(__dir__, '..', 'y')", ["./../y"]),
        ('require "#{__dir__}/a"', ["./a"]),
        ("require(Pathname.new(__dir__).join('a'))", ["./a"]),
        ('require "rack/handler/#{name}"', ["rack/handler/*"]),
        ("require File.join('digest', name.downcase)", ["digest/*"]),
        ("autoload :X, 'a/x'", ["a/x"]),
        ("begin\n require 'fast'\nrescue LoadError\nend", ["fast"]),
        ("File.read('x')", []),
        ("object.load('x')", []),
    ],
)
def test_what_is_loaded(text, requires):
    assert list(read_source(text.encode()).requires) == requires


def test_a_name_that_nothing_is_known_of_is_told():
    assert read_source(b"%w[a b].each { |name| require name }").dynamic
    assert read_source(b"%w[a b].each { |name| require name }").strings == ("a", "b")


def test_conventions_of_active_support():
    facts = read_source(
        b"module ActiveSupport\n module Cache\n  autoload :RedisStore\n  autoload_under 'strategy' do\n"
        b"   autoload :LocalCache\n  end\n  autoload_at 'a/b' do\n   autoload :C\n  end\n end\nend"
    )
    assert facts.autoloads == (
        "a/b",
        "active_support/cache/redis_store",
        "active_support/cache/strategy/local_cache",
    )
    assert underscore("ActionView::HTTPServer") == "action_view/http_server"


def test_folders_that_are_listed():
    facts = read_source(
        b'Dir[File.join(__dir__, "x", "*.rb")].each { |f| require f }\nDir.glob("lib/**/*.rake")'
    )
    assert facts.globs == ("./x/*.rb", "lib/**/*.rake")


def test_programs_that_are_started():
    facts = read_source(
        b"`ls -l #{x}`\n%x(wc a)\nsystem('tar', 'x')\nIO.popen(%w[gzip -c])\n"
        b"Open3.capture2('sort a | uniq')\n"
        b"spawn({'A' => 'b'}, 'date')\nload Gem.activate_bin_path('puma', 'pumactl', version)"
    )
    assert facts.lines == ("date", "ls -l  $x ", "sort a | uniq", "wc a")
    assert facts.calls == (("gzip", "-c"), ("tar", "x"))
    assert facts.programs == (("puma", "pumactl"),)


def test_gems_of_a_gemfile_without_those_for_developers():
    facts = read_source(
        b"gem 'rails', '~> 7'\ngem 'pg', require: 'pg/x'\ngem 'rspec', group: :test\n"
        b"group :development, :test do\n  gem 'debug'\nend\ngroup :production do\n  gem 'puma'\nend"
    )
    assert facts.gems == ("pg", "puma", "rails")
    assert facts.requires == ("pg/x",)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"\xff\xfe" * 99, b"def " * 999, b"require 'a" + b"(" * 5000]
)
def test_what_is_no_ruby_raises_nothing(content):
    assert read_source(content).gems == ()
