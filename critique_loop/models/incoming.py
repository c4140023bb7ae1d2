"""An answer while it arrives: one JSON document, or a stream of server-sent events."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

import msgspec

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.candidates import Answered
from critique_loop.models.completions import Completion, decoded, has_error, usage_of
from critique_loop.models.redaction import Redactor
from critique_loop.models.refusals import refused
from critique_loop.values import Usage

_MOST_BYTES = 64 * 1024 * 1024
_SHOWN = 100_000  # bytes; far more than a message shows, so that no key is cut in two
_DONE = "[DONE]"


class Incoming:
    """Takes in what arrives and holds what it says so far.

    ``answers`` are the candidates by number, ``usage`` what the server counted, ``model`` how it
    names itself.
    """

    def __init__(self, *, is_stream: bool, redactor: Redactor) -> None:
        """``is_stream`` says whether a stream was asked for; a document will do all the same."""
        self.answers: dict[int, Answered] = {}
        self.usage: Usage = Usage()
        self.model: str = ""
        self._status = 200
        self._headers: dict[str, str] = {}
        self._is_stream = is_stream
        self._redactor = redactor
        self._data = bytearray()
        self._events = EventReader()
        self._has_events = False
        self._is_done = False

    @property
    def partial(self) -> str:
        """The text of the first candidate so far."""
        first = next(iter(self.answers.values()), None)
        return self._redactor.clean(first.text or first.arguments) if first else ""

    def begin(self, status: int, headers: dict[str, str]) -> None:
        """Note how the answer begins."""
        self._status, self._headers = status, headers

    def take(self, chunk: bytes) -> bool:
        """Take in the next bytes; whether nothing more is wanted.

        Raises:
            ModelError: they are no chat completion, too many, or an error.
        """
        self._data += chunk
        if len(self._data) > _MOST_BYTES:
            raise ModelError(ModelErrorKind.PROTOCOL, "the server's answer does not end")
        if self._is_stream:
            self._take_events(self._events.feed(chunk))
        return self._is_done

    def finish(self) -> None:
        """Read what has arrived, now that it is all.

        Raises:
            ModelError: it is no complete chat completion, or an error.
        """
        if self._is_stream:
            self._take_events(self._events.feed(b"\n\n"))  # the last event may lack its end
        if self._has_events:
            self._check_stream()
            return
        completion = decoded(bytes(self._data), status=self._status, redactor=self._redactor)
        self._take_completion(completion, bytes(self._data))
        if completion.choices is msgspec.UNSET:
            self._refuse("the server's answer has no choices")

    def _take_events(self, events: Iterable[str]) -> None:
        for event in events:
            self._has_events = True
            if self._is_done:
                return
            if event.strip() == _DONE:
                self._is_done = True
                return
            data = event.encode()
            chunk = decoded(data, status=self._status, redactor=self._redactor)
            self._take_completion(chunk, data)

    def _take_completion(self, completion: Completion, data: bytes) -> None:
        if has_error(completion) or _is_bare_error(completion, data):
            error = refused(self._status, self._headers, data, self._redactor)
            error.is_free = error.is_free and not self.answers
            error.partial = self.partial
            raise error
        self.model = completion.model or self.model
        usage = usage_of(completion)
        if usage.total is not None:
            self.usage = usage
        choices = completion.choices
        for position, candidate in enumerate(choices if isinstance(choices, list) else []):
            index = position if candidate.index is None else candidate.index
            self.answers.setdefault(index, Answered()).add(candidate)

    def _check_stream(self) -> None:
        open_ones = [answer for answer in self.answers.values() if answer.finish_reason is None]
        if open_ones or not (self._is_done or self.answers):
            self._refuse("the stream ended without saying why (no finish_reason)")

    def _refuse(self, problem: str) -> None:
        shown = self._redactor.snippet(bytes(self._data[:_SHOWN]).decode(errors="replace"))
        error = ModelError(ModelErrorKind.PROTOCOL, f"{problem}: {shown}", status=self._status)
        error.partial = self.partial
        raise error


class EventReader:
    """Cuts a stream of bytes into the data of its events, as the HTML standard defines them."""

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._end = ""  # maybe the first half of a line's end
        self._pieces: list[str] = []  # of the line so far: put together once, when it ends
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """Return the data of the events that end within ``chunk``."""
        text = self._end + self._decoder.decode(chunk)
        self._end = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r")
        first, *others = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._pieces.append(first)
        if not others:
            return []
        lines = ["".join(self._pieces), *others[:-1]]
        self._pieces = [others[-1]]
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> str | None:
        if not line:
            event, self._data = "\n".join(self._data), []
            return event or None
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
        return None


def _is_bare_error(completion: Completion, data: bytes) -> bool:
    """Whether a document without choices says what is wrong in another form."""
    return completion.choices is msgspec.UNSET and any(
        word in data[:200] for word in (b'"message"', b'"detail"')
    )
