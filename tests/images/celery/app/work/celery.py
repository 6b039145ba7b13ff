from celery import Celery

app = Celery("work")
app.config_from_object("work.config")
app.autodiscover_tasks(["work"])
