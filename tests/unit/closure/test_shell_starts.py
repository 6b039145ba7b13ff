"""What shell text starts: by its grammar, with the values of its variables."""

import pytest
from small_image import SmallImage

from slim.closure.launch import Launch, started
from slim.closure.observed import Observed
from slim.closure.rule import Context
from slim.closure.shell.commands import line_needs, program_needs
from slim.closure.shell.expand import Scope, all_starts
from slim.closure.shell.parse import read
from slim.closure.shell.starts import UNKNOWN, Kind
from slim.oci.path import ImagePath

HERE = "/app"


def names(text, environment=None):
    """The programs of a script in /app that are no built-in commands or functions of it."""
    script = read(text.encode())
    scope = Scope((script,), environment or {}, HERE)
    starts = (start for start in all_starts(script, scope) if start.kind is Kind.PROGRAM)
    found = {start.text for start in starts if not scope.runs_itself(start)}
    return sorted(name for name in found if UNKNOWN not in name)


def of_kind(kind, text):
    script = read(text.encode())
    return [start.text for start in all_starts(script, Scope((script,), {}, HERE)) if start.kind is kind]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("T=/usr/bin/stat; $T x", ["/usr/bin/stat"]),
        ('CMD="gzip -9"; $CMD <x', ["gzip"]),
        ('cmd=(openssl req -x509); cmd+=(-nodes); "${cmd[@]}" -new', ["-nodes", "openssl"]),
        (': ${EDITOR:=vi}; "$EDITOR" x', ["vi"]),
        ('"${PAGER:-less}" x', ["less"]),
        ("A=b; B=$A; C=${B}zip2; $C", ["bzip2"]),
        ('run() { "$@"; }; run tar cf x .', ["tar"]),
        ('each() { for f; do "$f"; done; }; each date id', ["date", "id"]),
        ("for c in wget curl; do command -v $c; done", ["curl", "wget"]),
        ('X=$(command -v gpg); "$X" --list', ["gpg"]),
        ("ls() { command ls --color; }; ls", ["ls"]),
        ("echo `uname -r` $(hostname -f) <(sort x) \"$(tr a b <<<\"$(cut -f 1)\")\"",
         ["cut", "hostname", "sort", "tr", "uname"]),
        ("case $1 in start) nginx ;; stop|halt) pkill x ;; esac", ["nginx", "pkill"]),
        ("eval \"md5sum \\$x\"; trap 'rm -f x; sync' EXIT INT", ["md5sum", "rm", "sync"]),
        ("find . -type f -exec chmod 644 {} + -o -ok rm {} \\;", ["chmod", "find", "rm"]),
        ("find . -print0 | xargs -0 -n 1 -P 4 sha1sum; xargs", ["echo", "find", "sha1sum", "xargs"]),
        ("env -i A=1 -u B printenv; env -S 'perl -w' x", ["env", "perl", "printenv"]),
        ("sudo -u www -E FOO=1 php x; su -s /bin/bash -c 'psql | tee y' pg",
         ["/bin/bash", "php", "psql", "su", "sudo", "tee"]),
        ("timeout -k 5 10 nice -n 5 ionice -c 3 rsync a b", ["ionice", "nice", "rsync", "timeout"]),
        ("flock -n /tmp/l wall; flock /tmp/l -c 'dd if=x | wc'", ["dd", "flock", "wall", "wc"]),
        ("watch -n 1 'df | head'; setpriv --reuid=1 -- whoami", ["df", "head", "setpriv", "watch", "whoami"]),
        ("start-stop-daemon --start --exec /usr/sbin/sshd -- -D", ["/usr/sbin/sshd", "start-stop-daemon"]),
        ("ssh host reboot", ["ssh"]),
        ("command -v runuser || runuser -u www -- php x; runuser -c 'gzip y'", ["gzip", "php", "runuser"]),
        ("busybox vi x", ["busybox", "vi"]),
        ("tar -czf x .; tar xJf y; tar --zstd -cf z .", ["gzip", "tar", "xz", "zstd"]),
        ("awk 'BEGIN { while ((\"seq 3 | rev\" | getline l) > 0) print l | \"sort -u\"; system(\"date\") }'",
         ["awk", "date", "rev", "seq", "sort"]),
        ("bash -s <<'E'\ngzip x\nE\nsh <<<'bzip2 y'", ["bash", "bzip2", "gzip", "sh"]),
        ("cat >x.sh <<'E'\n#!/bin/sh\nxz y\nE", ["cat", "sh", "xz"]),
        ("cat <<E\nnot a command $(but this)\nE", ["but", "cat"]),
        ("psql <<E\nselect 1;\nE", ["psql"]),
        ("xargs printf %s; printf x; exec test -f x", ["printf", "test", "xargs"]),
        ("if ! a && { b || (c); }; then while d; do e; done; until f; do :; done; fi", list("abcdef")),
        ("time -p make; coproc cat; nohup x & wait", ["cat", "make", "nohup", "time", "x"]),
    ],
)  # fmt: skip
def test_programs(text, wanted):
    assert names(text) == sorted(wanted)


def test_the_images_environment_gives_values():
    assert names("$ARCHIVER x; ${TOOL} y", {"ARCHIVER": "zip -q", "TOOL": "/opt/tool"}) == [
        "/opt/tool",
        "zip",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('. "$(dirname "$0")/lib.sh"', "/app/lib.sh"),
        ('source "${BASH_SOURCE%/*}/lib.sh"', "/app/lib.sh"),
        ('D=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); . "$D/lib.sh"', "/app/lib.sh"),
        ("for f in /etc/start.d/*.sh; do . $f; done", "/etc/start.d/*.sh"),
        ('. "$1/common.sh"', f"{UNKNOWN}/common.sh"),
    ],
)
def test_sourced_files(text, wanted):
    assert of_kind(Kind.SOURCE, text) == [wanted]


