"""What `slim verify` says, as a whole."""

from slim.oci.compare import Aspect, AspectChange
from slim.report.assemble import MAX_ALIKE, difference_summaries
from slim.report.model import (
    DifferenceSummary,
    ExchangeSummary,
    ImageSummary,
    LookupSummary,
    ProbeSummary,
    TraceSummary,
)
from slim.report.verify_model import VERSION, ChangedSummary, VerifyReport
from slim.report.verify_text import agreement_lines, disagreement_line
from slim.verify.configuration import ConfigDifference
from slim.verify.deeds import WHY
from slim.verify.model import Difference

ANSWER = ExchangeSummary("answered", 200, None, 5, "aa", 0.1, "")
CONFIG = (
    ConfigDifference("USER", "app", None, behaviour=True),
    ConfigDifference("LABEL a", "1", "2", behaviour=False),
)
CHANGED = ChangedSummary(
    "/etc/app.conf", (AspectChange(Aspect.CONTENT, "4 bytes", "5 bytes"),), "/bin/app", "GET /"
)


def report(**more):
    fat = ImageSummary("shop:1", "sha256:0", 10, 3, 1, "linux/amd64")
    slim = ImageSummary("shop:2", "sha256:1", 9, 2, 1, "linux/amd64")
    plain = {
        "agree": True,
        "exit_code": 0,
        "strict": False,
        "probes": (ProbeSummary("GET /", "http", True, ANSWER, ANSWER),),
        "differences": (),
        "lookups": (),
        "on_purpose": (),
        "noted": (),
        "config": (),
        "changed": (),
        "slim_log": (),
        "warnings": (),
        "notes": (),
    }
    return VerifyReport(
        version=VERSION,
        slim_version="1",
        fat=fat,
        slim=slim,
        trace=TraceSummary(True, (), 1, 1, (), ("strace",)),
        port=80,
        stages=(),
        seconds=1.0,
        runs=(),
        broken=(),
        **{**plain, **more},
    )


def lines(**more):
    return list(agreement_lines(report(**more)))


def test_images_that_agree_in_everything_are_one_line():
    assert lines() == ["AGREE: shop:1 and shop:2, in 1 probe"]


def test_what_is_told_does_not_keep_images_from_agreeing():
    assert lines(config=CONFIG, changed=(CHANGED,)) == [
        "told: USER: fat 'app', slim has none",
        "told: LABEL a: not the same; no container notices",
        "told: /etc/app.conf is not the same: content 4 bytes → 5 bytes; /bin/app used it under GET /",
        "AGREE: shop:1 and shop:2, in 1 probe",
    ]


def test_with_strict_it_does():
    assert lines(config=CONFIG, changed=(CHANGED,), strict=True, agree=False) == [
        "differs: USER: fat 'app', slim has none",
        "told: LABEL a: not the same; no container notices",
        "differs: /etc/app.conf is not the same: content 4 bytes → 5 bytes; /bin/app used it under GET /",
        "DIFFER: shop:1 and shop:2, in the configuration, 1 used path",
        "  next: only what --strict makes count differs: make it the same in SLIM, or leave --strict out",
    ]


def test_what_differs_comes_last_before_the_verdict_and_the_log_after_it():
    found = lines(
        agree=False,
        probes=(ProbeSummary("GET /", "http", False, ANSWER, ANSWER),),
        differences=(DifferenceSummary("GET /", "status", "200", "404"),),
        lookups=(LookupSummary("/srv/x", "/srv/x", "/bin/app", "GET /", "ENOENT"),),
        slim_log=("it broke",),
    )
    assert found == [
        "differs: GET /: status: fat '200', slim '404'",
        "differs: /srv/x is missing: /bin/app looked for /srv/x under GET / (ENOENT)",
        "DIFFER: shop:1 and shop:2, in 1 of 1 probes, 1 look-up",
        "  next: SLIM lacks /srv/x: add what is missing to it (if slim made it, with --include /srv/x)",
        "  next: if that is meant: run again with --exclude /srv/x",
        "the slim container's last log lines:",
        "  it broke",
    ]


