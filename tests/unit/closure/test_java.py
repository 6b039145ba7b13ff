"""Java: options, archives, classes, and where they lead in an image."""

import io
import zipfile

import pytest
from small_image import SmallImage

from slim.closure.java.archive import read_archive
from slim.closure.java.classfile import read_class
from slim.closure.java.options import read_options
from slim.plan import Gap

HOME = "/usr/lib/jvm/java-17"


def jar(manifest="", **members):
    """A real archive; members by path, `__` for a slash, `.class` where they are bytes of one."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\n{manifest}\n")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return raw.getvalue()


def class_file(*strings, refers=("java/lang/Object",)):
    """A class file whose constant pool holds these strings and class references; nothing after it."""
    pool = b""
    number = 1
    for text in strings:
        raw = text.encode()
        pool += b"\1" + len(raw).to_bytes(2) + raw + b"\x08" + number.to_bytes(2) + b"\5" + b"\0" * 8
        number += 4
    for text in refers:
        pool += b"\1" + len(text).to_bytes(2) + text.encode() + b"\7" + number.to_bytes(2)
        number += 2
    return b"\xca\xfe\xba\xbe\0\0\0\x3d" + number.to_bytes(2) + pool


@pytest.mark.parametrize(
    ("text", "field", "wanted"),
    [
        ("java -cp a.jar:/lib/*:classes Main", "paths", ("a.jar", "/lib/*", "classes")),
        ("exec java -jar \"$HOME/app.jar\" x", "paths", ("{}/app.jar",)),
        ("CLASSPATH=$CLASSPATH:${LIB}/one.jar", "paths", ("{}/one.jar",)),
        ("for j in $DIR/lib/*.jar; do x", "paths", ("{}/lib/*.jar",)),
        ("java --module-path=mods -m a/b.C", "paths", ("mods",)),
        ("java \\\n  -classpath \\\n 'x y'", "paths", ("x",)),
        ("-javaagent:/opt/agent.jar=port=1 -agentpath:/x.so", "files", ("/opt/agent.jar", "/x.so")),
        ("-Dlog.config=file:/etc/log.properties -Dx=1 -XX:SharedArchiveFile=/a.jsa", "files",
         ("/etc/log.properties", "/a.jsa")),
        ("-agentlib:jdwp=transport=dt_socket", "agents", ("jdwp",)),
        ("java @/etc/args @more Main", "arguments", ("/etc/args", "more")),
        ("-Xmx48g", "large_heap", True),
        ("-Xmx512m -XX:+UseCompressedOops", "large_heap", False),
    ],
)  # fmt: skip
def test_options(text, field, wanted):
    assert getattr(read_options(text), field) == wanted


def test_a_class_names_programs_only_where_it_starts_some():
    strings = ("sha1sum", "gzip -9 x", "two\nlines", "no such: thing!")
    plain = read_class(class_file(*strings))
    starting = read_class(class_file(*strings, refers=("java/lang/ProcessBuilder",)))
    assert (plain.programs, plain.lines) == ((), ())
    assert (starting.programs, starting.lines) == (("sha1sum",), ())
    by_line = read_class(class_file(*strings[:3], refers=("java/lang/Runtime", "exec")))
    assert (by_line.programs, by_line.lines) == (("sha1sum",), ("gzip -9 x",))
    assert read_class(class_file("x1", refers=("loadLibrary",))).libraries == ("x1",)
    assert read_class(class_file(refers=("java/awt/Color",))).desktop


def test_an_archive_tells_its_class_path_its_name_and_what_is_inside_of_it():
    inner = jar(A_class=class_file("zip", refers=("java/lang/ProcessBuilder",)))
    pom = "groupId=org.one\nartifactId=two\nversion=3\n"
    facts = read_archive(
        jar("Class-Path: lib/a.jar ../b\n .jar file:/c%20d.jar\n", lib__x_jar=inner, META__pom_properties=pom)
    )
    assert facts.class_path == ("lib/a.jar", "../b.jar", "file:/c d.jar")
    assert (facts.title, facts.version, facts.classes.programs, facts.readable) == (
        "org.one:two",
        "3",
        ("zip",),
        True,
    )


def test_whatever_the_bytes_there_are_facts():
    whole = jar(A_class=class_file("x"))
    for content in (b"", b"PK\3\4" * 99, whole[:-30], whole[:80], b"\0" * 999):
        assert not read_archive(content).readable
    for content in (
        b"",
        class_file("x", refers=("java/lang/ProcessBuilder",))[:-3],
        b"\xca\xfe\xba\xbe" + b"\xff" * 99,
    ):
        assert read_class(content) is not None
    assert read_archive(jar(A_class=b"\xca\xfe\xba\xbe\0\0\0\x3d\xff\xffjava/lang/ProcessBuilder")).readable


@pytest.fixture
def image(tmp_path):
    """An image with a Java of Debian's kind, used by a script with a class path."""
    made = SmallImage(tmp_path / "image").file(f"{HOME}/release", "x").file(f"{HOME}/lib/modules", "x")
    for own in ("conf/net.properties", "bin/java", "jmods/java.base.jmod"):
        made.program(f"{HOME}/{own}", "x")
    for own in (
        "libnet.so",
        "libawt.so",
        "ct.sym",
        "server/libjvm.so",
        "server/classes_nocoops.jsa",
        "security/cacerts",
    ):
        made.file(f"{HOME}/lib/{own}", "x")
    made.link("/usr/bin/java", f"{HOME}/bin/java").used(f"{HOME}/lib/modules").used("/usr/bin/java")
    made.program(
        "/srv/app/run.sh", '#!/bin/sh\nexec java -cp "$(dirname $0)/app.jar:/usr/share/java/*" Main\n'
    )
    made.packages(
        jre=[f"{HOME}/lib/modules"],
        jars=["/usr/share/java/a.jar", "/usr/share/java/a-1.jar", "/opt/lib/b.jar"],
    )
    made.file("/srv/app/app.jar", jar("Class-Path: ../../opt/lib/b.jar\n"))
    made.file("/usr/share/java/a-1.jar", jar()).link("/usr/share/java/a.jar", "a-1.jar").file(
        "/opt/lib/b.jar", jar()
    )
    return made.starts("/srv/app/run.sh").used("/srv/app/run.sh")


