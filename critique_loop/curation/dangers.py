"""What a program could do to the machine that runs it, read off its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from critique_loop.curation.programs import parsed

_MODULES: Final = {
    "subprocess": "starts processes",
    "pty": "starts processes",
    "socket": "network",
    "socketserver": "network",
    "requests": "network",
    "urllib3": "network",
    "httpx": "network",
    "aiohttp": "network",
    "paramiko": "network",
    "ftplib": "network",
    "smtplib": "network",
    "telnetlib": "network",
    "http.client": "network",
    "urllib.request": "network",
    "ctypes": "leaves Python",
    "cffi": "leaves Python",
}
_CALLS: Final = {
    **dict.fromkeys(("os.system", "os.popen", "os.fork", "os.forkpty"), "starts processes"),
    **dict.fromkeys(("os.kill", "os.killpg", "os.setuid", "os.chroot"), "touches processes"),
    **dict.fromkeys(
        ("shutil.rmtree", "os.remove", "os.unlink", "os.rmdir", "os.removedirs", "os.truncate"),
        "deletes files",
    ),
    **dict.fromkeys(
        ("pickle.load", "pickle.loads", "marshal.load", "marshal.loads", "pandas.read_pickle"),
        "runs what it reads",
    ),
    **dict.fromkeys(
        ("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"), "starts processes"
    ),
}
_RISKY: Final = frozenset(name.rpartition(".")[0] for name in _CALLS) | frozenset(_MODULES)
_PREFIXES: Final = {"os.exec": "starts processes", "os.spawn": "starts processes"}
_EVAL: Final = frozenset({"eval", "exec", "builtins.eval", "builtins.exec"})
_IMPORTS: Final = frozenset({"__import__", "builtins.__import__", "importlib.import_module"})
_INNER: Final = frozenset(
    {"__subclasses__", "__globals__", "__builtins__", "__bases__", "__mro__", "__code__"}
)
_HINTS: Final = re.compile(
    r"\b(?:os|shutil|pickle|marshal|read_pickle|asyncio|importlib|eval|exec|"
    rf"{'|'.join(sorted({name.partition('.')[0] for name in _MODULES}))})\b"
    r"|__(?:import|subclasses|globals|builtins|bases|mro|code)__"
)


def hints_in(text: str) -> list[str]:
    """Return the words of a program without which it can do nothing of that, as they stand."""
    return _HINTS.findall(text)


def dangers_in(code: str) -> list[str]:
    """Return what a program does that no training example should teach; none twice.

    Names are followed through imports and plain assignments, no further. A program that can't be
    parsed has no danger that could be read off it.
    """
    tree = parsed(code)
    if tree is None:
        return []
    names = _imported(tree)
    found = (danger for node in ast.walk(tree) for danger in _dangers(node, names))
    return list(dict.fromkeys(filter(None, found)))


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what names stand for: modules, their members, and what was assigned of them."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            meant = _dotted(node.value, names)
            if isinstance(target, ast.Name) and _module_of(meant) in names.values():
                names[target.id] = meant
    return names


def _dangers(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from filter(None, (_of_module(alias.name) for alias in node.names))
        case ast.ImportFrom():
            for alias in node.names:
                yield _of_module(node.module or "") or _of_module(f"{node.module}.{alias.name}")
                yield _of_call(f"{node.module}.{alias.name}")
        case ast.Attribute():
            yield "reaches into Python" if node.attr in _INNER else ""
            yield _of_call(_dotted(node, names))
        case ast.Name(id="__builtins__"):
            yield "reaches into Python"
        case ast.Call():
            yield from _of_calling(node, names)
        case _:
            pass


def _of_calling(node: ast.Call, names: dict[str, str]) -> Iterator[str]:
    called = _dotted(node.func, names)
    first = node.args[0] if node.args else None
    if called in _EVAL and not isinstance(first, ast.Constant):
        yield "runs text as code"
    if called in _IMPORTS:
        told = first.value if isinstance(first, ast.Constant) else None
        yield _of_module(told) if isinstance(told, str) and told != "os" else "hides an import"
    if called == "getattr" and len(node.args) > 1:
        whole = _dotted(node.args[0], names)
        member = node.args[1]
        if isinstance(member, ast.Constant):
            yield _of_call(f"{whole}.{member.value}")
            yield "reaches into Python" if member.value in _INNER else ""
        elif whole in _RISKY and whole in names.values():
            yield "hides a call"


def _of_module(name: str) -> str:
    top = name.partition(".")[0]
    return _MODULES.get(name) or _MODULES.get(top) or ""


def _of_call(name: str) -> str:
    begun = (danger for prefix, danger in _PREFIXES.items() if name.startswith(prefix))
    return _CALLS.get(name) or next(begun, "")


def _module_of(name: str) -> str:
    return name.rpartition(".")[0] or name


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Return what an expression names ("os.path.join"), "" where it is no plain name."""
    members: list[str] = []
    while isinstance(node, ast.Attribute):
        members.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(members)])