def test_of_many_changed_paths_some_are_named():
    found = lines(changed=(CHANGED,) * 25)
    assert found[20] == "told: … and 5 more changed paths; see report.json"
    assert len(found) == 22


def test_what_other_programs_did_is_told_by_name():
    noted = (
        DifferenceSummary("the run", "process started", "/bin/id", "", why=WHY),
        DifferenceSummary("the run", "process started", "/bin/rm", "", why=WHY),
        DifferenceSummary("the run", "file written", "", "/tmp/x", why=WHY),
    )
    assert lines(noted=noted)[:-1] == [
        f"told: process started, fat alone: /bin/id, /bin/rm: {WHY}",
        f"told: file written, slim alone: /tmp/x: {WHY}",
    ]


def test_of_thousands_of_files_the_first_are_told_with_how_many_more_there_are():
    files = (Difference("the run", "file written", f"/f{number}", "") for number in range(2000))
    others = (Difference("the run", "file written", "", "/new"), Difference("GET /", "status", "200", "500"))
    told = list(difference_summaries((*files, *others)))
    assert len(told) == MAX_ALIKE + 2
    assert [one.fat for one in told[-3:]] == [f"/f{MAX_ALIKE - 1} and {2000 - MAX_ALIKE} more", "", "200"]
    assert told[-2].slim == "/new"


def test_a_healthcheck_that_is_switched_off_is_none():
    test = (ConfigDifference("HEALTHCHECK Test", '["NONE"]', '["CMD", "true"]', behaviour=True),)
    assert (
        lines(config=test)[0] == """told: HEALTHCHECK Test: fat has no HEALTHCHECK, slim '["CMD", "true"]'"""
    )


def test_what_a_container_logged_that_did_not_start_is_told_line_by_line():
    why = "the container exited with code 1: its last log lines:\nfirst\nlast"
    found = lines(
        agree=False,
        probes=(),
        differences=(DifferenceSummary("start", "reachability", "GET /: answered", why),),
    )
    assert found == [
        "differs: start: reachability: fat 'GET /: answered', "
        "slim 'the container exited with code 1: its last log lines:'",
        "  first",
        "  last",
        "DIFFER: shop:1 and shop:2, in 1 point",
        "  next: start differs, and SLIM lacks nothing that it looks for: compare its log's last lines",
    ]


def test_what_is_refused_and_what_differs_alone_have_steps_of_their_own():
    refused = LookupSummary("/srv/[x]", "/srv/[x]", "/bin/app", "GET /", "EACCES")
    differs = DifferenceSummary("GET /", "body", "a", "b")
    steps = [line for line in lines(agree=False, lookups=(refused,)) if line.startswith("  next: ")]
    assert steps == [
        "  next: /srv/[x], or a volume over it, has another mode or owner in SLIM: correct it there",
        "  next: if that is meant: run again with --exclude '/srv/[[]x]'",
    ]
    assert lines(agree=False, differences=(differs,))[-1] == (
        "  next: GET / differs, and SLIM lacks nothing that it looks for: "
        "compare both answers in transcript.json"
    )


def test_one_line_says_how_much_differs_and_what_first():
    lookup = LookupSummary("/srv/x", "/srv/x", "/bin/app", "GET /", "ENOENT")
    differs = DifferenceSummary("GET /", "status", "200", "404")
    found = report(agree=False, differences=(differs,), lookups=(lookup,), config=CONFIG, strict=True)
    assert disagreement_line(found) == (
        "not verified: 3 differences; the first: GET /: status: fat '200', slim '404'"
    )
    strict = report(agree=False, config=CONFIG, strict=True)
    assert (
        disagreement_line(strict) == "not verified: 1 difference; the first: USER: fat 'app', slim has none"
    )
