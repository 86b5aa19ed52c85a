"""torch's Adam without the compiler, and for all parameters at once."""

import inspect

import torch
from torch.autograd.graph import increment_version
from torch.nn.utils import parameters_to_vector, vector_to_parameters


class Adam(torch.optim.Adam):
    """torch's fused Adam: the same updates, to the bit, and the same arguments. Its own first imports torch.compile,
    which takes seconds, to tell it to leave optimisers alone; nothing is compiled here."""

    def __init__(self, parameters, lr=1e-3, **flags):
        super().__init__(parameters, lr, fused=True, **flags)

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    _update = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))

    def step(self):
        """One update. The fused one does not tell torch that it changes parameters; whoever keeps copies must know."""
        if all(self.state.get(parameter) for group in self.param_groups for parameter in group["params"]):
            for group in self.param_groups:
                self._update_at_once(group)
        else:  # that makes the state
            self._update()
        for group in self.param_groups:
            increment_version(group["params"])

    @torch.no_grad()
    def _update_at_once(self, group):
        """What torch's own does in the end, without its questions on the way: of what kind is each parameter, and is
        anything else wanted? They take a tenth of the time for a GAN's networks, and more for smaller ones."""
        parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
        gradients = [parameter.grad for parameter in parameters]
        names = ("exp_avg", "exp_avg_sq", "step")
        averages, squares, steps = ([self.state[parameter][name] for parameter in parameters] for name in names)
        (beta1, beta2), names = group["betas"], ("lr", "weight_decay", "eps", "amsgrad", "maximize")
        flags = {name: group[name] for name in names}
        torch._foreach_add_(steps, 1)
        torch._fused_adam_(parameters, gradients, averages, squares, [], steps, beta1=beta1, beta2=beta2, **flags)


def in_one_vector(parameters):
    """Moves parameters into one vector, of which each is a part from then on: to change one is to change the other.

    For dozens of small layers an optimiser then does one update instead of dozens.

    Args:
        parameters: of P numbers in all, of one dtype and device.

    Returns:
        torch.nn.Parameter, shape (P,).
    """
    vector = torch.nn.Parameter(parameters_to_vector(parameters).detach())
    vector_to_parameters(vector.data, parameters)
    return vector
