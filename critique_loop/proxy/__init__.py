"""The user proxy: the user's criteria as data, and a door to a person."""

from critique_loop.proxy.asks import Ask, never, pause, with_timeout
from critique_loop.proxy.deciding import Asking, UserProxy

__all__ = ["Ask", "Asking", "UserProxy", "never", "pause", "with_timeout"]
