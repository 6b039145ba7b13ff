"""A Celery worker with its broker, from a virtual environment; one task is ever sent to it.

Never probed: retries, canvas, failures, time limits, other brokers and result backends, beat,
inspection and the other commands.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Container, Finished, Image, contains, equal

PROBE_ARGUMENTS = ("--exec-probe", "python ask.py add")
PORT = 6379

SCENARIOS = {
    "add": 5,
    "retry": 2,
    "canvas": [12, 7, [3, 7], [[3], [3]]],
    "failure": ["KeyError", "FAILURE", True],
    "eta": 2,
    "limit": "cut short",
    "state": "HALFWAY",
    "zone": "2023-11-14T17:13:20-05:00",
    "branches": ["a,1\r\nb,2\r\n", 20, 1.5],
    "stored": 42,
    "pickled": 3,
    "priority": [3, None],
    "revoked": True,
}
COMMANDS = {
    ("inspect", "ping"): "pong",
    ("inspect", "registered"): "work.tasks.flaky",
    ("inspect", "stats"): '"transport": "redis"',
    ("inspect", "active_queues"): "'name': 'slow'",
    ("control", "pool_grow", "1"): "pool will grow",
    ("status",): "1 node online.",
    ("report",): "timezone: 'Europe/Berlin'",
    ("call", "work.tasks.add", "--args", "[1, 2]"): "-",
    ("list", "bindings"): "slow",
    ("purge", "--force", "--queues", "slow"): "queue",
    ("migrate", "--help"): "Migrate tasks from one broker to another",
    ("multi", "show", "2", "--pidfile=/tmp/%n.pid", "--logfile=/tmp/%n.log"): "--pidfile=/tmp/2.pid",
    ("upgrade", "--help"): "Perform upgrade between versions.",
    ("--version",): "(",
    ("--help",): "Commands",
}


def beyond(image: Image) -> list[Check]:
    """Five containers, at the same time: starting Celery takes most of it."""
    parts = (_redis, _filesystem, _database, _without_worker, _schedule)
    with ThreadPoolExecutor(len(parts)) as pool:
        return [check for results in pool.map(lambda part: part(image), parts) for check in results]


def _redis(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as queue:
        with checks("the worker is ready"):
            queue.eventually("ready.")
        _ask(checks, queue, "redis", tuple(SCENARIOS))
        with checks("a task's log, and its error's"):
            queue.eventually("noted: linked")
            queue.eventually("KeyError: 'key'")
        with ThreadPoolExecutor(4) as pool:
            told = pool.map(lambda argv: _celery(queue, *argv), COMMANDS)
            finished = dict(zip(COMMANDS, told, strict=True))
        for argv, wanted in COMMANDS.items():
            with checks(f"celery {' '.join(argv)}"):
                equal((finished[argv].exit_code, finished[argv].stderr * finished[argv].exit_code), (0, ""))
                contains(finished[argv].stdout, wanted)
        with checks("it stops in good order"):
            equal(queue.stop(), 0)
            contains(queue.logs(), "Warm shutdown")
    return checks.results


def _schedule(image: Image) -> list[Check]:
    """A worker that holds the schedule too, and what watches it."""
    checks = Checks()
    command = (
        "worker",
        "--beat",
        "--events",
        "--loglevel",
        "INFO",
        "--autoscale",
        "3,1",
        "--statedb",
        "/tmp/state",
    )
    with image.start(PORT, *command) as queue:
        with checks("the schedule sends tasks"):
            queue.eventually("Scheduler: Sending due task often")
            queue.eventually("noted: tick")
        with checks("events"):
            dumped = _for_a_while(queue, "celery", "-A", "work", "events", "--dump")
            contains(dumped.stdout, "-> evdump: starting capture")
            contains(dumped.stdout, "task succeeded: work.tasks.note")
        with checks("a beat of its own"):
            beat = ("celery", "-A", "work", "beat", "-l", "INFO", "-s", "/tmp/beat")
            contains(_for_a_while(queue, *beat).stderr, "Scheduler: Sending due task often")
    return checks.results


def _celery(queue: Container, *argv: str) -> Finished:
    return queue.execute("celery", "--app", "work", *argv)


def _for_a_while(queue: Container, *argv: str) -> Finished:
    """A command that has no end, in the container for four seconds."""
    code = "import signal, subprocess, sys; signal.alarm(4); subprocess.call(sys.argv[1:])"
    return queue.execute("python", "-c", code, *argv)


def _ask(checks: Checks, queue: Container, broker: str, names: tuple[str, ...]) -> None:
    finished = queue.execute("python", "ask.py", *names)
    told = dict(map(json.loads, finished.stdout.splitlines()))
    for name in names:
        with checks(f"{name}, by {broker}"):
            contains(f"{sorted(told)} {finished.stderr[-800:]}", name)
            equal(told[name], SCENARIOS[name])


def _filesystem(image: Image) -> list[Check]:
    return _broker(image, "filesystem", "file:///var/lib/work", "threads")


def _database(image: Image) -> list[Check]:
    return _broker(image, "database", "db+sqlite:////var/lib/work/results.sqlite3", "solo")


def _broker(image: Image, broker: str, results: str, pool: str) -> list[Check]:
    """A broker and a result backend that the environment names by their URL's scheme."""
    checks = Checks()
    options = ("--env", f"BROKER={broker}", "--env", f"RESULTS={results}", "--entrypoint", "sh")
    script = "redis-server --daemonize yes --bind 0.0.0.0 >/dev/null; exec ./entrypoint.sh worker -l INFO"
    with (
        checks(f"a worker with {broker}"),
        image.start(PORT, "-c", f"{script} --pool {pool}", options=options) as queue,
    ):
        queue.eventually("ready.")
        _ask(checks, queue, broker, ("add", "retry", "failure"))
    return checks.results


def _without_worker(image: Image) -> list[Check]:
    checks = Checks()
    with checks("a task called at once, with results in memory"):
        code = "from work import app, tasks; print(tasks.flaky.apply(args=(2,)).get())"
        options = ("--entrypoint", "python", "--env", "RESULTS=cache+memory://", "--env", "BROKER=memory")
        equal(image.run("-c", code, options=options).stdout, "2\n")
    with checks("a result backend without its driver"):
        options = ("--env", "RESULTS=mongodb://localhost/")
        contains(image.run("worker", options=options).stderr, "pymongo")
    with checks("other pools and wrong options"):
        contains(image.run("worker", "--pool", "nonsense").stderr, "nonsense")
        contains(image.run("worker", "--pool", "gevent").stderr, "gevent")
        equal(image.run("nonsense").exit_code, 2)
    return checks.results
