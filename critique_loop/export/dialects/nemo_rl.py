"""Rows for NeMo-RL's preference data (https://docs.nvidia.com/nemo/rl/latest/guides/dpo.html)."""

from __future__ import annotations

from critique_loop.export.dialects.messages import assistant, messages
from critique_loop.export.dialects.shapes import PAIRED, Holds, Row, Shape
from critique_loop.values import Example, ExampleKind


class NemoRl:
    """A context and its answers with their ranks, 0 the best."""

    name = "nemo-rl"
    kinds: frozenset[ExampleKind] = PAIRED | {ExampleKind.REWARD}
    has_meta = True
    pictures: frozenset[str] = frozenset()

    def shape(self, kind: ExampleKind, *, pictures: bool = False) -> Shape:
        """Return the columns of rows of this kind."""
        del kind, pictures
        columns = {"context": Holds.PROMPT, "completions": Holds.RANKED, "meta": Holds.META}
        return Shape(columns)

    def row(self, example: Example, *, pictures: bool = False) -> Row:
        """Return the row of an example, without meta."""
        del pictures
        answers = (example.completion, example.rejected)
        return {
            "context": messages(example.prompt),
            "completions": [
                {"rank": rank, "completion": [assistant(answer)]}
                for rank, answer in enumerate(answers)
            ],
        }
