"""Any AutoGen agent or team as our writer or critic."""

from __future__ import annotations

from pathlib import Path

from autogen_agentchat.base import ChatAgent, Team

from critique_loop.critics.model import ModelCritic
from critique_loop.definitions import Definition, Sharing
from critique_loop.integrations.autogen.agent_model import AgentModel
from critique_loop.writers.model import ModelWriter

_ALL = Sharing()


class AgentWriter(ModelWriter):
    """Writes programs by asking an agent or a team.

    It is told what a model would be, all rounds so far included, and begins anew with each draft.
    The last complete fenced block that parses, of all that a team said, is the program.
    """

    def __init__(
        self,
        agent: ChatAgent | Team | AgentModel,
        *,
        definition: Definition | str | Path = "chart_writer",
        sharing: Sharing = _ALL,
    ) -> None:
        """Give an ``AgentModel`` to say what the agent costs; the rest is as for ``ModelWriter``.

        Raises:
            DefinitionError: the definition is wrong, or is no writer's.
        """
        super().__init__(_model(agent), definition=definition, sharing=sharing)


class AgentCritic(ModelCritic):
    """Scores by asking an agent or a team.

    Its answer is a JSON object, asked for in words and checked here; what does not fit stays
    unscored. An agent that sees pictures must tell its tokens (``models_usage``), which have to
    grow with a picture.
    """

    def __init__(
        self,
        agent: ChatAgent | Team | AgentModel,
        *,
        definition: Definition | str | Path = "chart_critic",
        sharing: Sharing = _ALL,
    ) -> None:
        """Give an ``AgentModel`` to say what the agent costs; the rest is as for ``ModelCritic``.

        Raises:
            DefinitionError: the definition is wrong, or is no critic's.
        """
        super().__init__(_model(agent), definition=definition, sharing=sharing)


def _model(agent: ChatAgent | Team | AgentModel) -> AgentModel:
    return agent if isinstance(agent, AgentModel) else AgentModel(agent)
