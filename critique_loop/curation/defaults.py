"""The steps as they are taken where nobody says otherwise: cheap ones first, draws last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from critique_loop.curation.decontamination import Decontamination
from critique_loop.curation.duplicates import ExactDuplicates, MaskedDuplicates, ProgramDuplicates
from critique_loop.curation.language import Language
from critique_loop.curation.length import Length
from critique_loop.curation.near import NearDuplicates
from critique_loop.curation.personal import PersonalData
from critique_loop.curation.pipeline import CurationStep
from critique_loop.curation.sampling import Balance, Cap, Sample
from critique_loop.curation.secrets import Secrets
from critique_loop.curation.unsafe import Unsafe


def cleaning() -> tuple[CurationStep, ...]:
    """Return the steps that drop what nobody should train on, whatever the purpose."""
    return (
        Length(),
        ExactDuplicates(),
        MaskedDuplicates(),
        ProgramDuplicates(),
        Secrets(),
        PersonalData(),
        Unsafe(),
        NearDuplicates(),
    )


@dataclass(frozen=True, slots=True)
class Curation:
    """What is asked for beside the cleaning.

    ``languages`` of prose ("en"); ``benchmarks`` are files that nothing may give away; ``cap`` is
    the most examples of a group of tasks; ``balance`` the most for one of the rarest kind of task;
    ``rows`` the most in all. None leaves a step out.
    """

    languages: tuple[str, ...] = ()
    benchmarks: tuple[Path, ...] = ()
    cap: int | None = None
    balance: float | None = None
    rows: int | None = None
    seed: int = 0

    def steps(self) -> tuple[CurationStep, ...]:
        """Return the steps, in the order in which they are taken.

        Raises:
            CallError: a number is below 1.
        """
        asked: list[CurationStep] = []
        if self.languages:
            asked.append(Language(self.languages))
        if self.benchmarks:
            asked.append(Decontamination(self.benchmarks))
        if self.cap is not None:
            asked.append(Cap(self.cap))
        if self.balance is not None:
            asked.append(Balance(self.balance, self.seed))
        if self.rows is not None:
            asked.append(Sample(self.rows, self.seed))
        return (*cleaning(), *asked)
