"""AutoGen both ways: its clients, agents and teams in our loop, our parts in its teams.

This package alone imports AutoGen.
"""

from critique_loop.integrations.autogen.agent_model import AgentModel
from critique_loop.integrations.autogen.agent_roles import AgentCritic, AgentWriter
from critique_loop.integrations.autogen.client_model import ClientModel
from critique_loop.integrations.autogen.criteria_met import CriteriaMet
from critique_loop.integrations.autogen.model_client import ModelClient
from critique_loop.integrations.autogen.participants import (
    CriticAgent,
    ExecutorAgent,
    Participants,
    ProxyAgent,
    WriterAgent,
    participants,
)
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.integrations.autogen.team_run import TaskOf, TeamRun
from critique_loop.integrations.autogen.unwrapping import original_errors

__all__ = [
    "AgentCritic",
    "AgentModel",
    "AgentWriter",
    "ClientModel",
    "CriteriaMet",
    "CriticAgent",
    "ExecutorAgent",
    "ModelClient",
    "Participants",
    "ProxyAgent",
    "StepMessage",
    "TaskOf",
    "TeamRun",
    "WriterAgent",
    "original_errors",
    "participants",
]
