"""Leftovers of builds go; what only looks like them stays."""

from small_image import SmallImage, compile_c, library


def test_served_files_that_look_like_sources_and_objects_stay(tmp_path):
    served = ["/app/static/demo.c", "/app/static/chair.obj", "/app/main.go", "/app/code/lib.rs", "/app/x.a"]
    image = SmallImage(tmp_path)
    for path in served:
        image.file(path, "text")
    assert set(served) <= set(image.starts("x", WorkingDir="/app").plan().kept)


def test_sources_and_objects_of_a_program_in_the_same_project_go(tmp_path):
    image = SmallImage(tmp_path).file("/app/src/tool.c", "int x;").file("/app/src/_fast.pyx", "")
    compile_c(image.host("/app/bin/tool"))
    library(image.host("/app/pkg/_fast.cpython-311-x86_64-linux-gnu.so"))
    compile_c(image.host("/app/src/any.o"), "int y;", "-c")
    image.file("/app/src/any.a", b"!<arch>\n").file("/app/src/other.c", "")
    plan = image.starts("x", WorkingDir="/app").plan()
    assert {"/app/src/tool.c", "/app/src/_fast.pyx", "/app/src/any.o", "/app/src/any.a"} <= set(plan.dropped)
    assert {"/app/src/other.c", "/app/bin/tool"} <= set(plan.kept)


def test_a_program_for_the_kernels_own_machine_is_no_leftover(tmp_path):
    image = SmallImage(tmp_path)
    compile_c(image.host("/app/filter.o"), "int y;", "-c")
    raw = bytearray(image.host("/app/filter.o").read_bytes())
    raw[18:20] = (247).to_bytes(2, "little")  # e_machine: EM_BPF
    image.file("/app/filter.o", bytes(raw))
    assert "/app/filter.o" in image.starts("x", WorkingDir="/app").plan().kept
