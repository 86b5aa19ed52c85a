import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import numpy as np
from torch.distributions import MultivariateNormal, Normal
from torch.utils.data import DataLoader, TensorDataset, random_split


class MaskedLinear(nn.Linear):
    def __init__(self, input_size, output_size, mask):
        super().__init__(input_size, output_size)
        self.register_buffer('mask', mask)

    def forward(self, x):
        return torch.einsum('bi,oi->bo', x, self.mask * self.weight) + self.bias


class PermuteLayer(nn.Module):
    def __init__(self, num_inputs):
        super().__init__()
        self.register_buffer('perm', torch.tensor(list(reversed(range(num_inputs)))))

    def forward(self, z):
        return torch.index_select(z, 1, self.perm), torch.zeros(z.size(0)).to(z)

    def inverse(self, x):
        return torch.index_select(x, 1, self.perm), torch.zeros(x.size(0)).to(x)


class MADE(nn.Module):
    def __init__(self, input_size, hidden_size, n_hidden):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        masks = self.create_masks()

        self.net = []
        for m in masks[:-1]:
            self.net.extend([MaskedLinear(m.size(1), m.size(0), m), nn.ReLU()])
        self.net.append(MaskedLinear(hidden_size, 2 * input_size, torch.cat([masks[-1], masks[-1]], dim=0)))
        self.net = nn.Sequential(*self.net)

    def create_masks(self):
        m = {}
        n, L = self.input_size, self.n_hidden + 1
        m[-1] = torch.arange(n)
        for l in range(L):
            m[l] = torch.arange(self.hidden_size).fmod(max(n - 1, 1))
        masks = [(m[l][:, None] >= m[l - 1][None, :]).float() for l in range(L)]
        masks.append((m[-1][:, None] > m[L - 1][None, :]).float())
        return masks

    def forward(self, z):
        ### START CODE HERE ###
        assert z.dim() == 2
        n = self.input_size
        x = z * 0
        for i in range(n):
            params = self.net(x)
            mu, alpha = params[:, :n], params[:, n:]
            new = mu + z * alpha.exp()
            # keep the columns that are done, write column i
            x = torch.cat([x[:, :i], new[:, i:i + 1], x[:, i + 1:]], dim=1)
        # after n steps alpha has all its columns right
        log_det = torch.einsum('bn->b', alpha)
        return x, log_det
        ### END CODE HERE ###

    def inverse(self, x):
        ### START CODE HERE ###
        mu, alpha = self.net(x).split(self.input_size, dim=-1)
        std = alpha.exp()
        z = (x - mu) / std
        return z, -torch.einsum('bn->b', alpha)
        ### END CODE HERE ###


class MAF(nn.Module):
    def __init__(self, input_size, hidden_size, n_hidden, n_flows):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        self.n_flows = n_flows

        flows = nn.ModuleList([])
        for k in range(2 * n_flows):
            flows.append(PermuteLayer(input_size) if k % 2 else MADE(input_size, hidden_size, n_hidden))
        self.nf = nn.Sequential(*flows)

    def log_probs(self, x):
        ### START CODE HERE ###
        log_prob = torch.zeros(x.shape[0]).to(x.device)
        for f in self.nf.children():
            x, ld = f.inverse(x)
            log_prob += ld
        prior = Normal(torch.zeros_like(x), torch.ones_like(x), validate_args=False)
        log_prob = log_prob + prior.log_prob(x).sum(dim=-1)
        return log_prob.mean()
        ### END CODE HERE ###

    def loss(self, x):
        return -self.log_probs(x)

    @torch.no_grad()
    def sample(self, device, n):
        x = torch.randn(n, self.input_size, device=device)
        for f in reversed(self.nf):
            x = f(x)[0]
        return x.detach().cpu().numpy()
