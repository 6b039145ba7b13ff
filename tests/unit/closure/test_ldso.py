"""The loader's search in the image alone: every rule of ld.so(8) on compiled libraries."""

import subprocess

import pytest
from small_image import SmallImage, compile_c, library

LIB = "/usr/lib/x86_64-linux-gnu"


@pytest.fixture
def image(tmp_path):
    """An image with a loader that is a real ELF file, and programs that need nothing but it."""
    made = SmallImage(tmp_path / "root")
    made.link("/lib", "usr/lib").link("/lib64", "usr/lib64")
    library(made.host("/usr/lib64/ld-linux-x86-64.so.2"), "ld-linux-x86-64.so.2")
    return made


def program(image, path, *needed, options=()):
    """A program without libc whose DT_NEEDED are `needed`, at `path`; it was executed."""
    stubs = image.folder.parent / "stubs"
    links = []
    for soname in needed:
        stub = stubs / soname
        if not stub.exists():
            library(stub, soname)
        links.append(str(stub))
    compile_c(
        image.host(path), "void _start(void) {}", "-nostdlib", "-Wl,--no-as-needed", *options, *links,
        "-Wl,--dynamic-linker,/lib64/ld-linux-x86-64.so.2", "-Wl,--allow-shlib-undefined",
    )  # fmt: skip
    return image.executed(path)


def place(image, path, soname=None, *options, needed=()):
    stubs = [str(library(image.folder.parent / "stubs" / name, name)) for name in needed]
    library(image.host(path), soname, "-Wl,--no-as-needed", *options, *stubs)


def test_the_loader_and_a_library_of_a_default_folder_are_kept(image):
    place(image, f"{LIB}/liba.so.1", "liba.so.1")
    place(image, f"{LIB}/libunused.so.1", "libunused.so.1")
    kept = program(image, "/usr/bin/p", "liba.so.1").kept()
    assert sorted(kept) == [
        "/lib", "/lib64", "/usr/bin/p", f"{LIB}/liba.so.1", "/usr/lib64/ld-linux-x86-64.so.2",
    ]  # fmt: skip


def test_a_library_that_is_not_there_is_unresolved(image):
    plan = program(image, "/usr/bin/p", "libgone.so.1").plan()
    assert [(item.source, item.wanted) for item in plan.unresolved] == [("/usr/bin/p", "libgone.so.1")]


def test_runpath_serves_the_object_itself_and_not_what_it_loads(image):
    place(image, "/opt/a/libone.so", "libone.so", needed=["libtwo.so"])
    place(image, "/opt/a/libtwo.so", "libtwo.so")
    program(image, "/usr/bin/p", "libone.so", options=("-Wl,--enable-new-dtags,-rpath,/opt/a",))
    plan = image.plan(keep="traced")
    assert "/opt/a/libone.so" in plan.kept
    assert [item.wanted for item in plan.unresolved] == ["libtwo.so"]


def test_rpath_serves_what_the_object_loads_too(image):
    place(image, "/opt/a/libone.so", "libone.so", needed=["libtwo.so"])
    place(image, "/opt/a/libtwo.so", "libtwo.so")
    program(image, "/usr/bin/p", "libone.so", options=("-Wl,--disable-new-dtags,-rpath,/opt/a",))
    plan = image.plan(keep="traced")
    assert {"/opt/a/libone.so", "/opt/a/libtwo.so"} <= set(plan.kept)
    assert plan.unresolved == ()


def test_rpath_counts_for_nothing_where_the_library_has_a_runpath(image):
    place(
        image, "/opt/a/libone.so", "libone.so", "-Wl,--enable-new-dtags,-rpath,/nowhere", needed=["libtwo.so"]
    )
    place(image, "/opt/a/libtwo.so", "libtwo.so")
    program(image, "/usr/bin/p", "libone.so", options=("-Wl,--disable-new-dtags,-rpath,/opt/a",))
    assert [item.wanted for item in image.plan(keep="traced").unresolved] == ["libtwo.so"]


def test_origin_is_the_folder_of_the_object(image):
    place(image, "/opt/app/lib/liba.so", "liba.so")
    program(image, "/opt/app/bin/p", "liba.so", options=("-Wl,-rpath,$ORIGIN/../lib",))
    assert "/opt/app/lib/liba.so" in image.plan(keep="traced").kept


