from __future__ import annotations

import sys
from pathlib import Path

# Tests import the programs they start, which lie beside them, by plain names.
sys.path.insert(0, str(Path(__file__).resolve().parent))
