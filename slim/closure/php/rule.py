"""Rule: what a kept PHP needs: its settings, the extensions that these name, and what sources include.

Which php.ini is read depends on the program that PHP runs in (php.net, "The configuration file"; Debian
has a folder for each). Packages of the distribution below /usr/share/php load their classes by tables and
by convention, so one that is used keeps all of its sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.runtimes import Runtime
from slim.closure.php.source import PHP, PhpFacts
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import command_needs, line_needs
from slim.closure.shell.shebang import is_command_of
from slim.closure.source_path import ANY, HERE
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, image_path, is_under, name, parent, printable
from slim.plan import Gap, Unresolved

RULE = "php"

SOURCES = (".inc", ".module", ".php", ".php5", ".php7", ".php8", ".phtml", ".install", ".theme")
LIBRARIES = ("/usr/share/php", "/usr/share/pear", "/usr/local/lib/php", "/usr/share/php8", "/usr/share/php7")
"""Folders of include_path: Debian, Fedora, the official images, Alpine."""

_SAPIS = (("php-fpm", "fpm"), ("php-cgi", "cgi"), ("phpdbg", "phpdbg"), ("libphp", "apache2"), ("php", "cli"))
"""Program → Debian's name for its folder of settings."""
_INI = ("/usr/local/etc/php/php.ini", "/usr/local/etc/php/conf.d/*.ini", "/usr/local/etc/php-fpm.conf",
        "/usr/local/etc/php-fpm.d/*.conf", "/usr/local/lib/php.ini", "/etc/php.ini", "/etc/php.d/*.ini",
        "/etc/php-fpm.conf", "/etc/php-fpm.d/*.conf", "/etc/php[0-9]*/php.ini", "/etc/php[0-9]*/conf.d/*.ini",
        "/etc/php[0-9]*/php-fpm.conf", "/etc/php[0-9]*/php-fpm.d/*.conf")  # fmt: skip
_MODULES = ("/usr/lib/php/[0-9]*", "/usr/local/lib/php/extensions/*", "/usr/lib64/php/modules",
            "/usr/lib/php[0-9]*/modules", "/usr/lib64/php-zts/modules")  # fmt: skip
"""Where distributions and the official images have extension_dir."""
_SETTING = re.compile(r"^[ \t]*([\w.]+)[ \t]*=[ \t]*(.*?)[ \t]*(?:;.*)?$", re.MULTILINE)
_POOL_SETTING = re.compile(
    r"^[ \t]*(?:php_(?:admin_)?(?:value|flag)\[([\w.]+)\]|(include))[ \t]*=[ \t]*(.+?)[ \t]*$", re.MULTILINE
)
_PATHS = frozenset(
    {"auto_append_file", "auto_prepend_file", "browscap", "curl.cainfo", "doc_root", "extension_dir",
     "ffi.preload", "include", "include_path", "opcache.blacklist_filename", "opcache.file_cache",
     "opcache.preload", "openssl.cafile", "openssl.capath", "session.save_path", "soap.wsdl_cache_dir",
     "sys_temp_dir", "upload_tmp_dir"}
)  # fmt: skip
_PHP = re.compile(r"php[\d.]*")
_TESTS = re.compile(r"/([Tt]ests?|spec|docs?|examples?)/")


