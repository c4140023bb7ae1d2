"""The system calls that a program of the sandbox may make: a filter, and its installation.

The filter is a program of classic BPF that the kernel runs before each system call, over a
``struct seccomp_data`` (seccomp(2), linux/filter.h, linux/seccomp.h). It stays for good and is
handed on to children. It holds by itself, whatever an engine filters besides; what it does:

    another architecture's call   the process dies by SIGSYS
    syscalls.REFUSED              EPERM
    syscalls.ABSENT               ENOSYS
    syscalls.EXAMINED             EPERM or allowed, see ``_examined``
    newer than syscalls.NEWEST    ENOSYS, and so for x32, whose numbers begin at 0x40000000
    any other                     allowed

Making devices (mknod) is allowed here, since named pipes are made by the same call: devices need
a capability, and the places a program can write to are mounted nodev.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import syscalls

# From prctl(2) and linux/seccomp.h.
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
# linux/bpf_common.h: load a word at a fixed place; jump if equal, at least, any bit set; return
_LOAD, _JUMP, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_INSTRUCTION = struct.Struct("=HBBI")  # code, jump if true, jump if false, constant
_FARTHEST = 255  # of a conditional jump; an unconditional one has 32 bits
# struct seccomp_data: int nr, u32 arch, u64 instruction_pointer, u64 args[6]
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
# linux/seccomp.h
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_PROCESS_ONE, _EVERYONE = 1, 0xFFFFFFFF
# linux/sched.h: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_NEW_NAMESPACES = 0x7E020000
# asm-generic/ioctls.h: bytes put into a terminal as if they were typed there
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# linux/fs.h: marks on a file or folder that outlive what is in it
_FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820
_REFUSED_REQUESTS = (_TIOCSTI, _TIOCLINUX, _FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR)
# linux/fcntl.h: inotify's predecessor
_F_NOTIFY = 1026
# asm-generic/fcntl.h: who holds a lock here? And the locks that show in everybody's /proc/locks.
_F_GETLK, _F_OFD_GETLK, _F_OFD_SETLK, _F_OFD_SETLKW = 5, 36, 37, 38
_TELLING_COMMANDS = (_F_NOTIFY, _F_GETLK, _F_OFD_GETLK, _F_OFD_SETLK, _F_OFD_SETLKW)
# asm-generic/fcntl.h, sockios.h: who is sent a signal when something can be read
_F_SETOWN, _F_SETOWN_EX, _FIOSETOWN, _SIOCSPGRP = 8, 15, 0x8901, 0x8902
_OWNER_COMMANDS, _OWNER_REQUESTS = (_F_SETOWN, _F_SETOWN_EX), (_FIOSETOWN, _SIOCSPGRP)
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK, _NETLINK_ROUTE = 1, 2, 10, 16, 0

_LIBC = ctypes.CDLL(None, use_errno=True)


class _Description(ctypes.Structure):
    """``struct sock_fprog`` of linux/filter.h."""

    _fields_ = (("instructions", ctypes.c_ushort), ("first", ctypes.c_char_p))


class Condition(NamedTuple):
    """Something that one argument of a call can be. Looks at its lower 32 bits.

    The kernel takes all that is examined here as 32-bit numbers and drops the upper half, so a
    filter that compared all 64 bits could be passed with a bit that means nothing.
    """

    argument: int
    value: int
    jump: int = _EQUAL


class Verdict(NamedTuple):
    """What is done from ``first`` on, up to the next verdict's."""

    first: int
    block: bytes


def program(machine: str, *, network: bool) -> bytes:
    """Assemble the filter for ``machine``, a name as in ``os.uname().machine``.

    ``network`` adds the Internet's sockets, and netlink's that list interfaces and addresses, to
    those between processes of the sandbox.

    Raises:
        ValueError: there are no system call numbers for this machine.
    """
    blocks = dict.fromkeys(syscalls.numbers_of(machine, syscalls.REFUSED).values(), _refuse())
    absent = syscalls.numbers_of(machine, syscalls.ABSENT)
    blocks |= dict.fromkeys(absent.values(), _refuse(errno.ENOSYS))
    examined = _examined(network=network)
    for name, number in syscalls.numbers_of(machine, syscalls.EXAMINED).items():
        blocks[number] = examined[name]
    blocks[syscalls.NEWEST + 1] = _refuse(errno.ENOSYS)
    return (
        _load(_ARCHITECTURE)
        + _instruction(_EQUAL, syscalls.ARCHITECTURES[machine], if_true=1)
        + _return(_KILL_PROCESS)
        + _load(_NUMBER)
        + search(verdicts(blocks))
    )


def guard(machine: str, process: int, protected: Sequence[int]) -> bytes:
    """Assemble a second filter for ``process``: no signal to those that were there before it.

    They have smaller numbers; ``protected`` are refused by name, should numbers have begun again.

    Raises:
        ValueError: there are no system call numbers for this machine.
    """
    one = _younger(0, process, protected, then=_return(_ALLOW))
    both = _younger(
        0, process, protected, then=_younger(1, process, protected, then=_return(_ALLOW))
    )
    examined = {
        "fcntl": _refuse_if([Condition(1, command) for command in _OWNER_COMMANDS]),
        "ioctl": _refuse_if([Condition(1, request) for request in _OWNER_REQUESTS]),
        "kill": one,
        "rt_sigqueueinfo": one,
        "rt_tgsigqueueinfo": both,
        "tgkill": both,
        "tkill": one,
    }
    numbers = syscalls.numbers_of(machine, syscalls.EXAMINED)
    blocks = {numbers[name]: block for name, block in examined.items()}
    # What follows the last of them is allowed, too.
    blocks[max(blocks) + 1] = _return(_ALLOW)
    return _load(_NUMBER) + search(verdicts(blocks))