def test_folders_of_programs():
    assert of_kind(Kind.FOLDER, "run-parts --verbose /etc/start.d") == ["/etc/start.d"]


@pytest.mark.parametrize(
    "text",
    ["'", "`", "$(", "${", "<<", "<<E", "case x in", "(((", "x=$(", ";;;", ")", "\0\0", "\\", "${a:-${b"],
)
def test_what_is_no_shell_ends_without_an_error(text):
    names(text)
    names(text * 50)


def test_variables_that_lead_to_each_other_end():
    many = "".join(f"a{n}=$a{n + 1}$a{n + 2}\n" for n in range(40))
    names(f"a=$b; b=$c; c=$a; $a; {many} $a0; $a1")


def test_commands_of_a_line_behind_wrappers():
    assert started(["tini", "--", "sh", "-c", "exec $SERVER -x"], {"SERVER": "httpd"})[-1] == ("httpd", "-x")


def image(tmp_path, script, *programs):
    made = SmallImage(tmp_path / "image").program("/entry", f"#!/bin/sh\n{script}")
    made.program("/bin/sh", "").packages(tools=[f"/usr/bin/{program}" for program in programs])
    for program in programs:
        made.program(f"/usr/bin/{program}", "")
    return made.starts("/entry")


def test_a_folder_of_start_scripts_is_run(tmp_path):
    made = image(tmp_path, 'for f in /start.d/*; do . "$f"; done', "gzip", "bzip2")
    kept = made.file("/start.d/10.sh", "gzip x").kept()
    assert "/usr/bin/gzip" in kept
    assert "/usr/bin/bzip2" not in kept


def test_a_library_sees_the_variables_of_the_script_that_sources_it(tmp_path):
    made = image(
        tmp_path, 'TOOL=gzip; DIR=/usr/lib/x; . "$DIR/lib.sh"; archive "bzip2 -9"', "gzip", "bzip2", "xz"
    )
    kept = made.file("/usr/lib/x/lib.sh", "$TOOL x; archive() { $1 x; }").kept()
    assert {"/usr/bin/gzip", "/usr/bin/bzip2"} <= set(kept)
    assert "/usr/bin/xz" not in kept


@pytest.mark.parametrize(
    ("script", "gaps"),
    [
        ('"$1" x\n"$2" y\n$(cat /x) z', ["unknown"]),
        ('input | "${2:-gzip}" -9', ["unknown"]),
        ('exec "$@"', []),
        ("$0 --again", []),
        ("echo $1", []),
        ('"$prefix/bin/tool"', []),
    ],
)
def test_a_command_that_only_the_running_script_knows_is_told_once(tmp_path, script, gaps):
    plan = image(tmp_path, script, "gzip").plan()
    assert [item.gap.value for item in plan.unresolved if item.rule == "script"] == gaps


def test_a_crontab_counts_where_cron_is_kept(tmp_path):
    table = "SHELL=/bin/sh\n5 4 * * * root cd /x && gzip y\n@daily www bzip2 z % text\n#1 1 1 1 1 root xz\n"
    made = image(tmp_path, "exec cron -f", "cron", "gzip", "bzip2", "xz").file("/etc/cron.d/job", table)
    assert [path for path in made.kept() if path.startswith("/usr/bin")] == [
        "/usr/bin/bzip2", "/usr/bin/cron", "/usr/bin/gzip",
    ]  # fmt: skip
    without = image(tmp_path / "other", "exec sleep 1", "gzip").file("/etc/cron.d/job", table)
    assert "/usr/bin/gzip" not in without.kept()


def test_a_packages_script_for_an_init_system_counts_only_where_it_is_called(tmp_path):
    def made(folder, script):
        found = image(folder, script, "gzip")
        found.packages(server=["/usr/bin/server", "/etc/init.d/server"], tools=["/usr/bin/gzip"])
        found.program("/usr/bin/server", "").program("/etc/init.d/server", "#!/bin/sh\ngzip x\n")
        return found.kept()

    assert "/usr/bin/gzip" not in made(tmp_path / "one", "exec server")
    assert "/usr/bin/gzip" in made(tmp_path / "two", "/etc/init.d/server start; exec server")


def test_lines_and_argument_lists_of_other_languages(tmp_path):
    made = image(tmp_path, "", "gzip", "sudo", "tar", "xz", "rm")
    context = Context(made.tree, Launch(), Observed(), {})
    source = ImagePath("/entry")
    line = 'X=$(gzip -dc a) && [ -n "$X" ] || find . | xargs rm'
    assert [need.path for need in line_needs(line, source, "test", context)] == [
        "/bin/sh", "/usr/bin/gzip", "/usr/bin/rm",
    ]  # fmt: skip
    words = ["sudo", "-u", "www", "tar", "-cJf", "x.tar.xz", "."]
    assert [need.path for need in program_needs(words, source, "test", context)] == [
        "/usr/bin/sudo", "/usr/bin/tar", "/usr/bin/xz",
    ]  # fmt: skip
    shell = program_needs(["sh", "-c", "gzip x"], source, "test", context)
    assert "/usr/bin/gzip" in [need.path for need in shell]
    assert list(program_needs(["missing"], source, "test", context)) == []
    assert list(program_needs([], source, "test", context)) == []
