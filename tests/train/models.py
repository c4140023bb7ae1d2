"""A language model of some ten thousand random weights, and a tokenizer trained on the spot."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

BEGIN, END, PAD = "<|im_start|>", "<|im_end|>", "<|pad|>"
WORDS = 1500

# ChatML; what the assistant says is marked, so that a trainer can be told to learn nothing else.
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>\n' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>\n' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def ended(answer: str) -> str:
    """Return what a model learns to write for an answer: the answer and the end of its turn."""
    return f"{answer}{END}\n"


def make_model(folder: Path, texts: Iterable[str]) -> Path:
    """Write a tiny random model, whose tokenizer knows the words of the texts, into a folder."""
    torch, transformers = import_module("torch"), import_module("transformers")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(texts), eos_token=END, pad_token=PAD, chat_template=TEMPLATE
    )
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16_384,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    torch.manual_seed(7)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(texts: Iterable[str]) -> object:
    """Bytes joined to the pairs that are frequent: every text comes back as it was."""
    tokenizers = import_module("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=WORDS,
        special_tokens=[BEGIN, END, PAD],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return made