def _younger(argument: int, process: int, protected: Sequence[int], *, then: bytes) -> bytes:
    """Assemble: ``then`` where an argument is 0, or no older process or group, else refuse."""
    named = [number & _EVERYONE for each in protected for number in (each, -each)]
    older_groups = Condition(argument, (-process & _EVERYONE) + 1, _AT_LEAST)
    refused = [older_groups, *(Condition(argument, number) for number in named)]
    old_enough = _choose([Condition(argument, process, _AT_LEAST)], then=then, otherwise=_refuse())
    checked = _choose(refused, then=_refuse(), otherwise=old_enough)
    return _choose([Condition(argument, 0)], then=then, otherwise=checked)


def install(program: bytes) -> None:
    """Put this process, for good, under the filter. It must have set no_new_privs before.

    Only the calling thread and what it starts from now on are filtered.

    Raises:
        OSError: the kernel refused; nothing is filtered.
    """
    described = _Description(len(program) // _INSTRUCTION.size, program)
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    if _LIBC.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(described)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the seccomp filter was not installed: {os.strerror(number)}")


def verdicts(blocks: dict[int, bytes]) -> list[Verdict]:
    """Cut the line of all numbers into stretches of one verdict; what is not named is allowed.

    The last named number's verdict holds for all that follow it.
    """
    after = {number + 1: _return(_ALLOW) for number in blocks if number != max(blocks)}
    cuts = {0: _return(_ALLOW), **after, **blocks}
    ordered = [Verdict(first, cuts[first]) for first in sorted(cuts)]
    return [ordered[0], *(b for a, b in pairwise(ordered) if a.block != b.block)]


def search(stretches: Sequence[Verdict]) -> bytes:
    """Assemble a binary search for the stretch that the loaded number lies in.

    About eight jumps find any number. The kernel follows them once per system call when it
    installs a filter, to learn which ones are always allowed and need no filter any more.
    """
    if len(stretches) == 1:
        return stretches[0].block
    middle = len(stretches) // 2
    below, above = search(stretches[:middle]), search(stretches[middle:])
    first, over = stretches[middle].first, len(below) // _INSTRUCTION.size
    if over <= _FARTHEST:
        return _instruction(_AT_LEAST, first, if_true=over) + below + above
    far = _instruction(_AT_LEAST, first, if_false=1) + _instruction(_JUMP, over)
    return far + below + above


def _examined(*, network: bool) -> dict[str, bytes]:
    """Return, for each call that is judged by its arguments, the instructions that do it."""
    to_process_one = [Condition(0, _PROCESS_ONE), Condition(0, _EVERYONE)]
    thread_of_process_one = [*to_process_one, Condition(1, _PROCESS_ONE)]
    return {
        "clone": _refuse_if([Condition(0, _NEW_NAMESPACES, _ANY_BIT)]),
        # Locks on files that all containers share would be messages to those who can see them.
        "fcntl": _refuse_if([Condition(1, command) for command in _TELLING_COMMANDS]),
        "ioctl": _refuse_if([Condition(1, request) for request in _REFUSED_REQUESTS]),
        "kill": _refuse_if(to_process_one),
        # 0 is the caller. Other processes of the same user include process 1.
        "prlimit64": _choose([Condition(0, 0)], then=_return(_ALLOW), otherwise=_refuse()),
        "rt_sigqueueinfo": _refuse_if(to_process_one),
        "rt_tgsigqueueinfo": _refuse_if(thread_of_process_one),
        "socket": _sockets(network=network),
        "socketpair": _sockets(network=network),
        "tgkill": _refuse_if(thread_of_process_one),
        "tkill": _refuse_if(to_process_one),
    }


def _sockets(*, network: bool) -> bytes:
    if not network:
        return _choose([Condition(0, _AF_UNIX)], then=_return(_ALLOW), otherwise=_refuse())
    route = _choose([Condition(2, _NETLINK_ROUTE)], then=_return(_ALLOW), otherwise=_refuse())
    netlink = _choose([Condition(0, _AF_NETLINK)], then=route, otherwise=_refuse())
    families = [Condition(0, family) for family in (_AF_UNIX, _AF_INET, _AF_INET6)]
    return _choose(families, then=_return(_ALLOW), otherwise=netlink)


def _refuse_if(conditions: Sequence[Condition]) -> bytes:
    return _choose(conditions, then=_refuse(), otherwise=_return(_ALLOW))


def _choose(conditions: Sequence[Condition], *, then: bytes, otherwise: bytes) -> bytes:
    """Assemble: ``then`` where one of the conditions holds, else ``otherwise``."""
    assembled = b""
    target = len(otherwise)
    for condition in reversed(conditions):
        over = (len(assembled) + target) // _INSTRUCTION.size
        assembled = (
            _load(_ARGUMENTS + 8 * condition.argument)
            + _instruction(condition.jump, condition.value, if_true=over)
            + assembled
        )
    return assembled + otherwise + then


def _refuse(number: int = errno.EPERM) -> bytes:
    return _return(_ERRNO | number)


def _return(action: int) -> bytes:
    return _instruction(_RETURN, action)


def _load(place: int) -> bytes:
    return _instruction(_LOAD, place)


def _instruction(code: int, constant: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, if_true, if_false, constant)
