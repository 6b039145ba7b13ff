"""Commands as other users, by sudo, su, runuser and PAM: only one way of many is ever probed."""

from __future__ import annotations

from images.started import Check, Checks, Image, contains, equal

PROBE_ARGUMENTS = ("--", "as", "grace", "echo ready")


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    _sudo(checks, image)
    _sessions(checks, image)
    _accounts(checks, image)
    with checks("an unknown way"):
        refused = image.run("nonsense")
        equal((refused.exit_code, refused.stderr), (64, "console: no such way: nonsense\n"))
    return checks.results


def _sudo(checks: Checks, image: Image) -> None:
    with checks("sudo as another user, and its groups"):
        equal(image.run("as", "ada", "id -un; id -Gn").outcome, (0, "ada\nada adm users\n"))
    with checks("a rule of sudoers.d lets a user become another without a password"):
        equal(image.run("from", "ada", "sudo -n -u grace id -un").outcome, (0, "grace\n"))
    with checks("and run one program as root"):
        equal(image.run("from", "ada", "sudo -n id -u").outcome, (0, "0\n"))
    with checks("but no other without a password"):
        refused = image.run("from", "ada", "sudo -n true")
        equal(refused.exit_code, 1)
        contains(refused.stderr, "a password is required")
    with checks("a password on standard input"):
        equal(image.run("ask", "grace", "ada", "id -un", data=b"hopper\n").outcome, (0, "ada\n"))
    with checks("a wrong password"):
        refused = image.run("ask", "grace", "ada", "id -un", data=b"wrong\n")
        equal((refused.exit_code, refused.stdout), (1, ""))
        contains(refused.stderr, "incorrect password attempt")
    with checks("what a user may do"):
        contains(image.run("may", "ada").stdout, "(grace) NOPASSWD: ALL")
    with checks("the environment that a rule keeps"):
        command = "PROJECT=slim OTHER=x sudo -n -u grace sh -c 'echo $PROJECT,$OTHER'"
        equal(image.run("from", "ada", command).outcome, (0, ",\n"))
    with checks("the policy's syntax is checked"):
        finished = image.run("check")
        equal(finished.exit_code, 0)
        contains(finished.stdout, "/etc/sudoers.d/console: parsed OK")


def _sessions(checks: Checks, image: Image) -> None:
    with checks("a login shell starts in the user's home with a fresh environment"):
        wanted = "/home/ada ada /bin/bash\n"
        finished = image.run("login", "ada", "echo $PWD $LOGNAME $SHELL", options=("--env", "SECRET=1"))
        equal(finished.outcome, (0, wanted))
    with checks("limits of the session, by a file in limits.d"):
        equal(image.run("from", "grace", "ulimit -Sn; ulimit -Hn").outcome, (0, "123\n456\n"))
    with checks("a user without a shell is sent away"):
        refused = image.run("from", "locked", "id")
        equal((refused.exit_code, refused.stdout), (1, "This account is currently not available.\n"))
    with checks("a user that is not there"):
        refused = image.run("from", "ghost", "id")
        equal(refused.exit_code, 1)
        contains(refused.stderr, "user ghost does not exist")
    with checks("runuser"):
        equal(image.run("runuser", "grace", "id -un").outcome, (0, "grace\n"))
    with checks("a new primary group for one command"):
        equal(image.run("shared", "builders", "id -gn").outcome, (0, "builders\n"))
    with checks("a new primary group for a user's shell"):
        equal(image.run("group", "grace", "builders", data=b"id -gn\n").outcome, (0, "builders\n"))


def _accounts(checks: Checks, image: Image) -> None:
    with checks("the state of a password"):
        equal([image.run("status", user).stdout.split()[:2] for user in ("ada", "locked")],
              [["ada", "P"], ["locked", "L"]])  # fmt: skip
    with checks("a password is changed"):
        equal(image.run("password", "ada", "analytical").outcome, (0, "changed\n"))
    with checks("how old a password may become"):
        contains(image.run("aged", "grace").stdout, "Maximum number of days between password change")
