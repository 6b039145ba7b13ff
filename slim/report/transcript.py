"""From the runs to their transcript: masked first, cut afterwards, so that no cut bares half a secret."""

from __future__ import annotations

import base64
import hashlib

from probes.exercise.exchange import BODY_HELD, Exchange, Sent
from probes.exercise.exchange import Transcript as Run
from slim import __version__
from slim.report.assemble import RunResult
from slim.report.masking import Secrets
from slim.report.transcript_model import (
    VERSION,
    Answer,
    End,
    Excerpt,
    ProbeRecord,
    RunRecord,
    SentRecord,
    TranscriptFile,
)

BODY_LIMIT = 16 << 10
"""Bytes that are kept of a body."""
TOTAL_LIMIT = 16 << 20
"""Bytes that are kept of all bodies of a transcript."""
_MASKED_FROM = BODY_HELD
"""Bytes that are looked at for secrets: one that begins within the limit may end beyond it."""
_CONTROL = frozenset(map(chr, (*range(9), 11, *range(14, 27), *range(28, 32), 127)))
"""Characters that no text has; tab, line ends, form feed and the escape of terminals are none of them."""


def transcript_of(
    runs: tuple[RunResult, ...], secrets: Secrets, *, total_limit: int = TOTAL_LIMIT
) -> TranscriptFile:
    """The transcript of `runs`; bodies beyond `total_limit` bytes in all are left out."""
    writer = _Writer(secrets, total_limit)
    records = tuple(writer.run(run) for run in runs)
    return TranscriptFile(VERSION, __version__, BODY_LIMIT, total_limit, writer.truncated, records)


class _Writer:
    """How many bytes are left, and whether anything was cut."""

    def __init__(self, secrets: Secrets, left: int) -> None:
        self._secrets = secrets
        self._left = left
        self._masked: dict[str, str] = {}
        """Texts of one probe: the answer of the slim image is most often that of the fat one."""
        self.truncated = False

    def run(self, run: RunResult) -> RunRecord:
        replayed = run.slim.transcript.exchanges if run.slim else ()
        probes = []
        for index, fat in enumerate(run.fat.transcript.exchanges):
            slim = replayed[index] if index < len(replayed) else None
            self._masked.clear()
            probes.append(
                ProbeRecord(
                    self._secrets.text(fat.probe),
                    fat.kind,
                    self._secrets.text(fat.found_by),
                    self._answer(fat),
                    self._answer(slim) if slim else None,
                )
            )
        return RunRecord(
            run.name,
            self._secrets.words(run.command),
            self._end(run.fat.transcript),
            self._end(run.slim.transcript) if run.slim else None,
            tuple(probes),
        )

    def _end(self, run: Run) -> End:
        log = self._secrets.text("\n".join(run.log_tail))
        return End(run.container_exit_code, run.listening, tuple(log.splitlines()))

    def _answer(self, one: Exchange) -> Answer:
        mask = self._secrets.text
        return Answer(
            result=one.result.value,
            sent=self._sent(one.sent) if one.sent else None,
            attempts=one.attempts,
            status=one.status,
            url=mask(one.url),
            redirects=tuple(map(mask, one.redirects)),
            headers=self._headers(one.headers),
            exit_code=one.exit_code,
            body=self._excerpt(one.body, one.body_size, one.body_sha256),
            stderr=self._excerpt(one.stderr, len(one.stderr), hashlib.sha256(one.stderr).hexdigest()),
            started=round(one.started, 3),
            seconds=round(one.seconds, 4),
            detail=mask(one.detail),
        )

    def _sent(self, sent: Sent) -> SentRecord:
        known = sent.body_size <= len(sent.body)
        digest = hashlib.sha256(sent.body).hexdigest() if known else ""
        body = self._excerpt(sent.body, max(sent.body_size, len(sent.body)), digest)
        return SentRecord(self._secrets.text(sent.line), self._headers(sent.headers), body)

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._secrets.header(name, value)) for name, value in headers)

    def _excerpt(self, data: bytes, size: int, sha256: str) -> Excerpt:
        seen = data[:_MASKED_FROM]
        cut = size > len(seen)
        limit = max(0, min(BODY_LIMIT, self._left))
        if seen and not limit:  # masking much for nothing takes its time
            self.truncated = True
            return Excerpt("", None, size, sha256, truncated=True)
        text = _text(seen, cut=cut)
        if text is None:
            masked = self._secrets.data(seen)
            kept = masked[:limit]
            encoded = base64.b64encode(kept).decode()
        else:
            masked_text = self._masked[text] = self._masked.get(text) or self._secrets.text(text)
            if cut:
                masked_text = self._secrets.without_cut_secret(masked_text)
            masked = masked_text.encode("utf-8", "surrogateescape")
            kept = masked[:limit]
        truncated = cut or len(kept) < len(masked)
        self._left -= len(kept)
        self.truncated = self.truncated or truncated
        if text is None:
            return Excerpt(None, encoded, size, sha256, truncated)
        return Excerpt(kept.decode("utf-8", "ignore"), None, size, sha256, truncated)


def _text(data: bytes, *, cut: bool) -> str | None:
    """`data` as text; None where it is none. `cut`: its last character may lack bytes."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not cut or error.start < len(data) - 3:
            return None
        text = data[: error.start].decode("utf-8")
    return None if _CONTROL.intersection(text) else text
