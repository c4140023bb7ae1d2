"""Stores on network file systems."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from critique_loop.store import SqliteStore, filesystems
from critique_loop.store.filesystems import NetworkFileSystem, network_file_system

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:50 / /home rw - nfs4 server:/export/home rw,vers=4.2
24 23 254:1 / /home/ada/local rw - xfs /dev/vdb rw
25 22 0:51 / /mnt/two\\040words rw - fuse.sshfs ada@host: rw
26 22 0:52 / /mnt/share rw shared:7 master:1 - cifs //server/share rw
27 22 254:2 / /mnt/disk rw - fuseblk /dev/sdb1 rw
28 22 0:53 / /again rw - ext4 /dev/vdc rw
29 28 0:54 / /again rw - 9p host rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    listed = tmp_path / "mountinfo"
    listed.write_text(MOUNTS)
    return listed


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/traces.db", ""),
        ("/home/ada/traces.db", "nfs4"),
        ("/home", "nfs4"),
        ("/homework/traces.db", ""),
        ("/home/ada/local/traces.db", ""),
        ("/mnt/two words/a/traces.db", "fuse.sshfs"),
        ("/mnt/share/../share/traces.db", "cifs"),
        ("/mnt/disk/traces.db", ""),
        ("/again/traces.db", "9p"),
    ],
)
def test_the_mount_that_a_path_lies_on_decides(mounts: Path, path: str, kind: str) -> None:
    assert network_file_system(Path(path), mounts) == kind


def test_a_system_that_lists_no_mounts_is_not_warned_of(tmp_path: Path) -> None:
    assert network_file_system(Path("/home/traces.db"), tmp_path / "missing") == ""


def test_this_machine_s_own_list_can_be_read(tmp_path: Path) -> None:
    assert network_file_system(tmp_path / "traces.db") == ""


def test_a_store_on_a_network_file_system_is_warned_of_where_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everywhere(_: Path) -> str:
        return "nfs4"

    monkeypatch.setattr(filesystems, "network_file_system", everywhere)

    with pytest.warns(NetworkFileSystem, match=r"network file system \(nfs4\)") as warned:
        SqliteStore(tmp_path / "traces.db")

    assert warned[0].filename == __file__


def test_a_store_on_a_local_disk_is_not(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        SqliteStore(tmp_path / "traces.db")
