"""A run that cannot end well does not start."""

import torch

from training import flow, session
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
    monkeypatch.setattr(torch, "ones", lambda *_, device: torch.zeros(1))
    assert session._device("gpu") == torch.device("cuda")


def test_a_gpu_that_torch_has_no_kernels_for_is_not_used(monkeypatch, capsys):
    def refuse(*_, device):
        raise torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device\nCompile")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", refuse)
    assert session._device("gpu") == torch.device("cpu")
    said = "torch cannot use this one (CUDA error: no kernel image is available for execution on the device)"
    assert said in capsys.readouterr().err


def test_a_gpu_that_is_full_is_no_mistake_of_the_submission(tmp_path, monkeypatch, capsys):
    def fill(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(flow.submission.MAF, "log_probs", fill)
    assert session.run(Settings.from_flags({"out_dir": tmp_path})) == 1
    told = capsys.readouterr().err
    assert "The GPU's memory is full." in told and "submission" not in told
