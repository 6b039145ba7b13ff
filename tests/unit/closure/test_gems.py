"""Which gem a file belongs to, and what its specification says."""

from small_image import SmallImage

from slim.closure.packages import gems
from slim.closure.packages.owners import Owners
from slim.closure.packages.package import Ecosystem

ROOT = "/usr/local/bundle/ruby/3.2.0"
SPECIFICATION = """# -*- encoding: utf-8 -*-
# stub: web-kit 1.10.0 x86_64-linux lib\0more
# stub: ext/extconf.rb

Gem::Specification.new do |s|
  s.add_runtime_dependency(%q<rack>.freeze, [">= 2"])
  s.add_development_dependency(%q<rspec>.freeze)
  s.add_dependency("tilt", "~> 2")
end
"""


def installed(tmp_path):
    image = SmallImage(tmp_path)
    image.file(f"{ROOT}/specifications/web-kit-1.10.0-x86_64-linux.gemspec", SPECIFICATION)
    image.file(f"{ROOT}/gems/web-kit-1.10.0-x86_64-linux/lib/web.rb")
    return image.file(f"{ROOT}/extensions/x86_64-linux/3.2.0/web-kit-1.10.0-x86_64-linux/web.so")


def test_the_specification_tells_name_version_folders_and_dependencies(tmp_path):
    (gem,) = gems.find(installed(tmp_path).tree)
    assert (gem.name, gem.version, gem.depends) == ("web-kit", "1.10.0", ("rack", "tilt"))
    folder = f"{ROOT}/gems/web-kit-1.10.0-x86_64-linux"
    assert gem.lib_folders[1:] == (f"{folder}/lib", f"{folder}/more")
    assert gem.lib_folders[:1] == gem.extensions


def test_files_extensions_and_the_specification_are_the_gems(tmp_path):
    owners = Owners(installed(tmp_path).tree)
    package = owners.owner(f"{ROOT}/gems/web-kit-1.10.0-x86_64-linux/lib/web.rb")
    assert (package.ecosystem, package.name, package.version) == (Ecosystem.GEM, "web-kit", "1.10.0")
    assert {path.rpartition("/")[2] for path in owners.files(package)} == {
        "web.rb",
        "web.so",
        "web-kit-1.10.0-x86_64-linux.gemspec",
    }
    assert all(owners.owner(path) == package for path in owners.files(package))
    assert owners.installed(Ecosystem.GEM) == (package,)


def test_a_folder_called_gems_without_specifications_is_nobodys(tmp_path):
    image = SmallImage(tmp_path).file("/srv/app/gems/ruby-1.0/lib/x.rb")
    assert Owners(image.tree).owner("/srv/app/gems/ruby-1.0/lib/x.rb") is None


def test_a_gem_from_version_control_is_owned(tmp_path):
    folder = "/usr/local/bundle/bundler/gems/kit-0123456789ab"
    image = SmallImage(tmp_path).file(f"{folder}/kit.gemspec", "x").file(f"{folder}/lib/kit.rb")
    assert Owners(image.tree).owner(f"{folder}/lib/kit.rb").name == "kit"
    assert gems.find(image.tree)[0].lib_folders == (f"{folder}/lib",)


def test_versions_are_compared_by_number_and_a_prerelease_comes_first(tmp_path):
    image = SmallImage(tmp_path)
    for version in ("1.9.0", "1.10.0", "2.0.0.pre1", "2.0.0"):
        image.file(f"{ROOT}/specifications/a-{version}.gemspec")
    found = sorted(gems.find(image.tree), key=lambda gem: gem.order)
    assert [gem.version for gem in found] == ["1.9.0", "1.10.0", "2.0.0.pre1", "2.0.0"]


def test_a_specification_that_is_none_names_the_gem_by_its_file(tmp_path):
    image = SmallImage(tmp_path).file(f"{ROOT}/specifications/odd.gemspec", b"\xff\0\xfe")
    (gem,) = gems.find(image.tree)
    assert (gem.name, gem.version, gem.depends) == ("odd", "", ())
