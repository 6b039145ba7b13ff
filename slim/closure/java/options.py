"""What a command line of Java names: java(1), and files of arguments.

The same reader serves the image's own command, the environment (JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS,
CLASSPATH, *_OPTS) and shell scripts, where a path often begins with a variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLES = re.compile(r"(.*_)?(JAVA|JVM|CATALINA)_?\w*|CLASSPATH|\w+_OPTS|\w+_OPTIONS")
"""Of the environment: what holds options for Java by custom."""

_EXPANSION = re.compile(r"\$\([^()]*\)|`[^`]*`|\$\{[^}]*\}|\$\w+|\"|'|\\\n|\\")
_WORD = re.compile(r"[^\s;|&()<>]+")
_PATHS = (
    *("-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path"),
    *("-Xbootclasspath/a", "-Djava.class.path", "-Djava.library.path", "-Dloader.path"),
)
_LARGE = re.compile(
    r"-XX:-UseCompressedOops|-Xmx(?:3[2-9]|[4-9]\d|\d{3,})[gG]|-Xmx(?:3[3-9]|[4-9]\d|\d{3,})\d{3}[mM]"
)


@dataclass(frozen=True)
class JavaOptions:
    """What some text names; each in order of appearance."""

    paths: tuple[str, ...] = ()
    """Archives, `folder/*`, and folders of a class path. A variable at the beginning has become `{}`."""
    files: tuple[str, ...] = ()
    """Values of -D and -XX options and of agents that look like a path."""
    agents: tuple[str, ...] = ()
    """Names of native agents: `jdwp`."""
    arguments: tuple[str, ...] = ()
    """Files of arguments: `@file`."""
    large_heap: bool = False
    """Object references are not compressed."""


def read_options(text: str) -> JavaOptions:
    """What a command line, a variable's value or a script names."""
    plain = _EXPANSION.sub(lambda match: "{}" if match[0][0] in "$`" else "", text)
    paths: dict[str, None] = {}
    files: dict[str, None] = {}
    agents: dict[str, None] = {}
    arguments: dict[str, None] = {}
    listed = False
    for word in _WORD.findall(plain):
        option, equals, value = word.partition("=")
        if listed or (equals and option in _PATHS):
            paths.update(dict.fromkeys(filter(None, re.split("[:,]", word if listed else value))))
            listed = False
            continue
        listed = word in _PATHS
        if word.startswith("@"):
            arguments[word[1:]] = None
        elif word.startswith("-agentlib:"):
            agents[option.removeprefix("-agentlib:")] = None
        elif word.startswith(("-javaagent:", "-agentpath:")):
            files[option.partition(":")[2]] = None
        elif word.startswith(("-D", "-X", "--")) and "/" in value:
            files[value.removeprefix("file:")] = None
        elif ".jar" in word or word.endswith(("/*", ".war")):
            # CLASSPATH=a.jar:b.jar, JAR="$HOME/x.jar", a loop over lib/*.jar
            parts = re.split("[:,]", value if equals else word)
            paths.update(
                dict.fromkeys(part for part in parts if ".jar" in part or part.endswith(("/*", ".war")))
            )
    return JavaOptions(
        tuple(paths), tuple(files), tuple(agents), tuple(arguments), _LARGE.search(text) is not None
    )


def from_environment(environment: Mapping[str, str]) -> JavaOptions:
    """What the variables name that Java, or its start scripts, read."""
    values = []
    for variable, value in sorted(environment.items()):
        if VARIABLES.fullmatch(variable):
            values.append(f"-cp {value}" if variable == "CLASSPATH" else value)
    return read_options("\n".join(values))
