"""MAF for the moons data."""
import copy
import math

import numpy as np
import torch
from torch import nn
from torch.autograd import Variable
from torch.distributions import Normal
from torch.nn import functional as F


class MaskedLinear(nn.Linear):
    def __init__(self, input_size, output_size, mask):
        nn.Linear.__init__(self, input_size, output_size)
        self.register_buffer("mask", mask)

    def forward(self, inputs):
        return F.linear(inputs, self.weight * self.mask, self.bias)


class PermuteLayer(nn.Module):
    def __init__(self, num_inputs):
        nn.Module.__init__(self)
        self.num_inputs = num_inputs

    def forward(self, inputs):
        log_det = Variable(inputs.data.new(inputs.size(0), 1).zero_())
        return torch.flip(inputs, [1]), log_det

    def inverse(self, inputs):
        return self.forward(inputs)


class MADE(nn.Module):
    def __init__(self, input_size, hidden_size, n_hidden):
        nn.Module.__init__(self)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        sizes = [input_size] + [hidden_size] * (n_hidden + 1) + [2 * input_size]
        modules = []
        for h0, h1, mask in zip(sizes[:-1], sizes[1:], self.create_masks()):
            modules.append(MaskedLinear(h0, h1, mask))
            modules.append(nn.ReLU(inplace=True))
        modules.pop()  # no ReLU behind the last layer
        self.net = nn.Sequential(*modules)

    def create_masks(self):
        n = self.input_size
        degrees = [np.arange(n)]
        for _ in range(self.n_hidden + 1):
            degrees.append(np.arange(self.hidden_size) % max(n - 1, 1))
        degrees.append(np.concatenate([np.arange(n) - 1, np.arange(n) - 1]))
        masks = []
        for below, above in zip(degrees[:-1], degrees[1:]):
            mask = (above[:, np.newaxis] >= below[np.newaxis, :]).astype(np.float32)
            masks.append(torch.from_numpy(mask))
        return masks

    def forward(self, z):
        """Noise to data. The log-det is that of the inverse map."""
        ### START CODE HERE ###
        columns = []
        alphas = []
        for i in range(self.input_size):
            known = columns + [Variable(torch.zeros_like(z[:, 0]))] * (self.input_size - i)
            out = self.net(torch.stack(known, 1))
            mu, alpha = torch.split(out, self.input_size, 1)
            columns.append(mu[:, i] + torch.mul(z[:, i], torch.exp(alpha[:, i])))
            alphas.append(alpha[:, i])
        x = torch.stack(columns, 1)
        log_det = -torch.stack(alphas, 1).sum(1)
        ### END CODE HERE ###
        return x, log_det

    def inverse(self, x):
        """Data to noise."""
        ### START CODE HERE ###
        mu, alpha = torch.split(self.net(x), self.input_size, 1)
        z = torch.mul(x - mu, torch.exp(alpha.mul(-1)))
        log_det = alpha.mul(-1).sum(1)
        ### END CODE HERE ###
        return z, log_det


class MAF(nn.Module):
    def __init__(self, input_size, hidden_size, n_hidden, n_flows):
        nn.Module.__init__(self)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        self.n_flows = n_flows
        blocks = []
        for _ in range(n_flows):
            blocks.extend([MADE(input_size, hidden_size, n_hidden), PermuteLayer(input_size)])
        self.nf = nn.Sequential(*blocks)

    def log_probs(self, x):
        """Mean log-likelihood."""
        ### START CODE HERE ###
        log_dets = []
        for block in self.nf:
            x, log_det = block.inverse(x)
            log_dets.append(log_det.contiguous().view(-1))
        prior = -0.5 * x.pow(2) - 0.5 * math.log(2 * math.pi)
        log_prob = prior.sum(-1) + sum(log_dets)
        log_prob = log_prob.mean()
        ### END CODE HERE ###
        return log_prob

    def loss(self, x):
        """Negative log-likelihood."""
        return -self.log_probs(x)

    def sample(self, device, n):
        """n samples as a NumPy array."""
        with torch.no_grad():
            x = Variable(torch.randn(n, self.input_size)).to(device)
            for block in list(self.nf)[::-1]:
                x, _ = block(x)
            x = x.view(n, self.input_size)
        return x.cpu().data.numpy()
