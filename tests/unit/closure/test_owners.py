"""Which package a path belongs to."""

from small_image import SmallImage

from slim.closure.packages.owners import Owners
from slim.closure.packages.package import Ecosystem


def owner(owners, path):
    package = owners.owner(path)
    return package and (package.ecosystem, package.name, package.version)


def test_dpkg_names_go_through_the_merged_usr(tmp_path):
    image = SmallImage(tmp_path).file("/usr/lib/liba.so").link("/lib", "usr/lib").file("/usr/bin/b")
    image.packages(liba=["/lib", "/lib/liba.so"], b=["/usr", "/usr/bin", "/usr/bin/b", "/usr/bin/gone"])
    owners = Owners.from_tree(image.tree)
    assert owner(owners, "/usr/lib/liba.so") == (Ecosystem.DPKG, "liba", "1.0")
    assert owner(owners, "/usr/bin/b") == (Ecosystem.DPKG, "b", "1.0")
    assert owner(owners, "/usr/bin") is None
    assert owners.is_package_folder("/usr/bin")
    assert [str(package) for package in owners.system_packages] == ["b", "liba"]


def test_a_list_named_by_architecture_is_found(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/x")
        .packages(libc6=[])
        .file("/var/lib/dpkg/info/libc6:amd64.list", "/.\n/x\n")
    )
    image.host("/var/lib/dpkg/info/libc6.list").unlink()
    assert owner(Owners.from_tree(image.tree), "/x") == (Ecosystem.DPKG, "libc6", "1.0")


def test_a_diverted_file_belongs_to_who_brought_it(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/bin/sh")
        .file("/bin/sh.distrib")
        .packages(dash=["/bin/sh"], bash=["/bin/sh"])
    )
    image.file("/var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\nbash\n")
    owners = Owners.from_tree(image.tree)
    assert owner(owners, "/bin/sh")[1] == "bash"
    assert owner(owners, "/bin/sh.distrib")[1] == "dash"


def test_distroless_status_folders_are_read(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/etc/base")
        .file("/var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 12\nArchitecture: amd64\n")
    )
    image.file("/var/lib/dpkg/status.d/base-files.md5sums", "0123  etc/base\n")
    assert owner(Owners.from_tree(image.tree), "/etc/base") == (Ecosystem.DPKG, "base-files", "12")


def test_apk_packages(tmp_path):
    image = SmallImage(tmp_path).file("/bin/busybox").file("/README").file("/usr/bin/other")
    image.file(
        "/lib/apk/db/installed",
        "C:Q1x\nP:busybox\nV:1.36-r5\no:busybox\nF:bin\nM:0:0:755\nR:busybox\nF:\nR:README\n\nP:other\nV:2\nF:usr/bin\nR:other\n",
    )
    owners = Owners.from_tree(image.tree)
    assert owner(owners, "/bin/busybox") == (Ecosystem.APK, "busybox", "1.36-r5")
    assert owner(owners, "/README")[1] == "busybox"
    assert owner(owners, "/usr/bin/other") == (Ecosystem.APK, "other", "2")
    assert owners.owner("/bin/busybox").essential


def test_a_python_distribution_by_its_record(tmp_path):
    site = "/usr/local/lib/python3.11/site-packages"
    image = (
        SmallImage(tmp_path).file(f"{site}/pkg/mod.py").file("/usr/local/bin/pkg").file(f"{site}/alone.py")
    )
    image.file(f"{site}/pkg/__pycache__/mod.cpython-311.pyc")
    image.file(f"{site}/My_Pkg-1.2.dist-info/METADATA")
    image.file(
        f"{site}/My_Pkg-1.2.dist-info/RECORD", 'pkg/mod.py,sha256=x,1\n"pkg/a, b.py",,\n../../../bin/pkg,,\n'
    )
    owners = Owners.from_tree(image.tree)
    expected = (Ecosystem.PYTHON, "My_Pkg", "1.2")
    assert owner(owners, f"{site}/pkg/mod.py") == expected
    assert owner(owners, f"{site}/pkg/__pycache__/mod.cpython-311.pyc") == expected
    assert owner(owners, "/usr/local/bin/pkg") == expected
    assert owner(owners, f"{site}/My_Pkg-1.2.dist-info/METADATA") == expected
    assert owner(owners, f"{site}/alone.py") is None


