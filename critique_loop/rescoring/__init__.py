"""Stored runs scored again, by another rubric or other critics: nothing is written or run anew."""

from critique_loop.rescoring.comparing import RescoredRound, Rescoring
from critique_loop.rescoring.fitting import Fit, fit
from critique_loop.rescoring.scoring import rescore
from critique_loop.rescoring.stored import read, rescorings

__all__ = [
    "Fit",
    "RescoredRound",
    "Rescoring",
    "fit",
    "read",
    "rescore",
    "rescorings",
]
