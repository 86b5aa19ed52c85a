"""Figures of one run and of several, alone and in groups."""

import json
import math

from training.metrics import described, write_summary


def test_figures_in_groups_have_means_too(tmp_path, capsys):
    runs = [{"data": "x", "nll": 1.0, "kl": {"mean": a, "data": "y"}} for a in (1.0, 3.0)]
    write_summary(tmp_path / "runs.json", runs)
    summary = json.loads((tmp_path / "runs.json").read_text())
    assert summary == {
        "nll": {"mean": 1.0, "standard_error": 0.0, "n": 2},
        "kl_mean": {"mean": 2.0, "standard_error": 1.0, "n": 2},
    }
    assert "kl_mean: 2.0000 +- 1.0000" in capsys.readouterr().out


def test_what_is_not_finite_is_null_in_json(tmp_path):
    write_summary(tmp_path / "runs.json", [{"bound": math.inf}, {"bound": 1.0}])
    assert json.loads((tmp_path / "runs.json").read_text())["bound"]["mean"] is None


def test_a_group_is_one_line():
    assert described({"mean": 1.0, "data": "x"}) == "mean 1.0000, data x"
