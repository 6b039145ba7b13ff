"""A server of Git repositories over HTTPS that is its own client: only one fetch is ever probed."""

from __future__ import annotations

from images.started import Check, Checks, Container, Finished, Image, contains, equal

PROBE_ARGUMENTS = ("--exec-probe", "git ls-remote https://localhost/demo.git", "--port", "443")

IDENTITY = """
set -e
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@slim.test
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@slim.test
export GIT_AUTHOR_DATE='1700000000 +0100' GIT_COMMITTER_DATE='1700000000 +0100' HOME=/tmp
commit() { printf '%s\\n' "$2" >> "$1"; git add "$1"; git commit --quiet --message "$3"; }
cd /tmp
"""


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(443) as server:
        _remote(checks, server)
        _history(checks, server)
        _porcelain(checks, server)
        _plumbing(checks, server)
    _alone(checks, image)
    return checks.results


def _shell(server: Container, script: str) -> Finished:
    return server.execute("sh", "-c", IDENTITY + script)


def _remote(checks: Checks, server: Container) -> None:
    with checks("clone over HTTPS, commit, and push: the server's hook answers"):
        pushed = _shell(server, """
            git clone --quiet https://localhost/demo.git work; cd work
            commit poem 'one fish' first; git push https://localhost/demo.git HEAD:main""")  # fmt: skip
        equal(pushed.exit_code, 0)
        contains(pushed.stderr, "remote: received refs/heads/main")
    with checks("a shallow clone of what was pushed"):
        told = _shell(
            server, "git clone --quiet --depth 1 https://localhost/demo.git shallow && cat shallow/poem"
        )
        equal((told.exit_code, told.stdout), (0, "one fish\n"))
    with checks("a password is asked of a helper"):
        told = _shell(server, """
            cd work; git -c credential.helper='!f() { echo username=ada; echo password=lovelace; }; f' \\
            ls-remote https://localhost/private/demo.git""")  # fmt: skip
        equal(told.exit_code, 0)
        contains(told.stdout, "refs/heads/main")
    with checks("a wrong password is refused"):
        told = _shell(server, "GIT_TERMINAL_PROMPT=0 git ls-remote https://ada:x@localhost/private/demo.git")
        equal(told.exit_code, 128)
        contains(told.stderr, "Authentication failed")
    with checks("a certificate that nobody vouches for is refused"):
        told = _shell(server, "git ls-remote https://127.0.0.1/demo.git")
        equal(told.exit_code, 128)
        contains(told.stderr, "127.0.0.1")
    with checks("a submodule"):
        told = _shell(server, """
            git init --quiet super; cd super
            git submodule --quiet add https://localhost/demo.git part; git commit --quiet --message sub
            git submodule status""")  # fmt: skip
        equal(told.exit_code, 0)
        contains(told.stdout, " part (heads/main)")


def _history(checks: Checks, server: Container) -> None:
    with checks("log with dates, format and statistics"):
        told = _shell(server, "cd work; git log --stat --date=iso --format='%an %ad %s'")
        contains(told.stdout, "Ada 2023-11-14 23:13:20 +0100 first")
        contains(told.stdout, "1 file changed, 1 insertion(+)")
    with checks("a merge of two branches, and the diff that it brought"):
        told = _shell(server, """
            cd work; git checkout --quiet -b side; commit other 'blue' second
            git checkout --quiet main; commit poem 'two fish' third
            git merge --quiet --message merged side; git diff --stat HEAD^1 HEAD""")  # fmt: skip
        equal(told.exit_code, 0)
        contains(told.stdout, " other | 1 +")
    with checks("a conflict is told, and given up"):
        told = _shell(server, """
            cd work; git checkout --quiet -b clash HEAD~2; commit poem 'red fish' clash
            git merge main || git merge --abort
            git checkout --quiet main; git status --short""")  # fmt: skip
        contains(told.stdout, "CONFLICT (content)")
    with checks("an interactive rebase with an editor of its own"):
        told = _shell(server, """
            cd work; git checkout --quiet -b long; for n in 1 2 3; do commit count $n "n$n"; done
            export GIT_SEQUENCE_EDITOR='f() { while read -r a rest; do case $rest in *n2*) a=drop;; esac
                echo "$a $rest"; done < "$1" > "$1.new"; cat "$1.new" > "$1"; }; f'
            git rebase --quiet --interactive HEAD~1 2>&1
            git log -1 --format=%s; git checkout --quiet main""")  # fmt: skip
        equal(told.outcome, (0, "n3\n"))
    with checks("bisect"):
        told = _shell(server, """
            cd work; git bisect start long main 2>&1; git bisect run sh -c '! grep -q 2 count' 2>&1
            git bisect reset 2>&1""")  # fmt: skip
        contains(told.stdout, "is the first bad commit")
    with checks("stash"):
        told = _shell(server, """
            cd work; echo x >> poem; git stash --quiet; git status --short
            git stash pop --quiet; git diff --stat; git checkout --quiet poem""")  # fmt: skip
        contains(told.stdout, "poem | 1 +")
        equal(told.exit_code, 0)


