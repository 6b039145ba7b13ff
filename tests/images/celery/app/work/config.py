import os

from celery.schedules import crontab
from kombu import Queue

_QUEUE = "/var/lib/work/queue"
_BROKERS = {
    "redis": "redis://127.0.0.1:6379/0",
    "filesystem": "filesystem://",
    "memory": "memory://",
    "database": "sqla+sqlite:////var/lib/work/broker.sqlite3",
}
broker_url = _BROKERS[os.environ.get("BROKER", "redis")]
if broker_url == "filesystem://":
    broker_transport_options = {
        "data_folder_in": _QUEUE,
        "data_folder_out": _QUEUE,
        "control_folder": "/var/lib/work/control",
    }
broker_connection_retry_on_startup = True
result_backend = os.environ.get("RESULTS", "redis://127.0.0.1:6379/1")
result_extended = True
timezone = "Europe/Berlin"
accept_content = ["json", "pickle", "yaml"]
task_queues = [Queue("celery"), Queue("slow")]
task_routes = {"work.tasks.slow_*": {"queue": "slow"}}
task_track_started = True
beat_schedule = {
    "often": {"task": "work.tasks.note", "schedule": 1.0, "args": ("tick",)},
    "mornings": {"task": "work.tasks.note", "schedule": crontab(hour=7, minute=30), "args": ("morning",)},
}
beat_schedule_filename = "/var/lib/work/beat"