def test_origin_of_a_library_found_through_a_link_is_the_links_folder(image):
    place(image, "/srv/real/liba.so", "liba.so", "-Wl,-rpath,$ORIGIN", needed=["libb.so"])
    image.link("/opt/view/liba.so", "/srv/real/liba.so")
    place(image, "/opt/view/libb.so", "libb.so")
    program(image, "/usr/bin/p", "liba.so", options=("-Wl,-rpath,/opt/view",))
    assert {"/opt/view/liba.so", "/srv/real/liba.so", "/opt/view/libb.so"} <= set(
        image.plan(keep="traced").kept
    )


def test_lib_and_platform_stand_for_every_value_they_may_have(image):
    place(image, "/opt/app/lib64/liba.so", "liba.so")
    place(image, "/opt/app/haswell/libb.so", "libb.so")
    program(
        image, "/opt/app/p", "liba.so", "libb.so", options=("-Wl,-rpath,$ORIGIN/$LIB:${ORIGIN}/${PLATFORM}",)
    )
    assert {"/opt/app/lib64/liba.so", "/opt/app/haswell/libb.so"} <= set(image.plan(keep="traced").kept)


def test_the_images_library_path_is_searched(image):
    place(image, "/opt/more/liba.so", "liba.so")
    program(image, "/usr/bin/p", "liba.so").starts("/usr/bin/p", Env=["LD_LIBRARY_PATH=/none:/opt/more"])
    assert "/opt/more/liba.so" in image.plan(keep="traced").kept


def test_ld_so_conf_is_followed_through_its_includes(image):
    image.file("/etc/ld.so.conf", "# comment\ninclude /etc/ld.so.conf.d/*.conf\n")
    image.file("/etc/ld.so.conf.d/a.conf", "/opt/listed # trailing\n")
    place(image, "/opt/listed/liba.so", "liba.so")
    plan = program(image, "/usr/bin/p", "liba.so").plan(keep="traced")
    assert {"/opt/listed/liba.so", "/etc/ld.so.conf", "/etc/ld.so.conf.d/a.conf"} <= set(plan.kept)


def test_the_cache_decides_between_two_folders(image, tmp_path):
    place(image, "/opt/one/liba.so.1", "liba.so.1")
    place(image, "/opt/two/liba.so.1", "liba.so.1")
    image.file("/etc/ld.so.conf", "/opt/two\n")
    subprocess.run(["/sbin/ldconfig", "-r", str(image.folder)], check=True, capture_output=True)
    image.file("/etc/ld.so.conf", "/opt/one\n")  # changed since, and ldconfig has not run
    plan = program(image, "/usr/bin/p", "liba.so.1").plan(keep="traced")
    assert "/opt/two/liba.so.1" in plan.kept
    assert "/opt/one/liba.so.1" not in plan.kept
    assert "/etc/ld.so.cache" in plan.kept


def test_the_hosts_configuration_and_libraries_are_never_looked_at(image):
    """The host has libz and its ld.so.cache; the image has neither, or another one."""
    plan = program(image, "/usr/bin/p", "libc.so.6").plan(keep="traced")
    assert [item.wanted for item in plan.unresolved] == ["libc.so.6"]
    image.link("/opt/escape", "/../../../../../../usr/lib/x86_64-linux-gnu")
    image.starts("/usr/bin/p", Env=["LD_LIBRARY_PATH=/opt/escape:/../../../../../../lib"])
    assert [item.wanted for item in image.plan(keep="traced").unresolved] == ["libc.so.6"]


def test_default_folders_are_passed_over_when_the_object_says_so(image):
    place(image, f"{LIB}/liba.so", "liba.so")
    program(image, "/usr/bin/p", "liba.so", options=("-Wl,-z,nodefaultlib",))
    assert [item.wanted for item in image.plan(keep="traced").unresolved] == ["liba.so"]


def test_a_library_of_another_machine_is_passed_over(image):
    place(image, f"{LIB}/liba.so", "liba.so")
    alien = bytearray(image.host(f"{LIB}/liba.so").read_bytes())
    alien[18:20] = (183).to_bytes(2, "little")  # EM_AARCH64
    image.file("/opt/alien/liba.so", bytes(alien))
    program(image, "/usr/bin/p", "liba.so", options=("-Wl,-rpath,/opt/alien",))
    plan = image.plan(keep="traced")
    assert f"{LIB}/liba.so" in plan.kept
    assert "/opt/alien/liba.so" not in plan.kept


