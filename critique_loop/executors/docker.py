"""Runs drafts in hardened Docker containers: one container per task, one fork per run."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop.errors import CallError, SandboxUnavailable
from critique_loop.executors import exposure, image_names
from critique_loop.executors.cells import Terms
from critique_loop.executors.engine import Container, Engine
from critique_loop.executors.executor import Reuse, SandboxExecutor, ServerCode
from critique_loop.executors.hardening import HARDENED, Hardening
from critique_loop.executors.image import image_tag
from critique_loop.executors.limits import Limits
from critique_loop.executors.place import NO_NETWORK, Place


@dataclass(frozen=True, slots=True)
class DockerOptions:
    """What containers are made of.

    ``engine``: its address, without one the one that the environment names, see
    ``connecting.connect``. ``image``: without one the one that belongs to this version of the
    package. ``runtime``: an OCI runtime by the engine's name for it, e.g. "runsc". ``network``: one
    of the engine's networks, by name. ``environment``: names of variables of this process that
    programs see, too. ``data_root``: where copies of the data files lie during a session, see
    ``exposure.default_root``.
    """

    engine: str | None = None
    image: str = field(default_factory=image_tag)
    runtime: str | None = None
    network: str = NO_NETWORK
    environment: tuple[str, ...] = ()
    data_root: Path = field(default_factory=exposure.default_root)
    hardening: Hardening = HARDENED

    def place(self, server: str, limits: Limits, data: Path) -> Place:
        """Return what a container is made of.

        Raises:
            CallError: an option can't be had, or a variable is not set.
        """
        return Place(
            self.image,
            server,
            limits,
            data,
            self.hardening,
            self.runtime,
            self.network,
            {name: _value_of(name) for name in self.environment},
        )


def _value_of(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise CallError(
            f"The variable {name} is to be passed to the sandbox and is not set.",
            remedy=f"Set it, or leave {name} out.",
        ) from None


class DockerIsolation:
    """Makes hardened containers: no network, no rights, nothing that outlives a run."""

    name = "docker"
    not_enforced: tuple[str, ...] = ()

    def __init__(self, options: DockerOptions | None = None) -> None:
        """Nothing is asked of the engine before a container is started.

        Raises:
            CallError: an option can't be had, or a variable is not set.
        """
        self._options = options or DockerOptions()
        self._options.place("", Limits(), Path())  # says now what it would say then
        self._swept = False
        self._sweeping = threading.Lock()

    def start(self, server: str, limits: Limits) -> DockerCell:
        """Start a container, with a folder of its own for data files.

        Raises:
            SandboxUnavailable: there is no engine, no right to use it, or no image.
        """
        engine = Engine(self._options.engine)
        try:
            self._remove_leftovers(engine)
            self._require_image(engine)
            return self._start(engine, server, limits)
        except BaseException:
            engine.close()
            raise

    def _start(self, engine: Engine, server: str, limits: Limits) -> DockerCell:
        options = self._options
        shown = exposure.Exposure(options.data_root)
        try:
            place = options.place(server, limits, shown.folder)
            terms = Terms.in_a_container(limits, network=options.network != NO_NETWORK)
            return DockerCell(engine, engine.start(place), shown, terms)
        except BaseException:
            shown.remove()
            raise

    def _require_image(self, engine: Engine) -> None:
        image = self._options.image
        labels = engine.image_labels(image)
        if labels is None:
            raise SandboxUnavailable(f"There is no image {image}.", remedy=image_names.BUILD)
        obstacle = image_names.obstacle(image, labels)
        if obstacle is not None:
            raise obstacle

    def _remove_leftovers(self, engine: Engine) -> None:
        with self._sweeping:
            if not self._swept:
                engine.remove_leftovers()
                exposure.remove_leftovers(self._options.data_root)
                self._swept = True


class DockerCell:
    """A container, and the folder with the data files that it sees."""

    multiplexed = True

    def __init__(
        self, engine: Engine, container: Container, shown: exposure.Exposure, terms: Terms
    ) -> None:
        """Take over all three; ``remove`` gives them back."""
        self.id: str = container.id
        self.image_digest: str = container.image_digest
        self.connection: socket.socket = container.connection
        self.terms = terms
        self._engine = engine
        self._shown = shown

    def show(self, files: Mapping[str, Path], *, checkpoint: Callable[[], None]) -> None:
        """Let programs read these files, see ``Cell.show``."""
        for name, path in files.items():
            self._shown.add(path, name, checkpoint=checkpoint)
        if files:
            self._engine.share(self.id, self._shown.folder)

    def last_words(self) -> str:
        """Return nothing: the engine's stream brings them."""
        return ""

    def has_ended(self) -> bool:
        """Ask the engine: it keeps the stream of a container open that has ended at once."""
        try:
            return not self._engine.is_running(self.id)
        except SandboxUnavailable:
            return False  # an engine that doesn't answer says nothing of the container

    def remove(self) -> bool:
        """Remove the container and the copies of data files."""
        try:
            return self._engine.remove(self.id)
        finally:
            self._engine.close()
            self._shown.remove()


class DockerExecutor(SandboxExecutor):
    """Runs drafts in Docker, without network, rights, or anything that outlives a run."""

    def __init__(
        self,
        *,
        docker: DockerOptions | None = None,
        limits: Limits | None = None,
        inputs: Mapping[str, str | Path] | None = None,
        reuse: Reuse | None = None,
        code: ServerCode | None = None,
    ) -> None:
        """Nothing is started before a session is.

        Args:
            docker: what containers are made of.
            limits: what one run may use.
            inputs: files and folders that every program may read, under these names in its folder.
            reuse: how long containers are used, and how many wait.
            code: what runs in them, without it our own.

        Raises:
            CallError: an option can't be had, or a variable is not set.
        """
        isolation = DockerIsolation(docker)
        super().__init__(isolation, limits=limits, inputs=inputs, reuse=reuse, code=code)
