"""Problem 1: a masked autoregressive flow (MAF), built from MADE blocks.

MADE is due to Germain et al. 2015 (arXiv:1502.03509), MAF to Papamakarios et al. 2017 (arXiv:1705.07057).
Equation numbers are the handout's. Shapes: B is the batch size, n = input_size the dimension of the data.
Likelihoods are in nats.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class MaskedLinear(nn.Linear):
    """A linear layer whose weight is multiplied, entry by entry, by a fixed mask of zeros and ones.

    Args:
        input_size: number of inputs.
        output_size: number of outputs.
        mask: tensor (output_size, input_size); a zero cuts that connection for good.
    """

    def __init__(self, input_size, output_size, mask):
        super().__init__(input_size, output_size)
        self.register_buffer("mask", mask)

    def forward(self, x):
        """Maps (B, input_size) to (B, output_size)."""
        return F.linear(x, self.mask * self.weight, self.bias)


class PermuteLayer(nn.Module):
    """Reverses the order of the variables, so that the next block sees the last one first.

    Args:
        num_inputs: the dimension n.
    """

    def __init__(self, num_inputs):
        super().__init__()
        self.register_buffer("perm", torch.arange(num_inputs - 1, -1, -1))

    def forward(self, z):
        """Returns the reversed z, shape (B, n), and the log-det of a permutation: zeros, shape (B,)."""
        return z[:, self.perm], torch.zeros(z.shape[0], dtype=z.dtype, device=z.device)

    def inverse(self, x):
        """The same as `forward`: reversing twice gives back the original order."""
        return self.forward(x)


class MADE(nn.Module):
    """One autoregressive block: x_i depends on z_i and on the x before it, through one masked network.

    `self.net` maps x (B, n) to (B, 2n). The first n columns are mu, the last n are alpha, the log standard
    deviations; its masks see to it that column i of each depends on x_1 ... x_{i-1} alone.

    Args:
        input_size: the dimension n.
        hidden_size: units of each hidden layer.
        n_hidden: number of hidden-to-hidden layers, 0 or more.
    """

    def __init__(self, input_size, hidden_size, n_hidden):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden

        masks = self.create_masks()
        layers = [MaskedLinear(input_size, hidden_size, masks[0]), nn.ReLU()]
        for mask in masks[1:-1]:
            layers += [MaskedLinear(hidden_size, hidden_size, mask), nn.ReLU()]
        layers.append(MaskedLinear(hidden_size, 2 * input_size, masks[-1].repeat(2, 1)))
        self.net = nn.Sequential(*layers)

    def create_masks(self):
        """Masks in sequential order, one for each layer, each (units above, units below).

        Input i has degree i, hidden unit k has degree k mod (n - 1), output i has degree i - 1, all counted
        from zero. Two units are connected where the degree above is at least the degree below.
        """
        inputs = torch.arange(self.input_size)
        hidden = torch.arange(self.hidden_size) % max(self.input_size - 1, 1)
        degrees = [inputs] + [hidden] * (self.n_hidden + 1) + [inputs - 1]
        return [(above[:, None] >= below).float() for below, above in zip(degrees[:-1], degrees[1:], strict=True)]

    def forward(self, z):
        """From noise to data, one coordinate after the other: x_i = mu_i + z_i exp(alpha_i).

        Args:
            z: noise, shape (B, n).

        Returns:
            x: shape (B, n).
            log_det: log |det dx/dz|, shape (B,).
        """
        ### START_CODE_HERE ###
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            # Columns 0 ... i-1 of x are final, and column i of mu and alpha looks at nothing else.
            mu, alpha = self.net(x).chunk(2, dim=1)
            x = x.clone()  # the network keeps the x that it saw for its gradient
            x[:, i] = mu[:, i] + z[:, i] * alpha[:, i].exp()
        log_det = alpha.sum(dim=1)
        return x, log_det
        ### END_CODE_HERE ###

    def inverse(self, x):
        """From data to noise, in one pass: z_i = (x_i - mu_i) / exp(alpha_i).

        Args:
            x: data, shape (B, n).

        Returns:
            z: shape (B, n).
            log_det: log |det dz/dx|, equation (3), shape (B,).
        """
        ### START_CODE_HERE ###
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) * torch.exp(-alpha)
        log_det = -alpha.sum(dim=1)
        return z, log_det
        ### END_CODE_HERE ###


class MAF(nn.Module):
    """A stack of MADE blocks, the order of the variables reversed after each.

    `self.nf` leads from data to noise: its layers' `inverse`, first to last, turn x into z, and their
    `forward`, last to first, turn z into x.

    Args:
        input_size: the dimension n.
        hidden_size: units of each hidden layer of each MADE.
        n_hidden: hidden-to-hidden layers of each MADE.
        n_flows: number of MADE blocks.
    """

    def __init__(self, input_size, hidden_size, n_hidden, n_flows):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        self.n_flows = n_flows

        layers = []
        for _ in range(n_flows):
            layers += [MADE(input_size, hidden_size, n_hidden), PermuteLayer(input_size)]
        self.nf = nn.Sequential(*layers)

    def log_probs(self, x):
        """Mean log-likelihood of a batch under the flow, equation (2), with a standard normal prior on z.

        Args:
            x: data, shape (B, n).

        Returns:
            (1/B) sum_b log p(x_b) in nats, a 0-d tensor.
        """
        ### START_CODE_HERE ###
        z, log_det = x, 0.0
        for layer in self.nf:
            z, layer_log_det = layer.inverse(z)
            log_det = log_det + layer_log_det
        log_prior = -0.5 * (z.square() + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        ### END_CODE_HERE ###

    def loss(self, x):
        """Mean negative log-likelihood of a batch x (B, n), in nats: what training minimises."""
        return -self.log_probs(x)

    def sample(self, device, n):
        """Draws n samples.

        Args:
            device: where the flow's parameters are.
            n: how many.

        Returns:
            NumPy array (n, input_size), float32.
        """
        with torch.no_grad():
            x = torch.randn(n, self.input_size, device=device)
            for layer in reversed(self.nf):
                x, _ = layer.forward(x)
        return x.cpu().numpy()
