"""torch's Adam without the compiler."""

import inspect

import torch


class Adam(torch.optim.Adam):
    """The same updates, to the bit. torch's own first imports torch.compile, which takes seconds, to tell it to leave
    optimisers alone; nothing is compiled here."""

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
