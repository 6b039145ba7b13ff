"""What a Java archive holds that leads out of it; the JAR File Specification.

An archive is kept whole: providers for service loaders, resources and signatures stay together. What
leads out of it is the Class-Path of its manifest and what its classes name. Archives in archives, as
Spring Boot packs them, are read too.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from slim.closure.facts import Parser
from slim.closure.java.classfile import ClassFacts, read_class, together

SUFFIXES = (".jar", ".war", ".ear", ".rar", ".jmod")
MAX_ARCHIVE = 1 << 27
"""Bytes of an archive beyond which it is not read."""
MAX_UNPACKED = 1 << 28
"""Bytes unpacked of one archive, those inside of it included."""
MAX_CLASS = 1 << 22

_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises for what is no archive, or encrypted, or packed in a way of its own."""


class JarFacts(msgspec.Struct, frozen=True):
    """What is written in one archive."""

    class_path: tuple[str, ...] = ()
    """URLs of the manifest's Class-Path, relative to the archive as a rule, in order."""
    classes: ClassFacts = ClassFacts()
    title: str = ""
    """`group:artifact` of pom.properties, or the manifest's name of the bundle."""
    version: str = ""
    readable: bool = True
    """False: it is damaged, or too large when unpacked; then there may be more than is told."""


def read_archive(content: bytes) -> JarFacts:
    """The facts of an archive, whatever the bytes."""
    classes: list[ClassFacts] = []
    manifest = dict[str, str]()
    pom = dict[str, str]()
    readable, left = True, MAX_UNPACKED
    todo = [content]
    while todo:
        outermost, raw = not classes and not manifest and len(todo) == 1, todo.pop()
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                for name, member in _members(archive):
                    left -= len(member)
                    if left < 0:
                        return _facts(manifest, pom, classes, readable=False)
                    if name.endswith(".class"):
                        classes.append(read_class(member))
                    elif name.endswith(".jar"):
                        todo.append(member)
                    elif outermost and name == "META-INF/MANIFEST.MF":
                        manifest = read_manifest(member)
                    elif outermost and name.endswith("/pom.properties"):
                        pom = _properties(member) if not pom else {"artifactId": ""}
        except _DAMAGED:
            readable = False
    return _facts(manifest, pom, classes, readable=readable)


JAR = Parser("java-jar-1", read_archive, JarFacts, limit=MAX_ARCHIVE)


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Name and content of what is looked at; the manifest comes first."""
    infos = sorted(archive.infolist(), key=lambda info: info.filename != "META-INF/MANIFEST.MF")
    for info in infos:
        name = info.filename
        limit = MAX_UNPACKED if name.endswith(".jar") else MAX_CLASS
        if (
            name.endswith((".class", ".jar", "/pom.properties", "META-INF/MANIFEST.MF"))
            and info.file_size <= limit
        ):
            yield name, archive.read(info)


def _facts(
    manifest: dict[str, str], pom: dict[str, str], classes: list[ClassFacts], *, readable: bool
) -> JarFacts:
    # a jar of several artifacts (shaded) has no one name in its pom files
    title = f"{pom.get('groupId', '')}:{pom['artifactId']}" if pom.get("artifactId") else ""
    named = manifest.get("Bundle-SymbolicName", "").partition(";")[0] or manifest.get(
        "Implementation-Title", ""
    )
    version = pom.get("version", "") or manifest.get("Bundle-Version", "")
    return JarFacts(
        class_path=tuple(unquote(url) for url in manifest.get("Class-Path", "").split()),
        classes=together(classes),
        title=title or named or manifest.get("Automatic-Module-Name", ""),
        version=version or manifest.get("Implementation-Version", ""),
        readable=readable,
    )


def read_manifest(raw: bytes) -> dict[str, str]:
    """The main attributes; a line that begins with a space goes on with the one before it."""
    text = re.sub(r"\r\n?", "\n", raw.decode("utf-8", "replace")).replace("\n ", "")
    return _pairs(text.partition("\n\n")[0], ":")


def _properties(raw: bytes) -> dict[str, str]:
    return _pairs(raw.decode("latin-1"), "=")


def _pairs(text: str, sign: str) -> dict[str, str]:
    found = (line.partition(sign) for line in text.split("\n") if sign in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in found}
