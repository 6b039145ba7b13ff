"""What further runs of both images make of a difference that may be chance."""

from dataclasses import replace

from runs import answer, output, run, wrote

from slim.oci.path import image_path
from slim.verify.further import came_out_otherwise, may_be_chance, settled
from slim.verify.model import LookupDifference
from slim.verify.verdict import THE_RUN, verdict_of

MISSING = LookupDifference(image_path("/srv/a"), "/srv/a", "/bin/app", "probe", "ENOENT")


def verdicts(fats, slims):
    """Each of `slims` against all of `fats`."""
    return [verdict_of(fats[0], tuple(fats[1:]), one) for one in slims]


def of(fats, *slims):
    return settled(verdicts(fats, slims), ["probe"], len(fats))


A, B = run(output("one\n")), run(output("one\ntwo\n"))
RESET = run(answer("x"), errors=("ConnectionResetError: reset by peer",))
QUIET = run(answer("x"))


def test_another_answer_may_be_chance_and_another_outcome_may_not():
    (verdict,) = verdicts([A, A], [B])
    assert may_be_chance(verdict)
    assert not came_out_otherwise(verdict)
    for broken in (
        run(output("one\n", exit_code=1)),
        run(),
        replace(A, transcript=replace(A.transcript, container_exit_code=9)),
    ):
        (verdict,) = verdicts([A, A], [broken])
        assert came_out_otherwise(verdict)
        assert not may_be_chance(verdict)


def test_nothing_is_chance_where_something_was_looked_up_in_vain():
    (verdict,) = verdicts([A, A], [B])
    assert not may_be_chance(replace(verdict, lookups=(MISSING,)))


def test_what_agrees_needs_no_chance():
    assert not may_be_chance(verdicts([A, A], [A])[0])


def test_what_one_of_two_replays_shows_is_told_and_fails_nothing():
    for slims in ((B, A), (A, B)):
        verdict = of([A, A], *slims)
        assert (verdict.verified, verdict.agreed) == (True, 1)
        assert [(one.aspect, one.slim) for one in verdict.noted] == [("standard output", "two")]
        assert verdict.noted[0].why == (
            "not in all of 2 runs of the slim image, and in none of 2 of the fat one: chance"
        )


def test_what_each_replay_shows_fails():
    verdict = of([A, A], B, B, B)
    assert [one.aspect for one in verdict.differences] == ["standard output"]
    assert (verdict.verified, verdict.agreed, verdict.noted) == (False, 0, ())


def test_what_a_later_fat_run_shows_too_is_volatile():
    verdict = of([A, A, B], B, B)
    assert (verdict.verified, verdict.agreed) == (True, 1)


def test_an_error_that_is_logged_once_is_told():
    verdict = of([QUIET, QUIET], RESET, QUIET)
    assert verdict.verified
    assert [(one.probe, one.aspect) for one in verdict.noted] == [(THE_RUN, "error in the log")]
    assert not of([QUIET, QUIET, QUIET], RESET, RESET).verified


def test_another_outcome_in_a_later_replay_counts():
    died = run(output("one\n", exit_code=1))
    verdict = of([A, A], B, died)
    assert [one.aspect for one in verdict.differences] == ["exit code"]


def test_what_a_later_replay_misses_counts():
    first, second = verdicts([A, A], [B, A])
    verdict = settled([first, replace(second, lookups=(MISSING,))], ["probe"], 2)
    assert (verdict.verified, verdict.lookups) == (False, (MISSING,))


def test_one_replay_is_what_it_is():
    (verdict,) = verdicts([A, A], [B])
    assert settled([verdict], ["probe"], 2) == verdict


def test_another_file_each_time_is_chance_and_the_same_one_is_not():
    both = run(answer("x"), accesses=wrote("/tmp/red", "/tmp/green"))
    red, green, none = (
        run(answer("x"), accesses=wrote(*paths)) for paths in (["/tmp/red"], ["/tmp/green"], [])
    )
    verdict = of([both, both], red, green, none)
    assert verdict.verified
    assert [one.fat for one in verdict.noted] == ["/tmp/green", "/tmp/red"]
    assert [one.fat for one in of([both, both], red, none, red).differences] == ["/tmp/green"]


def test_a_line_that_is_lost_is_lost_wherever_it_would_stand():
    def ran(before, *lines):
        return run(output("\n".join((*(f"try {one}" for one in range(before)), *lines)) + "\n"))

    fats = [ran(2, "begin", "end"), ran(4, "begin", "end")]
    verdict = of(fats, ran(3, "end"), ran(5, "end"), ran(2, "end"))
    assert [(one.where, one.fat, one.slim) for one in verdict.differences] == [("line 3", "begin", "")]


def test_a_line_that_is_lost_is_found_beside_many_that_are_chance():
    fat = run(output("".join(f"job {one} done\n" for one in "abcdefgh") + "bye\n"))

    def lacks(letters, end=""):
        return run(output("".join(f"job {one} done\n" for one in "abcdefgh" if one not in letters) + end))

    lost = of([fat, fat], lacks("aceg"), lacks("bdf"), lacks("bdh"))
    assert [(one.where, one.fat) for one in lost.differences] == [("line 9", "bye")]
    assert of([fat, fat], lacks("aceg", "bye\n"), lacks("bdf", "bye\n"), lacks("acg", "bye\n")).verified


def test_a_few_of_many_are_told():
    fat, slim = (run(output("".join(f"{one}\nand\n" for one in letters))) for letters in ("abcdef", "uvwxyz"))
    assert [one.where for one in of([fat, fat], slim).differences] == ["line 1", "line 3", "line 5"]
