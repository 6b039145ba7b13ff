"""Exercise the tasks from beside the worker: prints one line of JSON for each scenario named."""

import json
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celery import chain, chord, group
from work import tasks


def add():
    return tasks.add.delay(2, 3).get(timeout=20)


def retry():
    return tasks.flaky.delay(2).get(timeout=20)


def canvas():
    header = group(tasks.add.s(n, n) for n in range(4))
    return [
        chord(header)(tasks.total.s()).get(timeout=20),
        chain(tasks.add.s(1, 1), tasks.add.s(5))().get(timeout=20),
        tasks.add.starmap([(1, 2), (3, 4)]).delay().get(timeout=20),
        tasks.total.chunks([([1, 2],), ([3],)], 1)().get(timeout=20),
    ]


def failure():
    result = tasks.broken.delay()
    error = result.get(timeout=20, propagate=False)
    return [type(error).__name__, result.state, "KeyError: 'key'" in result.traceback]


def eta():
    soon = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(seconds=0.2)
    return tasks.add.apply_async((1, 1), eta=soon, expires=soon + timedelta(hours=1)).get(timeout=20)


def limit():
    return tasks.slow_sleep.delay().get(timeout=20)


def state():
    return tasks.progress.delay().get(timeout=20)


def zone():
    return tasks.moment.delay("America/New_York").get(timeout=20)


def branches():
    return [tasks.summary.delay(form).get(timeout=20) for form in ("csv", "gzip", "median")]


def stored():
    return tasks.stored.delay().get(timeout=20)


def pickled():
    return tasks.total.apply_async(([1, 2],), serializer="pickle", compression="bzip2").get(timeout=20)


def priority():
    result = tasks.add.apply_async((1, 2), priority=3, link=tasks.note.si("linked"))
    return [result.get(timeout=20), result.forget()]


def revoked():
    result = tasks.add.apply_async((1, 1), countdown=60)
    result.revoke()
    return result.id != ""


def main():
    for name in sys.argv[1:]:
        print(json.dumps([name, globals()[name]()]), flush=True)


if __name__ == "__main__":
    main()
