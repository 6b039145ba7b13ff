"""Commands that shell scripts name."""

import pytest

from slim.closure.shell.syntax import commands


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ls -l | sort; date && id || whoami &", ("ls", "sort", "date", "id", "whoami")),
        ("if test -f x; then cat x; elif a; then b; else c; fi", ("test", "cat", "a", "b", "c")),
        ("while read x; do sed s/a/b/; done", ("read", "sed")),
        ("until a; do b; done; ! c; { d; }; (e)", ("a", "b", "c", "d", "e")),
        ("for x in one two; do three; done", ("three",)),
        ("su app -s /bin/sh -c 'id -un | tr a b'", ("su", "id", "tr")),
        ("case $x in one|two) three ;; (four) five ;; *) six ;; esac", ("three", "five", "six")),
        ("case $x in a) case $y in b) c;; esac;; d) e;; esac", ("c", "e")),
        ("A=1 B='two words' run", ("run",)),
        ("echo 'ls; sort' \"date | id\" # whoami", ("echo",)),
        ("echo \"$(hostname -f)\" `uname -r` $((1 + 2))", ("echo", "hostname", "uname")),
        ("x=$(a \"$(b ')')\")", ("a", "b")),
        ("exec nginx -g 'daemon off;'", ("exec", "nginx")),
        ("exec gosu redis redis-server \"$@\"", ("exec", "gosu", "redis-server")),
        ("env -i A=1 printenv", ("env", "printenv")),
        ("command -v curl >/dev/null 2>&1", ("command", "curl")),
        ("type wget jq", ("type", "wget", "jq")),
        (". /lib/lsb/init-functions", (".", "/lib/lsb/init-functions")),
        ("sh -ec 'mkdir x && chown a x'", ("sh", "mkdir", "chown")),
        ("find . -name x -exec chmod 644 {} + -o -execdir rm {} ';'", ("find", "chmod", "rm")),
        ("trap 'rm -f x' EXIT", ("trap", "rm")),
        ("xargs -0 md5sum", ("xargs", "md5sum")),
        ("f() { inner; }; function g { other; }; f; g", ("inner", "other")),
        ("a <in >out 2>&1 b", ("a",)),
        ("cat <<END | tee x\nnot a command\nEND\nafter", ("cat", "tee", "after")),
        ("cat <<-'END'\n\tnot a command\n\tEND\nafter", ("cat", "after")),
        ("cat <<A <<B\none\nA\ntwo\nB\nafter", ("cat", "after")),
        ("a \\\n  b\nc", ("a", "c")),
        ("$x y; \"$x/bin/y\" z", ()),
        ("\"${EDITOR:-vi}\" file", ("vi",)),
        ("[ -n \"$x\" ] && [[ $y == z ]] && a", ("[", "a")),
    ],
)  # fmt: skip
def test_names_in_command_position(text, names):
    assert sorted(commands(text)) == sorted(names)


@pytest.mark.parametrize(
    "text",
    [
        "'",
        '"',
        "`",
        "$(",
        "${",
        "<<",
        "<<E",
        "case",
        "case x in",
        "(((",
        "\\",
        "x=$(",
        ";;;",
        "for",
        ")",
        "\0\0",
    ],
)
def test_what_is_no_shell_ends_without_an_error(text):
    commands(text)
    commands(text * 50)
