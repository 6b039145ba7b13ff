"""What the shipped profiles know of Python's frameworks: names that stand in no import."""

import pytest
from small_python import SITE, distribution, modules, python

SETTINGS = "INSTALLED_APPS = ['django.contrib.admin', 'blog']\nMIDDLEWARE = ['{middleware}']\n{more}\n"
DJANGO = {
    "django/__init__.py": "",
    "django/apps/registry.py": "",
    "django/contrib/__init__.py": "",
    "django/contrib/admin/__init__.py": "",
    "django/contrib/admin/templatetags/log.py": "",
    "django/contrib/admin/migrations/__init__.py": "",
    "django/contrib/admin/migrations/0001_initial.py": "",
    "django/contrib/gis/admin.py": "",
    "django/core/management/commands/check.py": "",
    "django/core/cache/backends/redis.py": "",
    "django/db/backends/__init__.py": "",
    "django/db/backends/oracle/__init__.py": "",
    "django/db/backends/postgresql/__init__.py": "",
    "django/db/backends/postgresql/base.py": "",
    "django/db/backends/oracle/base.py": "",
    "django/views/templates/technical_404.html": "",
    **{f"django/conf/locale/{code}/LC_MESSAGES/django.mo": "" for code in ("en", "de", "de_CH", "fr")},
}


def project(tmp_path, middleware="", more=""):
    """A project on Django of which only the package itself was loaded."""
    image = python(tmp_path, "import django")
    image.file("/srv/app/settings.py", SETTINGS.format(middleware=middleware, more=more))
    return distribution(image, "Django", DJANGO).used(f"{SITE}/django/__init__.py")


def languages(image):
    return {path.split("/")[3] for path in modules(image) if path.endswith(".mo")}


def test_django_finds_commands_back_ends_migrations_and_error_pages(tmp_path):
    kept = modules(project(tmp_path))
    for wanted in ("core/management/commands/check.py", "core/cache/backends/redis.py"):
        assert f"django/{wanted}" in kept
    for wanted in ("contrib/admin/templatetags/log.py", "contrib/admin/migrations/0001_initial.py"):
        assert f"django/{wanted}" in kept
    assert "django/views/templates/technical_404.html" in kept
    assert "django/contrib/gis/admin.py" not in kept


@pytest.mark.parametrize("project_name", ["psycopg", "psycopg2-binary"])
def test_the_driver_that_is_installed_is_for_django(tmp_path, project_name):
    image = project(tmp_path, more="DATABASES = {'default': env.db()}")
    distribution(image, project_name, {f"{project_name[:7]}/__init__.py": ""})
    kept = modules(image)
    assert "django/db/backends/postgresql/base.py" in kept
    assert "django/db/backends/oracle/base.py" not in kept


@pytest.mark.parametrize(
    ("middleware", "more", "wanted"),
    [
        ("", "", {"en"}),
        ("", "LANGUAGE_CODE = 'de-ch'", {"en", "de", "de_CH"}),
        ("django.middleware.locale.LocaleMiddleware", "", {"en", "de", "de_CH", "fr"}),
        (
            "django.middleware.locale.LocaleMiddleware",
            "LANGUAGES = [('fr', 'Français')]",
            {"en", "fr"},
        ),
        ("", "LANGUAGE_CODE = os.environ['LANGUAGE_CODE']", {"en", "de", "de_CH", "fr"}),
    ],
)
def test_translations_are_those_of_the_languages_in_use(tmp_path, middleware, more, wanted):
    assert languages(project(tmp_path, middleware, more)) == wanted


def test_other_distributions_bring_what_django_looks_for(tmp_path):
    image = project(tmp_path, more="import blog")
    names = (
        "__init__.py",
        "apps.py",
        "templatetags/blog.py",
        "management/commands/post.py",
        "migrations/0001_a.py",
    )
    texts = {f"blog/{name}": "" for name in (*names, "tests/test_blog.py", "templates/blog/list.html")}
    distribution(image, "django-blog", texts)
    kept = modules(image)
    assert {f"blog/{name}" for name in (*names, "templates/blog/list.html")} <= kept
    assert "blog/tests/test_blog.py" not in kept


@pytest.mark.parametrize(
    ("name", "texts", "unwanted"),
    [
        ("celery", ["celery/__init__.py", "celery/backends/redis.py", "celery/concurrency/solo.py"], []),
        ("kombu", ["kombu/__init__.py", "kombu/transport/filesystem.py"], []),
        ("uvicorn", ["uvicorn/__init__.py", "uvicorn/protocols/http/h11_impl.py"], []),
        ("gunicorn", ["gunicorn/__init__.py", "gunicorn/workers/gthread.py"], []),
        ("Pillow", ["PIL/__init__.py", "PIL/TiffImagePlugin.py"], ["PIL/ImageTk.py"]),
        (
            "matplotlib",
            [
                "matplotlib/__init__.py",
                "matplotlib/backends/__init__.py",
                "matplotlib/backends/backend_svg.py",
                "matplotlib/mpl-data/fonts/ttf/a.ttf",
            ],
            ["matplotlib/backends/backend_tkagg.py", "matplotlib/mpl-data/sample_data/a.csv"],
        ),
        ("pandas", ["pandas/__init__.py", "pandas/io/formats/templates/html.tpl"], ["pandas/tests/a.py"]),
        ("certifi", ["certifi/__init__.py", "certifi/cacert.pem"], []),
    ],
)
def test_a_used_library_keeps_what_it_takes_by_name(tmp_path, name, texts, unwanted):
    image = distribution(python(tmp_path), name, [*texts, *unwanted]).used(f"{SITE}/{texts[0]}")
    assert modules(image) == set(texts)