def _porcelain(checks: Checks, server: Container) -> None:
    with checks("grep by a Perl expression"):
        told = _shell(server, "cd work; git grep -P '(?<=one )fish' main")
        equal(told.outcome, (0, "main:poem:one fish\n"))
    with checks("archives, packed by other programs"):
        told = _shell(server, """
            cd work; git archive --format=tar.gz main | git hash-object --stdin | wc -c
            git archive --format=zip --output=../a.zip main""")  # fmt: skip
        equal(told.outcome, (0, "41\n"))
    with checks("a commit in another character set is shown in this one's"):
        told = _shell(server, """
            cd work; git -c i18n.commitEncoding=Shift_JIS commit --quiet --allow-empty \\
                --message "$(printf '\\223\\372\\226{')"
            git log -1 --format=%s
            git log -1 --format=%s --encoding=EUC-JP | git hash-object --stdin""")  # fmt: skip
        equal(told.exit_code, 0)
        contains(told.stdout, "日本\n0543d36c")
    with checks("a hook of the working copy refuses"):
        told = _shell(server, """
            cd work; printf '#!/bin/sh\\necho no >&2; exit 1\\n' > .git/hooks/pre-commit
            chmod +x .git/hooks/pre-commit; commit poem x y""")  # fmt: skip
        equal((told.exit_code, told.stderr), (1, "no\n"))
    with checks("aliases that call the shell, and configuration"):
        told = _shell(server, "git config --global alias.shout '!f() { echo \"$1!\"; }; f'; git shout hey")
        equal(told.outcome, (0, "hey!\n"))
    with checks("short help, the list of all commands, an unknown one"):
        contains(_shell(server, "git help -a").stdout, "filter-branch")
        equal(_shell(server, "git rebase -h").exit_code, 129)
        contains(_shell(server, "git comit").stderr, "commit")


def _plumbing(checks: Checks, server: Container) -> None:
    with checks("collecting garbage, checking, packing"):
        told = _shell(server, "cd work; git gc --quiet; git fsck; git count-objects -v")
        equal(told.exit_code, 0)
        contains(told.stdout, "packs: 1")
    with checks("a bundle, a worktree, patches as mail and back"):
        told = _shell(server, """
            cd work; git bundle create --quiet ../b main; git bundle verify --quiet ../b
            git worktree add --quiet ../tree side; git format-patch --quiet -1 -o .. long; cd ../tree
            rm -f ../work/.git/hooks/pre-commit; git am --quiet --3way ../0001-n3.patch 2>&1 || git am --abort
            git describe --always --all""")  # fmt: skip
        equal(told.exit_code, 0)
        contains(told.stdout, "heads/side")


def _alone(checks: Checks, image: Image) -> None:
    with checks("git alone, without the server"):
        contains(image.run("git", "version", "--build-options").stdout, "cpu: ")
    with checks("an unknown command"):
        refused = image.run("nonsense")
        equal((refused.exit_code, refused.stderr), (64, "serve: no such command: nonsense\n"))
