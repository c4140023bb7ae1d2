"""AutoGen both ways: its clients, agents and teams in our loop, our parts in its teams.

This package alone imports AutoGen.
"""

from critique_loop.integrations.autogen.client_model import ClientModel
from critique_loop.integrations.autogen.model_client import ModelClient
from critique_loop.integrations.autogen.unwrapping import original_errors

__all__ = ["ClientModel", "ModelClient", "original_errors"]
