"""What the package warns of, on the command line."""

from __future__ import annotations

import warnings

import pytest

from critique_loop.cli.notices import show_warnings_as_notices
from critique_loop.store.filesystems import NetworkFileSystem


def test_only_our_own_warnings_become_notices(capsys: pytest.CaptureFixture[str]) -> None:
    theirs: list[str] = []

    def keep(message: Warning | str, *_: object) -> None:
        theirs.append(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = keep
        warnings.simplefilter("always")
        show_warnings_as_notices()

        warnings.warn("beware of nfs", NetworkFileSystem, stacklevel=1)
        warnings.warn("something else", UserWarning, stacklevel=1)

    assert capsys.readouterr().err == "notice: beware of nfs\n"
    assert theirs == ["something else"]