def test_variants_for_other_processors_are_kept_beside_the_base(image):
    for folder in ("", "/glibc-hwcaps/x86-64-v2", "/glibc-hwcaps/x86-64-v4", "/haswell", "/tls/x86_64"):
        place(image, f"{LIB}{folder}/liba.so.1", "liba.so.1")
    plan = program(image, "/usr/bin/p", "liba.so.1").plan(keep="traced")
    assert sorted(path for path in plan.kept if path.endswith("liba.so.1")) == [
        f"{LIB}/glibc-hwcaps/x86-64-v2/liba.so.1",
        f"{LIB}/glibc-hwcaps/x86-64-v4/liba.so.1",
        f"{LIB}/haswell/liba.so.1",
        f"{LIB}/liba.so.1",
        f"{LIB}/tls/x86_64/liba.so.1",
    ]


def test_libraries_that_need_each_other_end(image):
    place(image, f"{LIB}/liba.so", "liba.so", "-Wl,--disable-new-dtags,-rpath,/opt/x", needed=["libb.so"])
    place(image, f"{LIB}/libb.so", "libb.so", "-Wl,--disable-new-dtags,-rpath,/opt/y", needed=["liba.so"])
    plan = program(image, "/usr/bin/p", "liba.so").plan(keep="traced")
    assert {f"{LIB}/liba.so", f"{LIB}/libb.so"} <= set(plan.kept)
    assert plan.unresolved == ()


def test_a_soname_that_is_already_loaded_serves_everybody(image):
    place(image, "/opt/a/libone.so", "libone.so", needed=["libtwo.so"])
    place(image, "/opt/a/libtwo.so", "libtwo.so")
    program(image, "/usr/bin/p", "libtwo.so", "libone.so", options=("-Wl,--enable-new-dtags,-rpath,/opt/a",))
    assert image.plan(keep="traced").unresolved == ()


def test_a_needed_path_with_a_slash_is_taken_as_it_is(image):
    place(image, "/opt/x/liba.so", "/opt/x/liba.so")
    program(image, "/usr/bin/p", "opt-liba.so")
    stub = library(image.folder.parent / "slash.so", "/opt/x/liba.so")
    compile_c(
        image.host("/usr/bin/q"), "void _start(void) {}", "-nostdlib", "-Wl,--no-as-needed", str(stub),
        "-Wl,--dynamic-linker,/lib64/ld-linux-x86-64.so.2",
    )  # fmt: skip
    assert "/opt/x/liba.so" in image.executed("/usr/bin/q").plan(keep="traced").kept


def test_preloaded_libraries_are_kept(image):
    place(image, f"{LIB}/libpre.so", "libpre.so")
    place(image, "/opt/listed.so")
    image.file("/etc/ld.so.preload", "/opt/listed.so\n")
    program(image, "/usr/bin/p").starts("/usr/bin/p", Env=["LD_PRELOAD=libpre.so"])
    assert {f"{LIB}/libpre.so", "/opt/listed.so", "/etc/ld.so.preload"} <= set(image.plan(keep="traced").kept)


def test_a_dlopen_note_keeps_what_the_image_has_and_misses_only_what_is_required(image):
    text = (
        '[{"soname":["libx.so.1"]},{"soname":["libgone.so.1"],"priority":"required"},{"soname":["libno.so"]}]'
    )
    quoted = text.replace('"', '\\"')
    source = f"""
    struct note {{ int name, text, type; char owner[4]; char json[sizeof "{quoted}"]; }};
    __attribute__((used, section(".note.dlopen"), aligned(4)))
    static const struct note note = {{ 4, sizeof "{quoted}", 0x407c0c0a, "FDO", "{quoted}" }};
    """
    library(image.host(f"{LIB}/liba.so"), "liba.so", source=source)
    place(image, f"{LIB}/libx.so.1", "libx.so.1")
    plan = program(image, "/usr/bin/p", "liba.so").plan(keep="traced")
    assert f"{LIB}/libx.so.1" in plan.kept
    assert [item.wanted for item in plan.unresolved] == ["libgone.so.1"]


def test_a_file_that_only_begins_as_elf_is_kept_and_told(image):
    image.file("/srv/data", b"\x7fELF nonsense").used("/srv/data")
    plan = image.plan(keep="traced")
    assert "/srv/data" in plan.kept
    assert [(item.source, item.wanted) for item in plan.unresolved] == [("/srv/data", "a readable ELF file")]


def test_a_program_that_runs_shell_commands_keeps_the_shell(image):
    image.program("/usr/bin/dash", "").link("/usr/bin/sh", "dash").link("/bin", "usr/bin")
    compile_c(image.host("/usr/bin/p"), 'int system(const char *); int main(void) { return system("true"); }')
    assert {"/usr/bin/sh", "/usr/bin/dash", "/bin"} <= set(
        image.executed("/usr/bin/p").plan(keep="traced").kept
    )


