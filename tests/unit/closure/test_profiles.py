"""Profiles: their validation, their conditions, and what the shipped ones do."""

import pytest
from small_image import SmallImage, compile_c, library

from slim.closure.profile.load import builtin_profiles, parse_profile
from slim.errors import UsageError
from slim.plan import Gap

HEAD = 'name = "x"\nsummary = "y"\n'


@pytest.mark.parametrize(
    ("text", "key", "cause"),
    [
        ("name = ", "", "Invalid value"),
        ('summary = "y"', "name", "missing required field"),
        (HEAD + "wehn = 1", "wehn", "unknown field"),
        (HEAD + "[when]\nliberry = 'x'", "when.liberry", "unknown field"),
        (HEAD + "[when]\nlibrary = 1", "when.library", "array"),
        (HEAD + "[[keep]]\npaths = '/x'", "keep[0].reason", "missing required field"),
        (HEAD + "[[keep]]\npaths = 'x'\nreason = 'z'", "keep[0].paths", "not absolute"),
        (HEAD + "[[keep]]\npaths = '{dist}/x'\nreason = 'z'", "keep[0].paths", "{dist}"),
        (HEAD + "[[drop]]\npaths = '/x'\nreason = 'z'\nof = ['all']", "drop[0].of", "no such part"),
        (
            HEAD + "[when]\nlibrary = 'a'\n[[drop]]\npaths = '/x'\nreason = 'z'",
            "when.library",
            "cannot depend",
        ),
        (HEAD + "[when]\nruntime = 'python'\nnpm_package = 'a'", "when", "together"),
        (HEAD + "modes = ['some']", "modes", "no such mode"),
        (HEAD + "[[keep]]\nreason = 'z'", "keep[0]", "keeps nothing"),
        (HEAD + "[[keep]]\nmodules = 'a/b'\nreason = 'z'", "keep[0].modules", "names no module"),
        (HEAD + "[[keep]]\ncommands = '/bin/a'\nreason = 'z'", "keep[0].commands", "names no command"),
        (HEAD + "[when]\nmentions = '('", "when.mentions", "unterminated"),
        (
            HEAD + "[[keep]]\npaths='/a'\nreason='z'\nwhen.mentions='[a'",
            "keep[0].when.mentions",
            "unterminated",
        ),
        ("a = " + "[" * 5000, "", "nested too deeply"),
        (HEAD + "[a" + ".a" * 3000 + "]", "", "nested too deeply"),
        (HEAD + "[when]\nruntime = 'cobol'", "when.runtime", "no such runtime"),
        (HEAD + "[when]\nmentions = 'a'\n[[drop]]\npaths = '/x'\nreason = 'z'", "when.mentions", "cannot"),
    ],
)
def test_what_is_wrong_is_told_with_file_key_and_remedy(text, key, cause):
    with pytest.raises(UsageError) as caught:
        parse_profile(text, "my.toml")
    error = caught.value
    assert "my.toml" in error.message
    assert key in error.message
    assert cause in error.cause
    assert error.remedy


def test_an_unknown_key_is_answered_by_those_that_there_are():
    with pytest.raises(UsageError) as caught:
        parse_profile(HEAD + "[[keep]]\npath = '/x'\nreason = 'z'", "my.toml")
    assert caught.value.remedy.startswith(
        "[keep] knows commands, except, modules, paths, reason, unowned, when;"
    )


def test_every_shipped_profile_is_valid_and_has_its_own_name():
    names = [profile.name for profile in builtin_profiles()]
    assert len(set(names)) == len(names) >= 8
    for profile in builtin_profiles():
        assert profile.summary.endswith(".")


def kept_by(image, text):
    profile = parse_profile(HEAD + text, "my.toml")
    return [path for path, why in image.plan(profiles=(profile,)).kept.items() if why[0].rule == "profile:x"]


