"""Problem 7: several losses train GANs from the same start, on the same batches with the same noise, side by side."""

from dataclasses import replace

import torch

from training import checkpoint, figures
from training.gan import GanRun
from training.loop import Run


class CompareRun(Run):
    """Steps a `GanRun` for each loss in turn; each draws into a folder of its own.

    Args:
        settings: a Settings of the model "gan" with `compare`.
        device: the torch.device to train on.
    """

    def __init__(self, settings, device):
        self.device = device
        self.runs = {}
        for name in settings.compare:
            checkpoint.seed_everything(settings.seed)  # so that the networks start alike
            own = replace(settings, compare=None, loss_type=name, out_dir=settings.out_dir / name)
            self.runs[name] = GanRun(own, device)
        super().__init__(settings, next(iter(self.runs.values())).n_examples)
        self.parts = {f"{name}_{key}": part for name, run in self.runs.items() for key, part in run.parts.items()}
        self.sources = {f"{name}_{key}": text for name, run in self.runs.items() for key, text in run.sources.items()}

    def step(self, indices):
        start = checkpoint.random_states()
        losses = {}
        for name, run in self.runs.items():
            checkpoint.set_random_states(start)
            losses |= {f"{name}_{key}": loss for key, loss in run.step(indices).items()}
            gradients = [parameter.grad for parameter in run.g.parameters()]
            losses[f"{name}_gradient"] = torch.nn.utils.get_total_norm(gradients)
        return losses

    def after_step(self, step):
        for run in self.runs.values():
            run.after_step(step)
        return {}

    def finish(self, losses, curves):
        measured = {
            name: run.finish({key: losses[f"{name}_{key}"] for key in run.sources}, {})
            for name, run in self.runs.items()
        }
        grids = {name: run.last_grid() for name, run in self.runs.items()}
        norms = {name: losses[f"{name}_gradient"] for name in self.runs}
        label = "norm of the generator's gradient"
        figures.save_comparison(self.settings.out_dir / "comparison.png", grids, norms, label)
        for name, values in norms.items():
            last = values[-max(1, len(values) // 10) :]
            measured[name]["gradient_norm"] = float(torch.tensor(last).median())
            data = measured[name].pop("data")  # the same for all
        return {"data": data, **measured}
