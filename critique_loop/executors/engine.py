"""The container engine: start a hardened container, attach to it, remove it for sure."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import Mount

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors.boot import BOOT
from critique_loop.executors.connecting import TIMEOUT_S, Address, open_connection
from critique_loop.executors.engine_facts import EngineFacts
from critique_loop.executors.owner import Owner, is_orphan
from critique_loop.executors.place import Place
from critique_loop.executors.silence import explained
from critique_loop.executors.volumes import Volumes

__all__ = ["DATA", "OWNER_LABEL", "Container", "Engine", "Place", "explained"]

OWNER_LABEL = "critique-loop.owner"
DATA = "/data"

_REMOVAL_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.005, 0.1
_DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Container:
    """A running container in the engine's own words, and the stream to its process 1."""

    id: str
    image_digest: str
    connection: socket.socket


@dataclass(frozen=True, slots=True)
class _Share:
    """How a container on another machine gets its data files."""

    volume: str
    image: str


class Engine:
    """One connection to an engine, Docker's or podman's."""

    def __init__(self, url: str | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        """Connect, see ``connecting.connect``; ``timeout_s`` is the deadline of each call.

        Raises:
            SandboxUnavailable: no engine answers; the remedy is the command that mends it.
        """
        found = open_connection(url, timeout_s=timeout_s)
        self._client: Any = found.client
        self._api: Any = found.client.api
        self.address: Address = found.address
        self._on_socket = found.address.socket_path is not None
        self._volumes = Volumes(self._api, OWNER_LABEL)
        self._shares: dict[str, _Share] = {}

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    @cached_property
    def info(self) -> EngineFacts:
        """What the engine says about itself."""
        with _told():
            return EngineFacts.from_info(self._api.info(), on_socket=self._on_socket)

    @property
    def version(self) -> str:
        """The engine's version."""
        with _told():
            return str(self._api.version()["Version"])

    def image_labels(self, image: str) -> dict[str, str] | None:
        """Return the labels of ``image``, None where the engine has none of that name."""
        with _told():
            try:
                facts = self._api.inspect_image(image)
            except ImageNotFound:
                return None
        return dict(facts["Config"].get("Labels") or {})

    def start(self, place: Place) -> Container:
        """Start a hardened container and attach to it; it sees what is in ``place.data``.

        Raises:
            SandboxUnavailable: the engine won't, has no such runtime, or can't enforce the limits.
            MachineError: a data file changed while it was sent to an engine elsewhere.
        """
        self.info.require_runtime(place.runtime)
        self.info.require_limits(
            memory=place.hardening.limits_memory, processes=place.hardening.limits_processes
        )
        with _told():
            volume = None if self.info.is_local else self._volumes.create(_owner())
            try:
                return self._start(place, volume)
            except BaseException:
                if volume is not None:
                    self._volumes.remove(volume)
                raise

    def share(self, container_id: str, data: Path) -> None:
        """Let a running container see what was added to ``data``; a local one sees it anyway.

        Raises:
            SandboxUnavailable: the engine won't.
            MachineError: a file changed while it was sent.
        """
        share = self._shares.get(container_id)
        if share is not None:
            with _told():
                self._fill(share, data)

    def remove(self, container_id: str) -> bool:
        """Remove a container and its data, running or not; return whether both are gone.

        It also removes itself when its process 1 ends, and the two may meet: the engine then
        answers with a conflict for a while. What stays is left to a later ``remove_leftovers``.
        """
        gone = _persistently(lambda: self._remove_container(container_id))
        share = self._shares.get(container_id)
        if gone and share is not None:
            gone = _persistently(lambda: self._volumes.remove(share.volume))
        if gone:
            self._shares.pop(container_id, None)
        return gone

    def facts(self, container_id: str) -> Any:  # noqa: ANN401 - the engine's own JSON
        """Return all that the engine tells about a container."""
        with _told():
            return self._api.inspect_container(container_id)

    def is_running(self, container_id: str) -> bool:
        """Return whether a container runs; one that is gone doesn't."""
        with _told():
            try:
                return bool(self._api.inspect_container(container_id)["State"]["Running"])
            except NotFound:
                return False

    def ours(self) -> list[str]:
        """Return the ids of all containers of this package, whoever made them."""
        return [str(each["Id"]) for each in self._labelled()]

    def remove_leftovers(self) -> int:
        """Remove what is left of processes that have ended; return how many containers went.

        A container in which removal got stuck can't be used by anyone, whoever made it.
        """
        removed = sum(self.remove(container) for container in self.orphans())
        for volume in self.orphaned_volumes():
            self.remove_volume(volume)
        return removed

    def orphans(self) -> list[str]:
        """Return the ids of the containers that ``remove_leftovers`` would remove."""
        return [
            str(each["Id"])
            for each in self._labelled()
            if is_orphan(str(each["Labels"][OWNER_LABEL])) or each.get("State") == _DEAD
        ]

    def orphaned_volumes(self) -> list[str]:
        """Return the names of the volumes whose makers have ended."""
        with _told():
            return [volume for volume, token in self._volumes.owners() if is_orphan(token)]

    def remove_volume(self, volume: str) -> bool:
        """Remove a volume; return whether it is gone: not while a container has it."""
        with _told():
            return self._volumes.remove(volume)

    def _labelled(self) -> list[dict[str, Any]]:
        with _told():
            return list(self._api.containers(all=True, filters={"label": OWNER_LABEL}))

    def _remove_container(self, container_id: str) -> bool:
        try:
            self._api.remove_container(container_id, force=True, v=True)
        except NotFound:
            return True
        # Gone only when the engine doesn't know it any more.
        return False

    def _start(self, place: Place, volume: str | None) -> Container:
        created = str(self._create(place, volume)["Id"])
        try:
            if volume is not None:
                share = self._shares[created] = _Share(volume, place.image)
                self._fill(share, place.data)
            connection = self._attach(created)
            try:
                self._api.start(created)
                facts = self._api.inspect_container(created)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            self.remove(created)
            raise
        return Container(str(facts["Id"]), str(facts["Image"]), connection)

    def _fill(self, share: _Share, data: Path) -> None:
        self._volumes.fill(share.volume, data, image=share.image, owner=_owner(), at=DATA)

    def _create(self, place: Place, volume: str | None) -> Any:  # noqa: ANN401 - the SDK's own dict
        return self._api.create_container(
            place.image,
            ["-B", "-c", BOOT, place.server],
            entrypoint=["python3"],
            user=place.hardening.new_user(mapped=self.info.maps_users),
            environment=place.variables,
            # The user's proxies, passwords and all, are no business of a draft.
            use_config_proxy=False,
            working_dir="/",
            labels={OWNER_LABEL: _owner()},
            stdin_open=True,
            network_disabled=place.network_mode == "none",
            host_config=self._host_config(place, volume),
        )

    def _host_config(self, place: Place, volume: str | None) -> Any:  # noqa: ANN401 - the SDK's own dict
        source, kind = (str(place.data), "bind") if volume is None else (volume, "volume")
        options = place.hardening.options(place.limits, inodes=self.info.kind == "docker")
        if place.hardening.read_only:
            options["tmpfs"] |= self.info.closed_folders
        return self._api.create_host_config(
            **{**options, "network_mode": place.network_mode},
            mounts=[Mount(DATA, source, type=kind, read_only=True)],
            runtime=place.runtime,
            auto_remove=True,
        )

    def _attach(self, container_id: str) -> socket.socket:
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        stream = self._api.attach_socket(container_id, params=streams)
        if isinstance(stream, ssl.SSLSocket):
            # Over TLS it is the socket itself, which the reader of the answer would keep open.
            stream._response.raw._fp.close()  # noqa: SLF001 - the SDK hangs it there # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - same
            return stream
        # Taken out of the SDK's objects, which would keep it open until they are collected.
        connection = socket.socket(fileno=stream._sock.detach())  # noqa: SLF001 - its documented use
        stream.close()
        return connection


def _owner() -> str:
    return Owner.this_process().token


def _persistently(step: Callable[[], bool]) -> bool:
    """Repeat a removal until it is done; return whether it is."""
    deadline = time.monotonic() + _REMOVAL_S
    pause_s = _FIRST_PAUSE_S
    while time.monotonic() < deadline:
        try:
            if step():
                return True
        except APIError:
            pass  # The engine is in the middle of it.
        except requests.RequestException:
            return False  # The engine hangs or is gone; each further try would wait as long.
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return False


@contextmanager
def _told() -> Generator[None]:
    """Turn the engine's refusals into ours."""
    try:
        yield
    except APIError as refusal:
        raise SandboxUnavailable(
            f"The Docker engine refused: {refusal.explanation or refusal}",
            remedy="critique-loop doctor",
        ) from refusal
    except (DockerException, requests.RequestException) as failure:
        raise explained(failure) from failure