def test_a_distribution_of_debian_has_its_top_level_modules(tmp_path):
    site = "/usr/lib/python3/dist-packages"
    image = (
        SmallImage(tmp_path).file(f"{site}/flask/app.py").file(f"{site}/other/x.py").file(f"{site}/six.py")
    )
    image.file(f"{site}/Flask-2.2.egg-info/top_level.txt", "flask\nother\n")
    image.file(f"{site}/six-1.16.egg-info", "Name: six\n")
    image.packages(
        python3_flask=[f"{site}/flask/app.py", f"{site}/Flask-2.2.egg-info/top_level.txt"],
        python3_other=[f"{site}/other/x.py"],
        python3_six=[f"{site}/six.py", f"{site}/six-1.16.egg-info"],
    )
    owners = Owners.from_tree(image.tree)
    assert owner(owners, f"{site}/flask/app.py") == (Ecosystem.PYTHON, "Flask", "2.2")
    assert owner(owners, f"{site}/other/x.py") == (Ecosystem.DPKG, "python3-other", "1.0")
    assert owner(owners, f"{site}/six.py") == (Ecosystem.PYTHON, "six", "1.16")
    assert owners.system_owner(f"{site}/flask/app.py").name == "python3-flask"


def test_npm_packages_by_the_nearest_folder(tmp_path):
    image = SmallImage(tmp_path).file("/app/node_modules/a/package.json", '{"name": "a", "version": "1"}')
    image.file("/app/node_modules/a/node_modules/@s/b/package.json", '{"version": "2"}')
    image.file("/app/node_modules/a/node_modules/@s/b/lib/x.js").file("/app/node_modules/a/y.js")
    image.file("/app/node_modules/.cache/z").file("/app/node_modules/broken/package.json", "{").file(
        "/app/node_modules/none/x"
    )
    owners = Owners.from_tree(image.tree)
    assert owner(owners, "/app/node_modules/a/y.js") == (Ecosystem.NPM, "a", "1")
    assert owner(owners, "/app/node_modules/a/node_modules/@s/b/lib/x.js") == (Ecosystem.NPM, "@s/b", "2")
    assert owner(owners, "/app/node_modules/broken/package.json") == (Ecosystem.NPM, "broken", "")
    assert owner(owners, "/app/node_modules/.cache/z") is None
    assert owner(owners, "/app/node_modules/none/x") is None
    assert owners.files(owners.owner("/app/node_modules/a/y.js")) == (
        "/app/node_modules/a/package.json",
        "/app/node_modules/a/y.js",
    )


def test_a_python_that_no_package_owns_is_a_runtime(tmp_path):
    home = "/usr/local/lib/python3.12"
    image = (
        SmallImage(tmp_path)
        .file(f"{home}/os.py")
        .file(f"{home}/json/decoder.py")
        .file(f"{home}/site-packages/x.py")
    )
    image.file("/usr/local/bin/python3.12").file("/usr/local/lib/libpython3.12.so.1.0").file(
        "/usr/local/bin/other"
    )
    owners = Owners.from_tree(image.tree)
    for path in (
        f"{home}/json/decoder.py",
        "/usr/local/bin/python3.12",
        "/usr/local/lib/libpython3.12.so.1.0",
    ):
        assert owner(owners, path) == (Ecosystem.RUNTIME, "python3.12", "3.12")
    assert owner(owners, f"{home}/site-packages/x.py") is None
    assert owner(owners, "/usr/local/bin/other") is None


def test_a_database_that_lies_does_no_harm(tmp_path):
    image = SmallImage(tmp_path).file("/x").packages(a=["/gone", "relative", "", "/x/below", "//x", "/../x"])
    image.file("/lib/apk/db/installed", "P:\n\nF:bin\nR:x\n\x00\n").file("/var/lib/dpkg/diversions", "/x\n")
    image.file("/opt/x.dist-info/RECORD", "\x00,\n../../../../../../x,,\n")
    Owners.from_tree(image.tree).owner("/x")
