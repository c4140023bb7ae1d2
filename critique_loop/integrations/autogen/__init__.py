"""AutoGen both ways: its clients, agents and teams in our loop, our parts in its teams.

This package alone imports AutoGen.
"""

from critique_loop.integrations.autogen.agent_model import AgentModel
from critique_loop.integrations.autogen.agent_roles import AgentCritic, AgentWriter
from critique_loop.integrations.autogen.autogen_executor import AutogenExecutor
from critique_loop.integrations.autogen.client_model import ClientModel
from critique_loop.integrations.autogen.criteria_met import CriteriaMet
from critique_loop.integrations.autogen.loop_agent import LoopAgent
from critique_loop.integrations.autogen.loop_tool import LoopResult, loop_tool
from critique_loop.integrations.autogen.model_client import ModelClient
from critique_loop.integrations.autogen.participants import (
    CriticAgent,
    ExecutorAgent,
    Participants,
    ProxyAgent,
    WriterAgent,
    participants,
)
from critique_loop.integrations.autogen.sandbox_code_executor import (
    SandboxCodeExecutor,
    SandboxCodeResult,
)
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.integrations.autogen.team_run import TaskOf, TeamRun
from critique_loop.integrations.autogen.unwrapping import original_errors
from critique_loop.integrations.autogen.user_input import input_from

__all__ = [
    "AgentCritic",
    "AgentModel",
    "AgentWriter",
    "AutogenExecutor",
    "ClientModel",
    "CriteriaMet",
    "CriticAgent",
    "ExecutorAgent",
    "LoopAgent",
    "LoopResult",
    "ModelClient",
    "Participants",
    "ProxyAgent",
    "SandboxCodeExecutor",
    "SandboxCodeResult",
    "StepMessage",
    "TaskOf",
    "TeamRun",
    "WriterAgent",
    "input_from",
    "loop_tool",
    "original_errors",
    "participants",
]