class PhpRule:
    """Settings, extensions and sources, once a PHP is kept."""

    def __init__(self) -> None:
        self._waiting = Waiting()
        self._packages: set[Package] = set()
        self._mail = "/usr/sbin/sendmail -t -i"

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """What a PHP, a file of settings or a source needs; sources wait until a PHP is kept."""
        if entry.kind is not Kind.FILE:
            return
        for runtime in context.owners.runtimes:
            if runtime.language == "php" and runtime.marker == path:
                yield from self._program(runtime, context)
        of_php = _is_settings(path) or _is_source(path, context)
        if of_php and not self._waiting.holds(path):
            yield from self._file(path, context)

    def _program(self, runtime: Runtime, context: Context) -> Iterator[Need | Unresolved]:
        last = name(runtime.marker)
        sapi = next(folder for start, folder in _SAPIS if last.startswith(start))
        version = re.search(r"\d+\.\d+", last)
        folder = f"/etc/php/{version[0] if version else '[0-9]*'}/{sapi}"
        patterns = [
            f"{folder}/php.ini",
            f"{folder}/conf.d/*.ini",
            f"{folder}/php-fpm.conf",
            f"{folder}/pool.d/*.conf",
            *_INI,
        ]
        environment = context.launch.environment
        for variable, ending in (
            ("PHPRC", "php.ini"),
            ("PHP_INI_DIR", "php.ini"),
            ("PHP_INI_DIR", "conf.d/*.ini"),
        ):
            if environment.get(variable):
                patterns.append(str(image_path(f"{environment[variable]}/{ending}")))
        for scanned in environment.get("PHP_INI_SCAN_DIR", "").split(":"):
            if scanned:
                patterns.append(str(image_path(f"{scanned}/*.ini")))
        for pattern in patterns:
            for found in context.tree.glob(pattern):
                yield Need(found, RULE, f"{last} reads it when it starts", runtime.marker)
        for path in self._waiting.release():
            yield from self._file(path, context)

    def _file(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        if _is_settings(path):
            yield from self._settings(path, context)
        else:
            yield from self._source(path, context)

    # -- settings --------------------------------------------------------------------------------

    def _settings(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        """Extensions and paths that an ini file or a pool of processes names."""
        text = context.tree.read(path, 1 << 20).decode("utf-8", "surrogateescape")
        if path.endswith(".conf"):
            settings = [(one or two, value) for one, two, value in _POOL_SETTING.findall(text)]
        else:
            settings = _SETTING.findall(text)
        folders = [value.strip("\"'") for key, value in settings if key == "extension_dir"]
        for key, raw in settings:
            value = raw.strip("\"'")
            why = f"{printable(path)} sets {key}"
            if key in ("extension", "zend_extension") and value:
                yield from self._extension(value, folders, path, context)
            elif key == "sendmail_path" and value:
                self._mail = value
                yield from line_needs(value, path, RULE, context)
            elif key == "date.timezone" and value:
                yield Need(f"/usr/share/zoneinfo/{value}", RULE, why, path)
            elif key in _PATHS:
                for one in value.rpartition(";")[2].split(":"):
                    if one.startswith("/"):
                        for found in context.tree.glob(str(image_path(one))):
                            yield Need(found, RULE, why, path)

    @staticmethod
    def _extension(
        value: str, folders: list[str], path: ImagePath, context: Context
    ) -> Iterator[Need | Unresolved]:
        why = f"{printable(path)} names the extension {printable(value)}"
        file = value if value.endswith(".so") else f"{value}.so"
        if file.startswith("/"):
            candidates = [file]
        else:
            known = [*(folder for folder in folders if folder.startswith("/"))]
            known += [str(folder) for pattern in _MODULES for folder in context.tree.glob(pattern)]
            candidates = [f"{folder}/{file}" for folder in known]
        found = [one for one in candidates if context.reached(one)]
        for one in found:
            yield Need(one, RULE, why, path)
        if not found:
            yield Unresolved(RULE, path, value, "no folder of extensions has it")

    # -- sources ---------------------------------------------------------------------------------

    def _source(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        owner = context.owners.owner(path)
        if _TESTS.search(path) and path not in context.observed.opened:
            return  # kept as a part of something, and run by nobody
        facts = context.facts(path, PHP)
        if facts is None or facts.broken:
            if owner is None and context.tree[path].size:
                yield Unresolved(RULE, path, "", "it could not be read as PHP", Gap.UNREADABLE)
            return
        if owner is not None:
            yield from self._package(path, owner, context)
        yield from self._included(path, facts, context, application=owner is None)
        lines = (*facts.lines, *([self._mail] if facts.mails else []))
        yield from command_needs(lines, facts.calls, path, RULE, context)

    @staticmethod
    def _included(
        path: ImagePath, facts: PhpFacts, context: Context, *, application: bool
    ) -> Iterator[Need | Unresolved]:
        for wanted in facts.includes:
            found = list(_located(wanted, path, context))
            for one in found:
                yield Need(one, RULE, f"it includes {printable(wanted)}", path)
            if application and ANY not in wanted and not found and not wanted.startswith(HERE):
                yield Unresolved(RULE, path, wanted, "no folder of include_path has it")
        for text in facts.files:
            for one in _located(text, path, context):
                yield Need(one, RULE, f"a string names {printable(text)}", path)
        if application and facts.dynamic and "/vendor/" not in path:
            yield Unresolved(RULE, path, "include", "it includes what a variable names", Gap.UNKNOWN)

    def _package(self, path: ImagePath, owner: Package, context: Context) -> Iterator[Need]:
        """The other sources and data files of a package that has its classes below include_path."""
        if owner in self._packages or owner.ecosystem is Ecosystem.RUNTIME:
            return
        if not any(is_under(path, ImagePath(folder)) for folder in LIBRARIES):
            return
        self._packages.add(owner)
        for one in context.owners.files(owner):
            if any(is_under(one, ImagePath(folder)) for folder in LIBRARIES) and not _TESTS.search(one):
                why = f"classes of the package {owner} are loaded by name"
                yield Need(one, RULE, why, path, part_of=Part.LANGUAGE)


def _located(wanted: str, source: ImagePath, context: Context) -> Iterator[ImagePath]:
    """Files that an include means: absolute, beside the source, in the working folder, below include_path."""
    if ANY in wanted and not wanted.partition(ANY)[0].strip("./"):
        return
    if wanted.startswith(HERE):
        places = [f"{parent(source)}/{wanted[len(HERE) :]}"]
    elif wanted.startswith("/"):
        # a table of classes has names like `/File.php`, which follow a folder
        places = [wanted, f"{parent(source)}{wanted}"]
    else:
        places = [f"{folder}/{wanted}" for folder in (parent(source), context.launch.workdir, *LIBRARIES)]
    for place in places:
        if ANY in place:
            pattern = str(image_path(re.sub(r"([?\[])", r"[\1]", place)))
            yield from (one for one in context.tree.glob(pattern) if context.tree[one].kind is Kind.FILE)
            continue
        found = context.reached_file(place)
        if found is not None:
            yield found


def _is_settings(path: ImagePath) -> bool:
    if path.endswith(".ini"):
        return "php" in path or "/conf.d/" in path
    return path.endswith(".conf") and "php" in path and path.startswith(("/etc/", "/usr/local/etc/"))


def _is_source(path: ImagePath, context: Context) -> bool:
    return path.endswith(SOURCES) or is_command_of(_PHP, path, context)