KEEP = "[[keep]]\npaths = '/late/**'\nreason = 'z'\n"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("kept = '/used/*'", True),
        ("kept = '/late/*'", False),
        ("library = 'used.s?'", True),
        ("library = 'other'", False),
        ("opened = ['/none', '/used/**']", True),
        ("opened = '/late/**'", False),
        ("exists = '/late/f*'", True),
        ("exists = '/gone'", False),
        ("absent = '/gone'", True),
        ("absent = ['/gone', '/late/file']", False),
        ("environment = 'LANG'", True),
        ("environment = 'EMPTY'", False),
        ("environment = 'LANG=C'", False),
        ("environment = ['LANG=C.UTF-8', 'NO']", True),
        ("package = 'tool'", True),
        ("package = 'other'", False),
        ("mentions = '^broker *= *.redis:'", True),
        ("mentions = ['nothing', 'setting: on$']", True),
        ("mentions = 'never written'", False),
        ("mentions = 'packaged text'", False),
        ("library = 'used.so'\nenvironment = 'LANG'\nexists = '/late/file'", True),
        ("library = 'used.so'\nenvironment = 'NO'", False),
    ],
)
def test_conditions(tmp_path, condition, holds):
    image = SmallImage(tmp_path).file("/used/used.so").file("/late/file").used("/used/used.so")
    image.file("/app/settings", "#\nbroker = 'redis://x'\n").used("/app/settings")
    image.file("/usr/share/else/unused", "never written").file("/usr/share/tool", "packaged text").used(
        "/usr/share/tool"
    )
    image.file("/etc/tool.conf", "setting: on\n").used("/etc/tool.conf")
    owned = ["/used/used.so", "/usr/share/tool", "/etc/tool.conf"]
    image.packages(tool=owned, other=["/late/file"]).starts("x", Env=["LANG=C.UTF-8", "EMPTY="])
    assert bool(kept_by(image, f"[when]\n{condition}\n{KEEP}")) is holds


def test_a_condition_may_wait_for_what_another_entry_keeps(tmp_path):
    image = SmallImage(tmp_path).file("/a/used").file("/late/file").file("/later/file").used("/a/used")
    text = (
        "[[keep]]\npaths = '/later/*'\nreason = 'b'\nwhen.kept = '/late/file'\n"
        "[[keep]]\npaths = '/late/*'\nreason = 'a'\nwhen.kept = '/a/used'\n"
    )
    assert kept_by(image, text) == ["/late/file", "/later/file"]


def test_a_symbol_that_a_kept_file_names(tmp_path):
    image = SmallImage(tmp_path).file("/late/file")
    compile_c(image.host("/a/program"), "int tzset(); int main(void) { return tzset(); }")
    text = f"[when]\nsymbol = 'tzset'\n{KEEP}"
    assert kept_by(image, text) == []
    assert kept_by(image.used("/a/program"), text) == ["/late/file"]


def test_a_static_program(tmp_path):
    image = SmallImage(tmp_path).file("/late/file")
    compile_c(image.host("/a/dynamic"))
    compile_c(image.host("/b/static"), "int main(void) { return 0; }", "-static")
    text = f"[when]\nstatic_program = true\n{KEEP}"
    assert kept_by(image.used("/a/dynamic"), text) == []
    assert kept_by(image.used("/b/static"), text) == ["/late/file"]


def test_modules_by_dotted_name_and_by_glob(tmp_path):
    site, home = "/usr/lib/python3/dist-packages", "/usr/lib/python3.11"
    image = SmallImage(tmp_path).file(f"{home}/os.py").file(f"{home}/lib-dynload/_x.cpython-311.so")
    for file in ("__init__", "a/__init__", "a/one", "a/two", "a/deep/__init__", "a/deep/three", "b"):
        image.file(f"{site}/pkg/{file}.py")
    image.program("/usr/bin/python3.11", "").used("/usr/bin/python3.11").used(f"{home}/os.py")

    def of(*modules):
        text = f"[when]\nruntime = 'python'\n[[keep]]\nmodules = {list(modules)}\nreason = 'z'\n"
        return [path.removeprefix(f"{site}/pkg/") for path in kept_by(image, text)]

    assert of("pkg.a.one") == ["__init__.py", "a/__init__.py", "a/one.py"]
    assert of("pkg.a.*") == ["__init__.py", "a/__init__.py", "a/deep/__init__.py", "a/one.py", "a/two.py"]
    around = ["__init__.py", "a/__init__.py", "a/deep/__init__.py"]
    assert of("pkg.a.**.t*") == [*around, "a/deep/three.py", "a/two.py"]
    assert of("_x") == [f"{home}/lib-dynload/_x.cpython-311.so"]
    assert of("pkg.gone", "other.*") == []


