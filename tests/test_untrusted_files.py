"""Files that hold code: what they hold is never run."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lit_toolcall.cli.main import main
from lit_toolcall.models.loading import load_base
from lit_toolcall.types import UserError


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, written: Path) -> None:
        self.written = written

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.written, "run")


def test_a_bomb_goes_off_where_it_is_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "written")))
    assert (tmp_path / "written").exists()


@pytest.mark.parametrize("command", ["fit", "test"])
def test_code_in_a_checkpoint_is_not_run(
    command: str, make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.ckpt"
    torch.save({"state_dict": {}, "bomb": Bomb(tmp_path / "written")}, path)
    with pytest.raises(SystemExit):
        main([command, "--config", str(make_config()), "--ckpt_path", str(path)])
    assert "not a checkpoint of this program" in capsys.readouterr().err
    assert not (tmp_path / "written").exists()


def test_code_in_a_model_s_weights_is_not_run(tiny_folder: Path, tmp_path: Path) -> None:
    (tiny_folder / "model.safetensors").unlink()
    torch.save({"bomb": Bomb(tmp_path / "written")}, tiny_folder / "pytorch_model.bin")
    with pytest.raises(UserError, match="use weights in safetensors"):
        load_base(str(tiny_folder), "float32")
    assert not (tmp_path / "written").exists()