def test_a_used_runtime_keeps_what_it_opens_by_name(image):
    kept = image.kept()
    for own in ("conf/net.properties", "lib/libnet.so", "lib/security/cacerts", "lib/server/libjvm.so"):
        assert f"{HOME}/{own}" in kept
    for own in ("lib/libawt.so", "lib/ct.sym", "lib/server/classes_nocoops.jsa", "jmods/java.base.jmod"):
        assert f"{HOME}/{own}" not in kept


def test_class_paths_of_scripts_and_manifests_are_followed(image):
    kept = image.kept()
    assert {"/usr/share/java/a.jar", "/usr/share/java/a-1.jar", "/opt/lib/b.jar", "/srv/app/app.jar"} <= set(
        kept
    )


def test_the_environment_and_argument_files_are_read(image):
    image.packages(
        extra=["/opt/c.jar", "/opt/d.jar", "/etc/java.args", "/opt/agent.jar"], jre=[f"{HOME}/lib/modules"]
    )
    image.file("/opt/c.jar", jar()).file("/opt/d.jar", jar()).file("/opt/agent.jar", jar())
    image.file("/etc/java.args", "-cp /opt/d.jar\n-Xmx64g\n")
    image.starts(
        "/srv/app/run.sh",
        Env=["CLASSPATH=/opt/c.jar", "JAVA_TOOL_OPTIONS=-javaagent:/opt/agent.jar @/etc/java.args"],
    )
    kept = image.kept()
    assert {"/opt/c.jar", "/opt/d.jar", "/opt/agent.jar", f"{HOME}/lib/server/classes_nocoops.jsa"} <= set(
        kept
    )


def test_what_classes_refer_to(image):
    image.program("/usr/bin/zip", "x").program("/usr/lib/jni/libfast.so", "x").program("/bin/sh", "x")
    image.file("/srv/app/app.jar", jar(
        A_class=class_file("zip", refers=("java/lang/ProcessBuilder",)),
        B_class=class_file("fast", refers=("java/lang/System", "loadLibrary")),
        C_class=class_file(refers=("java/awt/Color",)),
    ))  # fmt: skip
    assert {"/usr/bin/zip", "/usr/lib/jni/libfast.so", f"{HOME}/lib/libawt.so"} <= set(image.kept())


def test_a_damaged_archive_is_told(image):
    image.file("/srv/app/app.jar", b"PK\3\4 not an archive")
    told = [(item.source, item.gap) for item in image.plan().unresolved if item.rule == "java"]
    assert told == [("/srv/app/app.jar", Gap.UNREADABLE)]


def test_an_archive_without_java_is_a_file_like_others(tmp_path):
    image = SmallImage(tmp_path / "image").program("/srv/app/main", "x").starts("/srv/app/main")
    image.file("/srv/app/x.jar", jar("Class-Path: /opt/y.jar\n")).file("/opt/y.jar", jar())
    image.packages(y=["/opt/y.jar"])
    assert "/opt/y.jar" not in image.kept()


def test_a_started_tomcat_keeps_its_libraries_and_settings(image):
    image.file("/usr/share/tomcat10/bin/bootstrap.jar", jar()).file("/usr/share/java/tomcat10-api.jar", jar())
    image.link("/usr/share/tomcat10/lib/api.jar", "../../java/tomcat10-api.jar").file(
        "/etc/tomcat10/web.xml", "x"
    )
    image.packages(
        tomcat=["/etc/tomcat10/web.xml", "/usr/share/java/tomcat10-api.jar"], jre=[f"{HOME}/lib/modules"]
    )
    assert "/etc/tomcat10/web.xml" not in image.kept()
    kept = image.used("/usr/share/tomcat10/bin/bootstrap.jar").kept()
    assert {
        "/etc/tomcat10/web.xml",
        "/usr/share/java/tomcat10-api.jar",
        "/usr/share/tomcat10/lib/api.jar",
    } <= set(kept)