def test_threads_keep_libgcc_where_the_image_has_it(image):
    place(image, f"{LIB}/libgcc_s.so.1", "libgcc_s.so.1")
    place(image, f"{LIB}/libc.so.6", "libc.so.6")
    source = "int pthread_create(); int main(void) { return pthread_create(); }"
    compile_c(image.host("/usr/bin/threads"), source)
    compile_c(image.host("/usr/bin/plain"))
    assert f"{LIB}/libgcc_s.so.1" not in image.executed("/usr/bin/plain").plan(keep="traced").kept
    assert f"{LIB}/libgcc_s.so.1" in image.executed("/usr/bin/threads").plan(keep="traced").kept


# -- musl ----------------------------------------------------------------------------------------


@pytest.fixture
def musl(tmp_path):
    made = SmallImage(tmp_path / "root")
    library(made.host("/lib/ld-musl-x86_64.so.1"), "libc.musl-x86_64.so.1")
    return made.link("/lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1")


def musl_program(image, path, *needed, options=()):
    stubs = [str(library(image.folder.parent / "stubs" / name, name)) for name in needed]
    compile_c(
        image.host(path), "void _start(void) {}", "-nostdlib", "-Wl,--no-as-needed", *options, *stubs,
        "-Wl,--dynamic-linker,/lib/ld-musl-x86_64.so.1", "-Wl,--allow-shlib-undefined",
    )  # fmt: skip
    return image.executed(path)


def test_musls_loader_is_its_libc(musl):
    plan = musl_program(musl, "/usr/bin/p", "libc.musl-x86_64.so.1").plan()
    assert {"/lib/ld-musl-x86_64.so.1", "/lib/libc.musl-x86_64.so.1"} <= set(plan.kept)
    assert plan.unresolved == ()


def test_musl_searches_its_own_three_folders_and_not_ld_so_conf(musl):
    place(musl, "/usr/local/lib/liba.so", "liba.so")
    place(musl, "/opt/listed/libb.so", "libb.so")
    musl.file("/etc/ld.so.conf", "/opt/listed\n")
    plan = musl_program(musl, "/usr/bin/p", "libc.musl-x86_64.so.1", "liba.so", "libb.so").plan(keep="traced")
    assert "/usr/local/lib/liba.so" in plan.kept
    assert [item.wanted for item in plan.unresolved] == ["libb.so"]


def test_musls_path_file_replaces_the_three_folders(musl):
    musl.file("/etc/ld-musl-x86_64.path", "/opt/m\n/opt/n:/opt/o\n")
    place(musl, "/opt/o/liba.so", "liba.so")
    place(musl, "/usr/lib/libb.so", "libb.so")
    plan = musl_program(musl, "/usr/bin/p", "libc.musl-x86_64.so.1", "liba.so", "libb.so").plan(keep="traced")
    assert {"/opt/o/liba.so", "/etc/ld-musl-x86_64.path"} <= set(plan.kept)
    assert [item.wanted for item in plan.unresolved] == ["libb.so"]


def test_musl_passes_a_runpath_on_as_glibc_does_an_rpath(musl):
    place(musl, "/opt/a/libone.so", "libone.so", needed=["libtwo.so"])
    place(musl, "/opt/a/libtwo.so", "libtwo.so")
    options = ("-Wl,--enable-new-dtags,-rpath,/opt/a",)
    plan = musl_program(musl, "/usr/bin/p", "libc.musl-x86_64.so.1", "libone.so", options=options).plan()
    assert {"/opt/a/libone.so", "/opt/a/libtwo.so"} <= set(plan.kept)
    assert plan.unresolved == ()


def test_both_libcs_live_side_by_side(image):
    library(image.host("/usr/lib/ld-musl-x86_64.so.1"), "libc.musl-x86_64.so.1")
    place(image, "/usr/local/lib/liba.so", "liba.so")
    place(image, f"{LIB}/libb.so", "libb.so")
    musl_program(image, "/usr/bin/m", "libc.musl-x86_64.so.1", "liba.so")
    program(image, "/usr/bin/g", "ld-linux-x86-64.so.2", "libb.so")
    plan = image.plan(keep="traced")
    assert {"/usr/local/lib/liba.so", f"{LIB}/libb.so"} <= set(plan.kept)
    assert plan.unresolved == ()
