"""torch's Adam without the compiler, and for all parameters at once."""

import inspect

import torch
from torch.autograd.graph import increment_version
from torch.nn.utils import parameters_to_vector, vector_to_parameters


class Adam(torch.optim.Adam):
    """The same updates, to the bit. torch's own first imports torch.compile, which takes seconds, to tell it to leave
    optimisers alone; nothing is compiled here."""

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    _update = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))

    def step(self):
        """One update. The fused one does not tell torch that it changes parameters; whoever keeps copies must know."""
        self._update()
        for group in self.param_groups:
            increment_version(group["params"])


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
