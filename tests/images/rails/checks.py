"""A Ruby on Rails application on Debian's gems; only its first page is ever probed."""

from __future__ import annotations

from images.started import Check, Checks, Container, Image, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/")


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(3000) as site:
        _pages(checks, site)
        _books(checks, site)
        _commands(checks, site)
    with (
        checks("details of an error in development"),
        image.start(3000, options=("--env", "RAILS_ENV=development", "--env", "CACHE=file")) as site,
    ):
        answer = site.get("/broken")
        equal(answer.status, 500)
        contains(answer.text, "broken on purpose")
        contains(answer.text, "pages_controller.rb")
        contains(site.get("/nowhere").text, "Routing Error")
        equal(site.get("/cached").text, "kept")
    return checks.results


def _pages(checks: Checks, site: Container) -> None:
    with checks("a page in the visitor's language"):
        equal(site.get("/greeting/de").text, "guten Tag")
    with checks("a time zone by its name"):
        equal(site.get("/time").text, "2023-11-15T07:13:20+09:00")
    with checks("the cache"):
        equal(site.get("/cached").text, "kept")
    with checks("XML"):
        contains(site.get("/export").text, '<a type="array">')
    with checks("the application's page for 404"):
        answer = site.get("/nowhere")
        equal(answer.status, 404)
        contains(answer.text, "No such page in the library")
    with checks("the application's page for 500, and the error in the log"):
        answer = site.get("/broken")
        equal(answer.status, 500)
        contains(answer.text, "The library is broken")
        contains(site.logs(), "broken on purpose")


def _books(checks: Checks, site: Container) -> None:
    with checks("a form with a mistake"):
        answer = site.post_form("/books", {"book[title]": "", "book[pages]": "0"})
        equal(answer.status, 422)
        equal(answer.json(), ["Title can't be blank", "Pages must be greater than 0"])
    with checks("a form that adds, sends a mail and tells so on the next page"):
        book = {"book[title]": "Emma", "book[pages]": "2"}
        answer = site.post_form("/books", book)
        equal(answer.status, 302)
        contains(site.get("/books", Cookie=answer.cookie).text, "added")
        contains(site.read("/tmp/mails/b@example.org").decode(), "Added Emma")
    with checks("a page of templates, a form and helpers"):
        page = site.get("/books").text
        contains(page, "<li>Emma, 2 pages, 12,345</li>")
        contains(page, 'name="book[title]"')
        contains(page, "3 days")
    with checks("the same as JSON"):
        equal(site.get("/books", Accept="application/json").json(), ["Emma"])
    with checks("a redirection"):
        equal(site.get("/books/1").status, 302)
    with checks("a record that is not there is 404"):
        equal(site.get("/books/77").status, 404)


def _commands(checks: Checks, site: Container) -> None:
    with checks("rails runner"):
        equal(site.execute("bin/rails", "runner", "puts Book.count").stdout.splitlines()[-1:], ["1"])
    with checks("rails db:migrate:status"):
        contains(site.execute("bin/rails", "db:migrate:status").stdout, "Create books")
    with checks("a task of the application"):
        equal(site.execute("bin/rails", "count").stdout.splitlines()[-1:], ["1"])
    with checks("rails routes"):
        contains(site.execute("bin/rails", "routes").stdout, "books#index")
