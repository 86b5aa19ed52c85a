"""A run that cannot end well does not start."""

import torch

from training import session
from training.settings import Settings


def test_a_folder_that_cannot_be_written_to_is_refused_before_training(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    settings = Settings.from_flags({"out_dir": tmp_path / "taken" / "run"})
    assert session.run(settings) == 1
    assert "taken/run cannot be written to: Not a directory" in capsys.readouterr().err


def test_a_gpu_is_used_only_where_there_is_one(monkeypatch, capsys):
    assert session._device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert session._device("gpu") == torch.device("cpu")
    assert "no CUDA device" in capsys.readouterr().err
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert session._device("gpu") == torch.device("cuda")
