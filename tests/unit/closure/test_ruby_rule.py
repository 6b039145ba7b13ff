"""What is kept with a Ruby source."""

import pytest
from small_image import SmallImage

from slim.plan import Gap

HOME = "/usr/local/lib/ruby/3.2.0"
GEMS = "/usr/local/lib/ruby/gems/3.2.0"
APP = "/srv/app"


@pytest.fixture
def image(tmp_path):
    """An image whose application runs on an unpackaged Ruby."""
    image = SmallImage(tmp_path).packages(base=["/etc/base", "/usr/bin/wc"]).file("/etc/base")
    image.file(f"{HOME}/English.rb").program("/usr/local/bin/ruby", "").program("/usr/bin/wc", "")
    image.executed("/usr/local/bin/ruby").starts("ruby", "main.rb", WorkingDir=APP)
    for feature in ("csv.rb", "csv/row.rb", "irb.rb", "x86_64-linux/enc/trans/japanese.so"):
        image.file(f"{HOME}/{feature}")
    return image.file(f"{HOME}/x86_64-linux/rbconfig.rb").file(f"{HOME}/x86_64-linux/zlib.so")


def gem(image, called, version, *files, depends=(), text=""):
    wants = "".join(f"s.add_runtime_dependency(%q<{other}>.freeze)\n" for other in depends)
    image.file(f"{GEMS}/specifications/{called}-{version}.gemspec", wants)
    for file in files:
        image.file(f"{GEMS}/gems/{called}-{version}/{file}", text if file.endswith(".rb") else "")
    return image


def libraries(image):
    return {path.removeprefix(f"{GEMS}/gems/").removeprefix(f"{HOME}/") for path in image.kept()}


def test_the_standard_library_is_kept_by_what_sources_require(image):
    image.file(f"{APP}/main.rb", "def f\n  require 'csv'\n  require 'zlib'\nend")
    image.file(f"{HOME}/csv.rb", "require_relative 'csv/row'\nrequire 'irb'")
    kept = libraries(image)
    assert {"csv.rb", "csv/row.rb", "x86_64-linux/zlib.so"} <= kept
    assert not {"irb.rb", "English.rb"} & kept


def test_encodings_are_kept_since_they_are_loaded_by_name(image):
    assert "x86_64-linux/enc/trans/japanese.so" in libraries(image.file(f"{APP}/main.rb"))


def test_the_application_may_use_developers_tools(image):
    assert "irb.rb" in libraries(image.file(f"{APP}/main.rb", "require 'irb'"))


def test_of_a_gem_code_by_closure_data_and_the_specifications_it_depends_on(image):
    image.file(f"{APP}/main.rb", "require 'web'")
    gem(image, "web", "1.0", "lib/web.rb", "lib/web/view.erb", "spec/x.txt", "README.md", depends=["base"])
    image.file(f"{GEMS}/gems/web-1.0/lib/web/part.rb").file(f"{GEMS}/gems/web-1.0/bin/dev", "#!/bin/sh")
    gem(image, "base", "2.0", "lib/base.rb")
    kept = libraries(image)
    assert {"web-1.0/lib/web.rb", "web-1.0/lib/web/view.erb"} <= kept
    assert {f"{GEMS}/specifications/{name}.gemspec" for name in ("web-1.0", "base-2.0")} <= kept
    assert not [path for path in kept if path.endswith(("part.rb", "dev", "x.txt", "README.md", "base.rb"))]


def test_a_gem_that_is_loaded_by_convention_keeps_all_of_its_code(image):
    image.file(f"{APP}/main.rb", "require 'web'")
    gem(image, "web", "1.0", "lib/web.rb", text="Zeitwerk::Loader.for_gem.setup")
    assert "web-1.0/lib/web/deep/part.rb" in libraries(gem(image, "web", "1.0", "lib/web/deep/part.rb"))


