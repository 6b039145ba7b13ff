"""A shell entrypoint of many branches, of which one is probed: functions by name, sourced files, commands
in variables and arrays, heredocs for other languages, wrappers, folders of start scripts, a crontab."""

from __future__ import annotations

from images.started import Check, Checks, Image, contains, equal

PROBE_ARGUMENTS = ()

SERVED = (0, "served\n")

ANSWERS = {
    ("serve", "once"): "served\n",
    ("secret",): "33\n",
    ("certificate", "example.org"): "600\nsubject=CN = example.org\n",
    ("backup",): "./\n./a/\n./a/many\n./a/zeros\n./link\n",
    ("backup", "tar.xz"): "sound\n",
    ("backup", "zip"): "a/\na/many\na/zeros\nlink/\nlink/many\nlink/zeros\n",
    ("backup", "sync"): "same\n",
    ("migrate", "4"): "step 04,step 03,step 02,step 01\n1180591620717411303424\n",
    ("as", "gosu"): "worker\n",
    ("as", "setpriv"): "worker\n",
    ("as", "su"): "1\n",
    ("as", "runuser"): "/data\n",
    ("script", "a", "b"): "a, b\n22 48 65 6c 6c 6f 22 2c 20 24 4e 41 4d 45 20 61\n",
    ("processes",): "found\nentrypoint\nLinux\nby\ne!\n",
    ("applet",): '00000000  22 48 65 6c 6c 6f 22 2c  20 24 4e 41 4d 45 20 61  |"Hello", $NAME a|\n',
    ("each",): "1 a\n2 b\n3 c\n25\n1\n2\n3\n42\n",
    ("eval", "ORSXG5A="): "testpage\n",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    for command, wanted in ANSWERS.items():
        with checks(" ".join(command)):
            finished = image.run(*command)
            equal((finished.exit_code, finished.stdout, finished.stderr), (0, wanted, ""))
    with checks("no argument: the image's own command"):
        equal(image.run().outcome, SERVED)
    with checks("a template with the environment's values"):
        finished = image.run("config", options=("--env", "NAME=world"))
        equal(finished.outcome, (0, "'Hello', world and $HOME\n"))
    with checks("restore, from standard input"):
        finished = image.run("restore", data=b"H4sIAAAAAAACA8tOLShRKE5MS+UCAJP4T+YKAAAA\n")
        equal(finished.outcome, (0, "9d9bbc272290683e537a6f29d23c70a89b988fcd\n"))
    with checks("json, from standard input"):
        finished = image.run("json", data=b'{"name": "x", "list": [1, 2]}')
        equal(finished.outcome, (0, '{"name":"x","size":2}\n'))
    with checks("help lists every branch"):
        finished = image.run("help")
        contains(finished.stdout, "applet as backup certificate config cron each eval")
    with checks("an unknown option: an error by a function of a sourced file"):
        refused = image.run("--nonsense")
        equal((refused.exit_code, refused.stderr), (64, "entrypoint: no such option: --nonsense\n"))
    with checks("nothing to wait for"):
        refused = image.run("wait", "9")
        equal((refused.exit_code, refused.stderr), (75, "entrypoint: nothing listens on port 9\n"))
    with checks("a healthcheck that fails"):
        refused = image.run("healthcheck")
        equal(refused.exit_code, 69)
        contains(refused.stderr, "Failed to connect")
    with checks("start scripts, sourced and run, with what they do when they are told to"):
        finished = image.run("serve", "once", options=("--env", "LIMIT_FILE=/bin", "--env", "REPORT=1"))
        equal(finished.outcome, (0, "4096\n/usr/bin\n/\nserved\n"))
    with checks("cron has no crontab of root"):
        equal(image.run("sh", "-c", "crontab -l 2>&1").stdout, "no crontab for root\n")
    with checks("what the crontab names"):
        line = "cd /data && printf %02000d 1 >log && split --bytes=1k log part. && md5sum part.* | wc -l"
        equal(image.run("sh", "-c", line).outcome, (0, "2\n"))
    with checks("what the crontab names behind find"):
        equal(image.run("sh", "-c", "touch /tmp/x; shred -u /tmp/x; [ -e /tmp/x ]").exit_code, 1)
    return checks.results
