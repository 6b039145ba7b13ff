"""Tasks. Only `add` is ever sent while slim watches."""

from celery import Task, shared_task
from celery.exceptions import Reject
from celery.utils.log import get_task_logger

log = get_task_logger(__name__)


@shared_task
def add(first, second):
    return first + second


@shared_task
def total(numbers):
    return sum(numbers)


@shared_task(bind=True, max_retries=3)
def flaky(self: Task, good_after):
    if self.request.retries < good_after:
        raise self.retry(exc=OSError("not yet"), countdown=0)
    return self.request.retries


@shared_task(autoretry_for=(KeyError,), retry_backoff=True, retry_kwargs={"max_retries": 0})
def broken():
    return {}["key"]


@shared_task(bind=True, acks_late=True)
def refused(self):
    raise Reject("no", requeue=False)


@shared_task(soft_time_limit=1)
def slow_sleep():
    import time

    from celery.exceptions import SoftTimeLimitExceeded

    try:
        time.sleep(20)
    except SoftTimeLimitExceeded:
        return "cut short"


@shared_task(bind=True)
def progress(self):
    self.update_state(state="HALFWAY", meta={"percent": 50})
    return self.AsyncResult(self.request.id).state


@shared_task
def moment(zone):
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(1700000000, UTC).astimezone(ZoneInfo(zone)).isoformat()


@shared_task
def summary(form):
    rows = [("a", 1), ("b", 2)]
    if form == "csv":
        import csv
        import io

        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue()
    if form == "gzip":
        import gzip

        return len(gzip.decompress(gzip.compress(repr(rows).encode())))
    import statistics

    return statistics.median(value for _, value in rows)


@shared_task
def stored():
    import sqlalchemy

    engine = sqlalchemy.create_engine("sqlite://")
    with engine.begin() as connection:
        table = sqlalchemy.Table("t", sqlalchemy.MetaData(), sqlalchemy.Column("n", sqlalchemy.Integer))
        table.create(connection)
        connection.execute(table.insert(), [{"n": 1}, {"n": 41}])
        return connection.execute(sqlalchemy.select(sqlalchemy.func.sum(table.c.n))).scalar()


@shared_task
def note(text):
    log.info("noted: %s", text)
