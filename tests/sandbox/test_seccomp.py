"""The filter as a program, run by an interpreter, so that one machine checks both."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest
import seccomp
import syscalls

from tests.sandbox import bpf_machine
from tests.sandbox.bpf_machine import ALLOW, ERRNO, KILL_PROCESS, Call

REFUSE, MISSING = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
LIST = Path(__file__).with_name("syscall_numbers.txt")
CHARTS_NEED = """
    access arch_prctl brk chdir clock_gettime clock_nanosleep close close_range dup dup2 dup3
    epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve exit exit_group faccessat2
    fadvise64 fallocate fchmod fdatasync fork fstat fsync ftruncate futex getcwd getdents64 getpid
    getppid getrandom getrlimit getrusage gettid getuid lseek madvise memfd_create mkdirat mknodat
    mmap mprotect mremap munmap nanosleep newfstatat openat pipe2 poll ppoll pread64 pwrite64 read
    readlinkat renameat rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield
    sendfile set_robust_list set_tid_address setsid sigaltstack splice statx symlinkat sysinfo
    uname unlinkat utimensat vfork wait4 waitid write writev
    """
NEW_NAMESPACES = {
    "NEWNS": 0x20000,
    "NEWCGROUP": 0x2000000,
    "NEWUTS": 0x4000000,
    "NEWIPC": 0x8000000,
    "NEWUSER": 0x10000000,
    "NEWPID": 0x20000000,
    "NEWNET": 0x40000000,
}
AS_THREADS, AS_FORK, AS_VFORK = 0x3D0F00, 0x1200011, 0x4111
UNIX, INET, NETLINK, INET6, PACKET, VSOCK, ALG = 1, 2, 16, 10, 17, 40, 38
STREAM, RAW, ROUTE, AUDIT = 1, 3, 0, 9
HIGH = 1 << 32  # what the kernel drops from a 32-bit argument
MINUS_ONE = 0xFFFFFFFF
TIOCSTI, TIOCLINUX, TCGETS, FIONBIO = 0x5412, 0x541C, 0x5401, 0x5421
F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_NOTIFY = 4, 5, 6, 7, 1026
F_OFD_LOCKS = (36, 37, 38)


@pytest.fixture(params=syscalls.MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["no network", "network"])
def network(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def all_numbers(machine: str) -> dict[str, int]:
    rows = [line.split() for line in LIST.read_text().splitlines() if not line.startswith("#")]
    column = 1 + syscalls.MACHINES.index(machine)
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def answer(machine: str, name: str, *arguments: int, network: bool = False) -> int:
    filtering = seccomp.program(machine, network=network)
    return bpf_machine.answer(filtering, Call(all_numbers(machine)[name], arguments, machine))


def test_every_number_gets_the_verdict_of_its_table(machine: str, network: bool) -> None:
    verdicts: dict[int, int] = {}
    for table, verdict in ((syscalls.REFUSED, REFUSE), (syscalls.ABSENT, MISSING)):
        verdicts |= dict.fromkeys(syscalls.numbers_of(machine, table).values(), verdict)
    examined = set(syscalls.numbers_of(machine, syscalls.EXAMINED).values())
    filtering = seccomp.program(machine, network=network)

    wrong = {
        number: bpf_machine.answer(filtering, Call(number, (), machine))
        for number in range(syscalls.NEWEST + 1)
        if number not in examined
        and bpf_machine.answer(filtering, Call(number, (), machine)) != verdicts.get(number, ALLOW)
    }

    assert wrong == {}


def test_what_a_chart_needs_is_allowed(machine: str, network: bool) -> None:
    filtering = seccomp.program(machine, network=network)
    numbers = all_numbers(machine)
    had = [name for name in CHARTS_NEED.split() if name in numbers]

    refused = [
        name
        for name in had
        if bpf_machine.answer(filtering, Call(numbers[name], (), machine)) != ALLOW
    ]

    assert refused == []
    assert len(had) > 70


@pytest.mark.parametrize(
    "number",
    [syscalls.NEWEST + 1, 512, 547, 0x3FFFFFFF, 0x40000000, 0x40000001, 0x40000208, MINUS_ONE],
)
def test_a_number_that_nobody_has_looked_at_does_not_exist(
    machine: str, network: bool, number: int
) -> None:
    filtering = seccomp.program(machine, network=network)

    assert bpf_machine.answer(filtering, Call(number, (0, 0, 0), machine)) == MISSING


@pytest.mark.parametrize("foreign", bpf_machine.ARCHITECTURES)
def test_a_call_of_another_architecture_ends_the_process(machine: str, foreign: str) -> None:
    filtering = seccomp.program(machine, network=True)

    answers = {bpf_machine.answer(filtering, Call(number, (), foreign)) for number in range(64)}

    assert (answers == {KILL_PROCESS}) == (foreign != machine)


@pytest.mark.parametrize(
    "name", ["kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"]
)
@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (1, REFUSE),
        (HIGH + 1, REFUSE),
        (MINUS_ONE, REFUSE),
        (HIGH * MINUS_ONE + MINUS_ONE, REFUSE),
        (HIGH - 2, ALLOW),
        (0, ALLOW),
        (2, ALLOW),
        (11, ALLOW),
        (0x101, ALLOW),
    ],
)
def test_no_signal_goes_to_process_one_or_to_everyone(
    machine: str, name: str, target: int, verdict: int
) -> None:
    assert answer(machine, name, target, 7, 9) == verdict


@pytest.mark.parametrize("name", ["tgkill", "rt_tgsigqueueinfo"])
def test_no_signal_goes_to_the_thread_of_process_one(machine: str, name: str) -> None:
    assert answer(machine, name, 7, 1, 9) == REFUSE
    assert answer(machine, name, 7, HIGH + 1, 9) == REFUSE
    assert answer(machine, name, 7, 8, 1) == ALLOW


@pytest.mark.parametrize(
    ("pid", "verdict"),
    [(0, ALLOW), (HIGH, ALLOW), (1, REFUSE), (HIGH + 1, REFUSE), (7, REFUSE), (MINUS_ONE, REFUSE)],
)
def test_limits_are_those_of_the_process_itself(machine: str, pid: int, verdict: int) -> None:
    assert answer(machine, "prlimit64", pid, 7, 0, 0) == verdict


@pytest.mark.parametrize("flag", NEW_NAMESPACES.values(), ids=list(NEW_NAMESPACES))
def test_no_process_begins_in_a_namespace_of_its_own(machine: str, flag: int) -> None:
    assert answer(machine, "clone", AS_FORK | flag) == REFUSE
    assert answer(machine, "clone", HIGH | flag) == REFUSE


@pytest.mark.parametrize("flags", [AS_THREADS, AS_FORK, AS_VFORK, HIGH * 0x7E020000 | AS_FORK])
def test_processes_and_threads_begin(machine: str, flags: int) -> None:
    assert answer(machine, "clone", flags) == ALLOW


@pytest.mark.parametrize("name", ["socket", "socketpair"])
@pytest.mark.parametrize(
    ("arguments", "alone", "networked"),
    [
        ((UNIX, STREAM, 0), ALLOW, ALLOW),
        ((HIGH + UNIX, STREAM, 0), ALLOW, ALLOW),
        ((INET, STREAM, 0), REFUSE, ALLOW),
        ((HIGH + INET, STREAM, 0), REFUSE, ALLOW),
        ((INET6, STREAM, 0), REFUSE, ALLOW),
        ((NETLINK, RAW, ROUTE), REFUSE, ALLOW),
        ((NETLINK, RAW, HIGH + ROUTE), REFUSE, ALLOW),
        ((NETLINK, RAW, AUDIT), REFUSE, REFUSE),
        ((PACKET, RAW, 0), REFUSE, REFUSE),
        ((VSOCK, STREAM, 0), REFUSE, REFUSE),
        ((ALG, 5, 0), REFUSE, REFUSE),
        ((0, STREAM, 0), REFUSE, REFUSE),
    ],
)
def test_sockets_stay_in_the_sandbox_unless_it_has_a_network(
    machine: str, name: str, arguments: tuple[int, ...], *, alone: int, networked: int
) -> None:
    assert answer(machine, name, *arguments) == alone
    assert answer(machine, name, *arguments, network=True) == networked


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        (TIOCSTI, REFUSE),
        (HIGH + TIOCSTI, REFUSE),
        (TIOCLINUX, REFUSE),
        (TCGETS, ALLOW),
        (FIONBIO, ALLOW),
    ],
)
def test_nothing_is_typed_into_a_terminal(machine: str, request_: int, verdict: int) -> None:
    assert answer(machine, "ioctl", 0, request_, TIOCSTI) == verdict


@pytest.mark.parametrize(
    ("command", "verdict"),
    [(F_NOTIFY, REFUSE), (HIGH + F_NOTIFY, REFUSE), (F_SETFL, ALLOW)],
)
def test_no_folder_is_watched(machine: str, command: int, verdict: int) -> None:
    assert answer(machine, "fcntl", 0, command, F_NOTIFY) == verdict


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        (F_SETLK, ALLOW),
        (F_SETLKW, ALLOW),
        (F_GETLK, REFUSE),
        (HIGH + F_GETLK, REFUSE),
        *((command, REFUSE) for command in F_OFD_LOCKS),
    ],
)
def test_a_file_is_locked_and_nobody_learns_of_anothers_lock(
    machine: str, command: int, verdict: int
) -> None:
    assert answer(machine, "fcntl", 3, command, 0) == verdict


def test_a_search_longer_than_a_jump_finds_every_stretch() -> None:
    load_number = struct.pack("=HBBI", bpf_machine.LOAD, 0, 0, 0)
    last = 3 * 299
    blocks = {n: struct.pack("=HBBI", bpf_machine.RETURN, 0, 0, n) for n in range(0, last + 1, 3)}

    assembled = load_number + seccomp.search(seccomp.verdicts(blocks))

    found = [bpf_machine.answer(assembled, Call(number)) for number in range(last + 3)]
    assert found == [*(ALLOW if n % 3 else n for n in range(last)), last, last, last]
    assert bpf_machine.JUMP in {code for code, *_ in bpf_machine.INSTRUCTION.iter_unpack(assembled)}


@pytest.mark.parametrize("length", [1, 254, 255, 256, 257, 70_000])
def test_a_jump_goes_over_a_block_of_any_length(length: int) -> None:
    load_number = struct.pack("=HBBI", bpf_machine.LOAD, 0, 0, 0)
    onward = struct.pack("=HBBI", bpf_machine.JUMP, 0, 0, 0)
    below, above = (struct.pack("=HBBI", bpf_machine.RETURN, 0, 0, n) for n in (7, 8))
    long = onward * (length - 1) + below

    assembled = load_number + seccomp.search([seccomp.Verdict(0, long), seccomp.Verdict(5, above)])

    assert [bpf_machine.answer(assembled, Call(number)) for number in (4, 5)] == [7, 8]


def test_a_search_takes_few_steps(machine: str, network: bool) -> None:
    instructions = len(seccomp.program(machine, network=network)) // bpf_machine.INSTRUCTION.size

    assert instructions < 300  # of the kernel's 4096


def test_a_machine_without_numbers_has_no_filter() -> None:
    with pytest.raises(ValueError, match="'riscv64'"):
        seccomp.program("riscv64", network=False)


@pytest.mark.parametrize("call", ["kill", "tkill", "rt_sigqueueinfo"])
def test_the_guard_refuses_signals_to_all_that_were_there_before(machine: str, call: str) -> None:
    program = seccomp.guard(machine, 50, (20, 70))
    own = {"itself": 50, "its group": -50, "its group by 0": 0, "a child": 60, "a child's": -60}
    others = {"process 1": 1, "the judge": 20, "its group": -20, "all": -1, "named": 70, "old": -49}

    allowed = {name: _signal(program, machine, call, target) for name, target in own.items()}
    refused = {name: _signal(program, machine, call, target) for name, target in others.items()}

    assert set(allowed.values()) == {ALLOW}, allowed
    assert set(refused.values()) == {REFUSE}, refused


@pytest.mark.parametrize("call", ["tgkill", "rt_tgsigqueueinfo"])
def test_the_guard_looks_at_both_a_process_and_its_thread(machine: str, call: str) -> None:
    program = seccomp.guard(machine, 50, (20,))

    assert _signal(program, machine, call, 50, 51) == ALLOW
    assert _signal(program, machine, call, 50, 20) == REFUSE
    assert _signal(program, machine, call, 20, 51) == REFUSE


def test_the_guard_lets_nobody_be_told_by_signal_and_leaves_all_else_alone(machine: str) -> None:
    program = seccomp.guard(machine, 50, (20,))
    numbers = all_numbers(machine)
    owner = {("fcntl", 8), ("fcntl", 15), ("ioctl", 0x8901), ("ioctl", 0x8902)}

    refused = {
        (name, request)
        for name in ("fcntl", "ioctl")
        for request in (1, 2, 3, 4, 8, 15, 1030, 0x5401, 0x8901, 0x8902)
        if _signal(program, machine, name, 5, request) == REFUSE
    }
    others = {
        bpf_machine.answer(program, Call(number, (5, 5), machine))
        for name, number in numbers.items()
        if name not in syscalls.EXAMINED
    }

    assert refused == owner
    assert others == {ALLOW}


def _signal(program: bytes, machine: str, call: str, *arguments: int) -> int:
    given = tuple(argument & 0xFFFFFFFF for argument in arguments)
    return bpf_machine.answer(program, Call(all_numbers(machine)[call], given, machine))