def test_an_engine_keeps_its_app_folder(image):
    image.file(f"{APP}/main.rb", "require 'web'")
    gem(image, "web", "1.0", "lib/web.rb", text="class Engine < ::Rails::Engine\nend")
    gem(image, "web", "1.0", "app/models/web/x.rb", "config/routes.rb")
    assert {"web-1.0/app/models/web/x.rb", "web-1.0/config/routes.rb"} <= libraries(image)


def test_of_several_versions_the_newest_unless_another_is_in_use(image):
    image.file(f"{APP}/main.rb", "require 'web'")
    for version in ("1.9", "1.10"):
        gem(image, "web", version, "lib/web.rb")
    assert "web-1.10/lib/web.rb" in libraries(image)
    assert "web-1.9/lib/web.rb" not in libraries(image)
    image.used(f"{GEMS}/gems/web-1.9")
    assert "web-1.9/lib/web.rb" in libraries(image)


def test_a_name_that_is_made_at_run_time_keeps_the_folder(image):
    image.file(f"{APP}/main.rb", 'require "web/adapters/#{name}"')
    gem(image, "web", "1.0", "lib/web/adapters/a.rb", "lib/web/adapters/b/c.rb", "lib/web/x.rb")
    kept = libraries(image)
    assert {"web-1.0/lib/web/adapters/a.rb", "web-1.0/lib/web/adapters/b/c.rb"} <= kept
    assert "web-1.0/lib/web/x.rb" not in kept


def test_a_table_of_strings_names_features(image):
    image.file(f"{APP}/main.rb", "require 'web'")
    gem(image, "web", "1.0", "lib/web.rb", text="register 'Haml', 'web/haml'")
    assert "web-1.0/lib/web/haml.rb" in libraries(gem(image, "web", "1.0", "lib/web/haml.rb"))


def test_a_lock_file_wants_every_specification(image):
    image.file(f"{APP}/main.rb").file(f"{APP}/Gemfile.lock", "GEM\n  specs:\n    dev (1.0)\n      other\n")
    gem(image, "dev", "1.0", "lib/dev.rb")
    kept = libraries(image)
    assert f"{GEMS}/specifications/dev-1.0.gemspec" in kept
    assert "dev-1.0/lib/dev.rb" not in kept


def test_tasks_of_a_gem_may_use_developers_tools(image):
    image.file(f"{APP}/main.rb", "require 'web'")
    gem(image, "web", "1.0", "lib/web.rb").file(f"{GEMS}/gems/web-1.0/lib/web.rake", "require 'irb'")
    assert "irb.rb" in libraries(image)


def test_commands_in_backticks(image):
    assert "/usr/bin/wc" in image.file(f"{APP}/main.rb", "x = `wc -l < #{file}`").kept()


def test_nothing_is_asked_for_where_no_ruby_runs(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base").starts("x", WorkingDir=APP)
    image.file(f"{HOME}/English.rb").program("/usr/local/bin/ruby", "").file(f"{HOME}/csv.rb")
    assert f"{HOME}/csv.rb" not in image.file(f"{APP}/main.rb", "require 'csv'").kept()


def test_what_cannot_be_followed_is_told(image):
    image.file(f"{APP}/main.rb", "require 'gone'\nrequire name").file(f"{APP}/broken.rb", b"\0\0\0")
    told = {(item.source, item.wanted, item.gap) for item in image.plan().unresolved if item.rule == "ruby"}
    assert told == {
        (f"{APP}/main.rb", "gone", Gap.ABSENT),
        (f"{APP}/main.rb", "require", Gap.UNKNOWN),
        (f"{APP}/broken.rb", "", Gap.UNREADABLE),
    }


def test_a_gem_that_loads_what_a_variable_names_keeps_its_code(image):
    image.file(f"{APP}/main.rb", "require 'store'")
    gem(image, "store", "1", "lib/store.rb", "lib/store/adapters/one.rb", "test/one_test.rb")
    image.file(f"{GEMS}/gems/store-1/lib/store.rb", "def use(name)\n  require PARTS[name]\nend")
    kept = libraries(image)
    assert "store-1/lib/store/adapters/one.rb" in kept and "store-1/test/one_test.rb" not in kept