def test_commands_come_through_the_path_with_their_links(tmp_path):
    image = SmallImage(tmp_path).program("/opt/real", "#!/opt/shell\n").program("/opt/shell", "")
    image.link("/tools/pack", "/opt/real").starts("x", Env=["PATH=/none:/tools"])
    text = "[[keep]]\ncommands = ['pack', 'absent']\nreason = 'z'\n"
    plan = image.plan(profiles=(parse_profile(HEAD + text, "my.toml"),))
    assert {"/tools/pack", "/opt/real", "/opt/shell"} <= set(plan.kept)
    assert [(item.wanted, item.gap) for item in plan.unresolved] == [("absent", Gap.ABSENT)]


def test_a_package_that_is_only_reached_counts_as_used_each_by_itself(tmp_path):
    image = SmallImage(tmp_path).file("/app/main").used("/app/main")
    for folder in ("/app/node_modules/lib", "/app/node_modules/other/node_modules/lib"):
        image.file(f"{folder}/package.json", '{"name": "lib"}').file(f"{folder}/index.js")
        image.file(f"{folder}/extra.js")
    text = (
        "[when]\nnpm_package = 'li?'\n[[keep]]\npaths = '{folder}/extra.js'\nreason = 'z'\n"
        "[[keep]]\npaths = '/app/node_modules/other/node_modules/lib/index.js'\nreason = 'b'\n"
    )
    assert kept_by(image, text) == []
    image.used("/app/node_modules/lib/index.js")
    assert "/app/node_modules/other/node_modules/lib/extra.js" in kept_by(image, text)


def test_an_archive_of_java_counts_by_the_name_that_maven_gives_it(tmp_path):
    image = (
        SmallImage(tmp_path).file("/usr/share/java/log4j-core-2.20.0.jar").file("/usr/share/java/plugins/x")
    )
    image.file("/var/lib/start").used("/var/lib/start")
    text = "[when]\njar = 'log4j-*'\n[[keep]]\npaths = '{folder}/plugins/*'\nreason = 'z'\n"
    assert kept_by(image, text) == []
    assert kept_by(image, text.replace("[[keep]]", "used = false\n[[keep]]")) == ["/usr/share/java/plugins/x"]
    assert kept_by(image.used("/usr/share/java/log4j-core-2.20.0.jar"), text) == ["/usr/share/java/plugins/x"]
    plan = SmallImage(tmp_path).plan(packages=("jar:log4j-core",))
    assert "/usr/share/java/log4j-core-2.20.0.jar" in plan.kept


def test_placeholders_of_a_distribution_and_exceptions(tmp_path):
    site = "/usr/lib/python3/dist-packages"
    image = SmallImage(tmp_path).file(f"{site}/django/__init__.py").file(f"{site}/django/locale/de.mo")
    image.file(f"{site}/django/locale/fr.mo").file(f"{site}/Django-4.egg-info/top_level.txt", "django\n")
    image.used(f"{site}/django/__init__.py")
    drop = (
        "[when]\npython_distribution = 'django'\n"
        "[[drop]]\npaths = '{dist}/locale/**'\nreason = 'translations'\n"
        "except = '{dist}/locale/de.mo'\nunless.environment = 'LANGUAGE'\n"
    )
    plan = image.plan(profiles=(parse_profile(HEAD + drop, "my.toml"),))
    assert plan.dropped[f"{site}/django/locale/fr.mo"] == "translations (profile x)"
    assert f"{site}/django/locale/de.mo" in plan.kept
    image.starts("x", Env=["LANGUAGE=fr"])
    assert f"{site}/django/locale/fr.mo" in image.plan(profiles=(parse_profile(HEAD + drop, "my.toml"),)).kept


def test_a_drop_that_depends_on_what_is_kept_is_lifted_when_that_comes(tmp_path):
    image = SmallImage(tmp_path).file("/app/data/x").file("/app/main").file("/late/file").used("/app/main")
    text = (
        "[[drop]]\npaths = '/app/data/**'\nreason = 'z'\nunless.kept = '/late/file'\n"
        "[[keep]]\npaths = '/late/*'\nreason = 'z'\nwhen.kept = '/app/main'\n"
    )
    assert "/app/data/x" in image.plan(profiles=(parse_profile(HEAD + text, "my.toml"),)).kept
    without = text.replace("/app/main'\n", "/never'\n")
    assert "/app/data/x" in image.plan(profiles=(parse_profile(HEAD + without, "my.toml"),)).dropped


