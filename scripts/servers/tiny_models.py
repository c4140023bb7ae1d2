"""Make a tiny model with random weights: ``python tiny_models.py text|picture FOLDER``.

Runs in the environment of ``transformers.txt``. It says nothing of sense, never stops by itself and
at temperature 0 repeats itself without end: what a client has to survive. The weights come from a
fixed seed, so it is always the same model.
"""

# ruff: noqa: INP001 - a script stands alone; what it prints and runs is its purpose

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

CONTEXT = 2048
PICTURE_PX, PATCH_PX = 56, 14
SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<image>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'text' %}{{ part['text'] }}{% else %}<image>{% endif %}"
    "{% endfor %}{% endif %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token for each byte: nothing to learn, nothing to fetch."""
    letters = (*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()))
    bytewise = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        pad_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        additional_special_tokens=list(SPECIAL[2:]),
        chat_template=TEMPLATE,
        model_max_length=CONTEXT,
    )


def text_config(vocabulary: int) -> LlamaConfig:
    """Return the shape of the language part."""
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=0,
    )


def save(model: LlamaForCausalLM | LlavaForConditionalGeneration, folder: Path) -> None:
    """Write the weights; no token ends an answer, and a request's seed tells what is drawn."""
    model.generation_config.eos_token_id = None
    model.generation_config.do_sample = True
    model.save_pretrained(folder)


def save_text(folder: Path) -> None:
    """Write a model that reads text."""
    tokenizer = byte_tokenizer()
    save(LlamaForCausalLM(text_config(len(tokenizer))), folder)
    tokenizer.save_pretrained(folder)


def save_picture(folder: Path) -> None:
    """Write a model that reads text and pictures."""
    tokenizer = byte_tokenizer()
    seeing = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=PICTURE_PX,
        patch_size=PATCH_PX,
    )
    config = LlavaConfig(
        vision_config=seeing,
        text_config=text_config(len(tokenizer)),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=(PICTURE_PX // PATCH_PX) ** 2,
    )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": PICTURE_PX},
            crop_size={"height": PICTURE_PX, "width": PICTURE_PX},
        ),
        tokenizer=tokenizer,
        patch_size=PATCH_PX,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )
    save(LlavaForConditionalGeneration(config), folder)
    processor.save_pretrained(folder)


torch.manual_seed(0)
{"text": save_text, "picture": save_picture}[sys.argv[1]](Path(sys.argv[2]))
