"""How the loop of a chart is built, as plain data that a trace can keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

from critique_loop.budget import Budget
from critique_loop.errors import CallError, StoreError
from critique_loop.values import QuestionKind

PARTS = ("summary", "samples", "code", "output", "picture")


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Everything that is needed to build the same loop again; never a key.

    ``model`` and ``critic_model`` are names from the user's file of models, or names that the
    server at ``base_url`` knows; "" is the grammar writer, and the measured critic alone. ``panel``
    are further models that judge, each with a vote, ``bigger_critic`` is asked where they disagree.
    ``config`` is the path of that file ("": the user's own). ``price`` is US dollars for a million
    tokens of input and output, for models without an entry. ``writer_agent`` and ``critic_agent``
    are paths of agent files, or names of shipped ones. ``candidates`` and ``critic_samples`` are
    answers per turn (0: as the agent says). ``withheld`` names the parts that models are not shown.
    ``cache`` is "use", "record", "replay" or "off". ``sandbox`` is where drafts run. ``ask_at``
    names the moments at which a person is asked, ``apply_above``, ``unsure_below`` and
    ``gates_first`` are those of ``proxy.Asking``. ``programs`` are paths of programs that are
    judged before anybody writes one.
    ``sample`` is the number of this run among several of the same task: each has answers of its
    own.
    """

    model: str = ""
    critic_model: str = ""
    panel: tuple[str, ...] = ()
    bigger_critic: str = ""
    base_url: str = ""
    key_env: str = ""
    config: str = ""
    price: tuple[float, float] | None = None
    deadline_s: float | None = None
    local_only: bool = False
    cache: str = "use"
    writer_agent: str = ""
    critic_agent: str = ""
    candidates: int = 0
    critic_samples: int = 0
    withheld: tuple[str, ...] = ()
    sandbox: str = "auto"
    ask_at: tuple[str, ...] = ("stuck",)
    apply_above: float = 0.8
    unsure_below: float | None = None
    gates_first: bool = True
    programs: tuple[str, ...] = ()
    sample: int = 0
    max_rounds: int | None = 6
    max_time_s: float | None = 300.0
    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost_usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no loop can be built of.

        Raises:
            CallError: an agent or a setting of models without a model; an unknown part or mode.
        """
        for agent, model in (("writer", self.model), ("critic", self.critic_model)):
            if getattr(self, f"{agent}_agent") and not model:
                option = "--model" if agent == "writer" else "--critic-model"
                raise CallError(
                    f"an agent file is given for the {agent}, but no model",
                    remedy=f"Say which model is to follow it: {option}.",
                )
        self._refuse_half_a_panel()
        for part in self.withheld:
            if part not in PARTS:
                raise CallError(
                    f"{part!r} is no part that could be kept back",
                    remedy=f"Parts: {', '.join(PARTS)}.",
                )
        for moment in self.ask_at:
            if moment not in list(QuestionKind):
                known = ", ".join(QuestionKind)
                raise CallError(f"{moment!r} is no moment to ask", remedy=f"Moments: {known}.")
        if self.cache not in ("use", "record", "replay", "off"):
            raise CallError(
                f"{self.cache!r} is no cache mode", remedy="use, record, replay or off."
            )

    def _refuse_half_a_panel(self) -> None:
        if (self.panel or self.bigger_critic) and not self.critic_model:
            raise CallError(
                "a panel is named, and no model that judges first",
                remedy="Name its first member: --critic-model.",
            )
        if self.bigger_critic and not self.panel:
            raise CallError(
                f"{self.bigger_critic} is to be asked where critics disagree, and there is one",
                remedy="Name another one: --panel.",
            )

    @property
    def judges(self) -> tuple[str, ...]:
        """The names of all models that may judge."""
        named = (self.critic_model, *self.panel, self.bigger_critic)
        return tuple(name for name in named if name)

    @property
    def budget(self) -> Budget:
        """The most that a run may use."""
        return Budget(
            max_rounds=self.max_rounds,
            max_time_s=self.max_time_s,
            max_calls=self.max_calls,
            max_tokens=self.max_tokens,
            max_cost_usd=self.max_cost_usd,
        )

    def plain(self) -> dict[str, object]:
        """Return JSON types, for the trace."""
        fields = asdict(self).items()
        return {
            name: list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value
            for name, value in fields
        }

    @classmethod
    def from_plain(cls, settings: Mapping[str, object]) -> LoopSettings:
        """Return what ``plain`` was made of; what this version doesn't know is left out.

        Raises:
            StoreError: a value is none that the settings could have.
        """
        import msgspec  # noqa: PLC0415 - only runs that are resumed pay for it

        try:
            return msgspec.convert(dict(settings), cls)
        except (msgspec.ValidationError, CallError) as error:
            raise StoreError(f"the settings of a stored run can't be read: {error}") from error