def test_a_users_profile_replaces_the_shipped_one_of_its_name(tmp_path):
    image = SmallImage(tmp_path).file("/etc/passwd").file("/etc/group")
    text = "name = 'accounts'\nsummary = 's'\n[[keep]]\npaths = '/etc/group'\nreason = 'z'\n"
    plan = image.plan(profiles=(parse_profile(text, "my.toml"),))
    assert "/etc/group" in plan.kept
    assert "/etc/passwd" in plan.dropped


# -- the shipped ones ----------------------------------------------------------------------------


def test_folders_and_accounts_are_kept_in_every_mode(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/etc/passwd")
        .file("/etc/group")
        .folder_at("/tmp")
        .folder_at("/var/tmp")
        .file("/tmp/junk")
    )
    image.file("/usr/lib/os-release").link("/etc/os-release", "../usr/lib/os-release").link(
        "/var/run", "/run"
    ).folder_at("/run")
    image.host("/tmp").chmod(0o1777)
    for mode in ("traced", "closure", "package"):
        plan = image.plan(keep=mode)
        assert {
            "/etc/passwd",
            "/tmp",
            "/var/tmp",
            "/etc/os-release",
            "/usr/lib/os-release",
            "/var/run",
        } <= set(plan.kept)
        assert "/tmp/junk" in plan.dropped


def test_certificates_come_with_a_tls_library(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/etc/ssl/certs/ca-certificates.crt")
        .file("/usr/share/ca-certificates/a.crt")
    )
    image.link("/etc/ssl/certs/a.pem", "/usr/share/ca-certificates/a.crt").file("/etc/ssl/private/key").file(
        "/x"
    )
    assert "/etc/ssl/certs/a.pem" in image.used("/x").plan().dropped
    library(image.host("/usr/lib/libssl.so.3"), "libssl.so.3")
    plan = image.used("/usr/lib/libssl.so.3").plan()
    assert {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/certs/a.pem",
        "/usr/share/ca-certificates/a.crt",
    } <= set(plan.kept)
    assert "/etc/ssl/private/key" in plan.dropped


def test_the_configured_zone_alone_or_all_without_the_copies(tmp_path):
    image = (
        SmallImage(tmp_path).file("/usr/share/zoneinfo/Europe/Rome").file("/usr/share/zoneinfo/Asia/Tokyo")
    )
    image.file("/usr/share/zoneinfo/right/Asia/Tokyo").link(
        "/etc/localtime", "/usr/share/zoneinfo/Europe/Rome"
    )
    image.starts("x", Env=["TZ=Asia/Tokyo"])
    assert {"/usr/share/zoneinfo/Europe/Rome", "/usr/share/zoneinfo/Asia/Tokyo"} <= set(image.plan().kept)
    image.starts("x")
    assert "/usr/share/zoneinfo/Asia/Tokyo" in image.plan().dropped
    compile_c(image.host("/program"), "int tzset(); int main(void) { return tzset(); }")
    plan = image.used("/program").plan()
    assert "/usr/share/zoneinfo/Asia/Tokyo" in plan.kept
    assert "/usr/share/zoneinfo/right/Asia/Tokyo" in plan.dropped


def test_setuptools_hook_alone_does_not_keep_setuptools(tmp_path):
    site = "/usr/lib/python3/dist-packages"
    image = (
        SmallImage(tmp_path)
        .file(f"{site}/setuptools/__init__.py")
        .file(f"{site}/_distutils_hack/__init__.py")
    )
    image.file(f"{site}/setuptools-66.egg-info/top_level.txt", "_distutils_hack\nsetuptools\n")
    image.file("/usr/lib/python3.11/os.py")
    image.used(f"{site}/_distutils_hack/__init__.py")
    assert f"{site}/setuptools/__init__.py" in image.plan().dropped
    assert f"{site}/setuptools/__init__.py" in image.used(f"{site}/setuptools/__init__.py").plan().kept


def test_the_file_types_database_comes_with_libmagic(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/usr/lib/file/magic.mgc")
        .link("/usr/share/misc/magic.mgc", "../../lib/file/magic.mgc")
    )
    library(image.host("/usr/lib/libmagic.so.1.0.0"), "libmagic.so.1")
    assert {"/usr/lib/file/magic.mgc", "/usr/share/misc/magic.mgc"} <= set(
        image.used("/usr/lib/libmagic.so.1.0.0").plan().kept
    )
