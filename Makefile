# `make demo` and `make test` set everything up by themselves; see scripts/machine.sh.
.PHONY: demo test test-train lint types requirements clean

demo:
	@scripts/machine.sh run python recipes/chart.py --out out/demo

test:
	@scripts/machine.sh dev scripts/test.sh

# The trainers as judges of what is exported, in an environment of their own: 1.6 GB.
test-train:
	@scripts/machine.sh dev scripts/train_tests.sh

lint:
	ruff check .
	ruff format --check .
	lint-imports

types:
	pyright

# Pin what the packages' current versions are, with their hashes. Names no registry.
requirements:
	scripts/pin.sh

clean:
	rm -rf .venv .venv-train .tools out build dist
