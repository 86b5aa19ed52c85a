""" Flow models """
import copy
import numpy as np
import torch
import torch.utils.data
from torch import nn, distributions
from torch.nn import functional as F


class MaskedLinear(nn.Linear):
    """ nn.Linear with a mask """

    def __init__(self, input_size, output_size, mask):
        super().__init__(input_size, output_size)
        self.register_buffer('mask', mask.clone())

    def forward(self, x):
        masked_weight = self.mask * self.weight
        return F.linear(x, masked_weight, self.bias)


class PermuteLayer(nn.Module):
    """ Reverses the variables """

    def __init__(self, num_inputs):
        super().__init__()
        self.perm = list(range(num_inputs))[::-1]

    def forward(self, inputs):
        batch_size = inputs.size(0)
        return inputs[:, self.perm], torch.zeros(batch_size, device=inputs.device)

    def inverse(self, inputs):
        batch_size = inputs.size(0)
        return inputs[:, self.perm], torch.zeros(batch_size, device=inputs.device)


class MADE(nn.Module):
    """ MADE block """

    def __init__(self, input_size, hidden_size, n_hidden):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden

        masks = self.create_masks()
        layers = []
        layers += [MaskedLinear(input_size, hidden_size, masks[0]), nn.ReLU(inplace=True)]
        for k in range(1, n_hidden + 1):
            layers += [MaskedLinear(hidden_size, hidden_size, masks[k]), nn.ReLU(inplace=True)]
        layers += [MaskedLinear(hidden_size, 2 * input_size, torch.cat((masks[-1], masks[-1])))]
        self.net = nn.Sequential(*layers)

    def create_masks(self):
        n = self.input_size
        inp = np.arange(n)
        hid = np.array([k % max(n - 1, 1) for k in range(self.hidden_size)])
        all_degrees = [inp] + [hid for _ in range(self.n_hidden + 1)] + [inp - 1]
        masks = []
        for i in range(len(all_degrees) - 1):
            mask = np.greater_equal.outer(all_degrees[i + 1], all_degrees[i])
            masks.append(torch.FloatTensor(mask.astype('float32')))
        return masks

    def forward(self, z):
        """ z -> x """
        ### START CODE HERE ###
        N = self.input_size
        xs = []
        log_det = 0.0
        for i in range(N):
            x_so_far = torch.zeros(z.size(0), N, device=z.device)
            for j, col in enumerate(xs):
                x_so_far[:, j] = col
            theta = self.net(x_so_far)
            mu_i, alpha_i = theta[:, i], theta[:, N + i]
            xs.append(mu_i + z[:, i] * torch.exp(alpha_i))
            log_det = log_det - alpha_i
        x = torch.stack(xs, dim=-1)
        ### END CODE HERE ###
        return x, log_det

    def inverse(self, x):
        """ x -> z """
        ### START CODE HERE ###
        theta = self.net(x)
        mu, alpha = torch.chunk(theta, 2, dim=-1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum(-1)
        ### END CODE HERE ###
        return z, log_det


class MAF(nn.Module):
    """ Flow of MADE blocks """

    def __init__(self, input_size, hidden_size, n_hidden, n_flows):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        self.n_flows = n_flows
        nf = []
        for i in range(n_flows):
            nf += [MADE(input_size, hidden_size, n_hidden), PermuteLayer(input_size)]
        self.nf = nn.Sequential(*nf)

    def log_probs(self, x):
        """ mean log p(x) """
        ### START CODE HERE ###
        N = x.size(1)
        sum_log_det = 0
        for layer in self.nf:
            x, log_det = layer.inverse(x)
            sum_log_det = sum_log_det + log_det
        log_pz = -(x ** 2).sum(1) / 2 - N / 2 * np.log(2 * np.pi)
        log_prob = (log_pz + sum_log_det).sum() / x.size(0)
        ### END CODE HERE ###
        return log_prob

    def loss(self, x):
        return -self.log_probs(x)

    def sample(self, device, n):
        with torch.no_grad():
            x = torch.randn(n, self.input_size).to(device)
            for layer in self.nf[::-1]:
                x, _ = layer(x)
        return x.cpu().numpy()
