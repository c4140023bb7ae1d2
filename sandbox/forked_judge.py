"""Feed the judge from memory files and turn its answer into JSON, whatever happens inside it."""

from __future__ import annotations

import json
import math
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, cast

import numpy as np
from sweep import Manifest

Judge = Callable[[dict[str, object], bytes, Mapping[str, bytes], str], dict[str, object]]


class Inputs(NamedTuple):
    """``request`` and ``blob`` are descriptors; ``data_folder`` holds the untouched tables."""

    request: int
    facts: bytes
    manifest: Manifest
    blob: int
    data_folder: str


def answer_of(judge: Judge, inputs: Inputs, *, cap: int) -> bytes:
    """Return JSON: {"evidence": its answer}, or {"failed": why} if it raised or said too much."""
    try:
        request = json.loads(os.pread(inputs.request, os.fstat(inputs.request).st_size, 0))
        files = files_of(inputs.manifest, inputs.blob)
        answer = {"evidence": plain(judge(request, inputs.facts, files, inputs.data_folder))}
        encoded = json.dumps(answer, allow_nan=False).encode()
    except Exception:  # noqa: BLE001 - the host logs it, and the run has no evidence
        return failed(traceback.format_exc(), cap)
    if len(encoded) > cap:
        return failed(f"the answer has {len(encoded)} bytes, {cap} are allowed", cap)
    return encoded


def failed(why: str, cap: int) -> bytes:
    """Say why there is no answer; ASCII JSON takes at most six bytes a character."""
    return json.dumps({"failed": why[-cap // 8 :]}).encode()


def files_of(manifest: Manifest, blob: int) -> dict[str, bytes]:
    """Cut the blob into the collected files."""
    files: dict[str, bytes] = {}
    offset = 0
    for file in manifest["files"]:
        files[file["name"]] = os.pread(blob, file["size"], offset)
        offset += file["size"]
    return files


def plain(value: object) -> object:
    """Turn numpy's scalars into Python's, and what JSON has no word for (NaN, dates) into text."""
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {str(key): plain(inner) for key, inner in items}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in cast("Iterable[object]", value)]
    if isinstance(value, np.generic):
        value = cast("object", value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
