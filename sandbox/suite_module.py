"""The draft as tests see it: a module that they import, whose names lead into its process."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from candidates import Entry
from suite_subject import Subject, named


class SolutionModule(ModuleType):
    """Looks up every name in the draft's process."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.module)
        self.__dict__["_subject"] = subject

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any value
        """Return what the draft has under this name."""
        subject: Subject = self.__dict__["_subject"]
        if name == "__all__":
            return public_names(subject)
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return named(subject, name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set a name of the draft's, in the process there is."""
        if name.startswith("__"):
            super().__setattr__(name, value)
        else:
            self.__dict__["_subject"].do("setattr", Entry(""), name, value)

    def __delattr__(self, name: str) -> None:
        """Delete a name of the draft's, in the process there is."""
        self.__dict__["_subject"].do("delattr", Entry(""), name)


def public_names(subject: Subject) -> list[str]:
    """Return what ``from module import *`` takes."""
    if subject.kind_of("__all__"):
        found = subject.do("getattr", Entry(""), "__all__")
    else:
        found = subject.do("dir", Entry(""))
        found = [name for name in found if not str(name).startswith("_")]
    return [str(name) for name in found]
