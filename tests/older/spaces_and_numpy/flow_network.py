import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.data


class MaskedLinear(nn.Linear):
    """ Linear layer with a mask on its weights """

    def __init__(self, input_size, output_size, mask):
        super(MaskedLinear, self).__init__(input_size, output_size)
        self.register_buffer('mask', mask)

    def forward(self, x):
        return F.linear(x, self.mask * self.weight, self.bias)


class PermuteLayer(nn.Module):
    """ Turns the order of the inputs around """

    def __init__(self, num_inputs):
        super(PermuteLayer, self).__init__()
        self.perm = np.array(np.arange(0, num_inputs)[::-1])

    def forward(self, inputs):
        return inputs[:, self.perm], torch.zeros(inputs.size(0), device=inputs.device)

    def inverse(self, inputs):
        return inputs[:, self.perm], torch.zeros(inputs.size(0), device=inputs.device)


class MADE(nn.Module):
    """ Masked autoencoder for distribution estimation """

    def __init__(self, input_size, hidden_size, n_hidden):
        super(MADE, self).__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden

        masks = self.create_masks()

        # first layer, hidden layers, last layer
        net = [MaskedLinear(self.input_size, self.hidden_size, masks[0])]
        net += [nn.ReLU(inplace=True)]
        for i in range(self.n_hidden):
            net += [MaskedLinear(self.hidden_size, self.hidden_size, masks[i + 1])]
            net += [nn.ReLU(inplace=True)]
        net += [MaskedLinear(self.hidden_size, self.input_size * 2, masks[-1].repeat(2, 1))]
        self.net = nn.Sequential(*net)

    def create_masks(self):
        """ Sequential order: 0, 1, ..., n - 1 """
        d_in = torch.arange(self.input_size)
        d_hid = torch.arange(self.hidden_size) % max(self.input_size - 1, 1)
        d_out = torch.arange(self.input_size) - 1

        masks = [(d_hid.unsqueeze(-1) >= d_in.unsqueeze(0)).float()]
        for _ in range(self.n_hidden):
            masks.append((d_hid.unsqueeze(-1) >= d_hid.unsqueeze(0)).float())
        masks.append((d_out.unsqueeze(-1) >= d_hid.unsqueeze(0)).float())
        return masks

    def forward(self, z):
        """
        z -> x, one coordinate after the other

        :param z: (batch_size, input_size)
        :return: (x, log_det), (batch_size, input_size) and (batch_size,)
        """
        ### START CODE HERE ###
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.size(0), device=z.device)
        for i in range(self.input_size):
            out = self.net(x.clone())
            mu = out[:, i]
            alpha = out[:, self.input_size + i]
            x[:, i] = mu + z[:, i] * torch.exp(alpha)
            log_det += alpha
        ### END CODE HERE ###
        return x, log_det

    def inverse(self, x):
        """
        x -> z, in one pass

        :param x: (batch_size, input_size)
        :return: (z, log_det), (batch_size, input_size) and (batch_size,)
        """
        ### START CODE HERE ###
        out = self.net(x)
        mu = out[:, :self.input_size]
        alpha = out[:, self.input_size:]
        z = (x - mu) / torch.exp(alpha)
        log_det = -torch.sum(alpha, dim=-1)
        ### END CODE HERE ###
        return z, log_det


class MAF(nn.Module):
    """ Masked autoregressive flow """

    def __init__(self, input_size, hidden_size, n_hidden, n_flows):
        super(MAF, self).__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.n_hidden = n_hidden
        self.n_flows = n_flows

        nf_blocks = []
        for i in range(self.n_flows):
            nf_blocks.append(MADE(self.input_size, self.hidden_size, self.n_hidden))
            nf_blocks.append(PermuteLayer(self.input_size))
        self.nf = nn.Sequential(*nf_blocks)

    def log_probs(self, x):
        """
        Mean log-likelihood of a batch, in nats

        :param x: (batch_size, input_size)
        :return: scalar
        """
        ### START CODE HERE ###
        z = x
        total = torch.zeros(x.size(0), device=x.device)
        for flow in self.nf:
            z, log_det = flow.inverse(z)
            total = total + log_det
        log_pz = -0.5 * torch.sum(z ** 2, dim=1) - 0.5 * self.input_size * np.log(2 * np.pi)
        log_prob = torch.mean(log_pz + total)
        ### END CODE HERE ###
        return log_prob

    def loss(self, x):
        return -self.log_probs(x)

    def sample(self, device, n):
        with torch.no_grad():
            x = torch.randn(n, self.input_size).to(device)
            for i in range(len(self.nf) - 1, -1, -1):
                x, _ = self.nf[i].forward(x)
        return x.cpu().numpy()
