"""What is told of the calls of a document's operations."""

from probes.exercise.exchange import Exchange, Result
from probes.exercise.generate import Operation
from probes.openapi.operations import Declared
from probes.openapi.settings import OpenApi
from probes.openapi.tell import Tally, notes_of

ITEMS, ORDERS = Operation("POST", "/items"), Operation("GET", "/orders")


def told(*answers):
    """The notes on `answers`: operation and status."""
    declared = [Declared(one, one.path, "") for one in (ITEMS, ORDERS)]
    tally = Tally("api.json", declared, (), OpenApi(("api.json",)))
    for operation, status in answers:
        result = Result.SERVER_ERROR if status >= 500 else Result.ANSWERED
        tally.add(operation, Exchange(operation.name, "http", result, status, found_by="openapi"))
    return notes_of(tally)


def test_an_operation_counts_once_by_its_best_answer():
    assert told((ITEMS, 422), (ORDERS, 200), (ITEMS, 400), (ITEMS, 201)) == (
        "openapi api.json: 2 of 2 operations called by 4 requests: 2 answered 2xx",
    )
    assert told((ITEMS, 500)) == (
        "openapi api.json: 1 of 2 operations called: 1 answered 5xx",
        "openapi api.json: broken in the fat image already: POST /items → 500",
    )
    assert told() == ("openapi api.json: 0 of 2 operations called",)


def test_refused_requests_are_told_where_the_document_asks_for_nothing():
    assert told((ITEMS, 401), (ORDERS, 200))[1:] == (
        "openapi api.json: 1 request answered 401 or 403: give --openapi-header 'Authorization: …', or "
        "log in by the steps of a probe file",
    )
