import numpy as np
import torch
import torch.utils.data
from torch import nn
from torch.nn import functional as F


def loss_nonsaturating_d(g, d, x_real, *, device):
    """
    Arguments:
    - g: generator, z (batch_size, g.dim_z) -> x like x_real
    - d: discriminator, x -> logits (batch_size,)
    - x_real: real images (batch_size, 1, 28, 28)
    - device (torch.device): 'cpu' or 'cuda'

    Returns:
    - loss (torch.Tensor): scalar
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    x_fake = g(z)
    loss_real = -torch.mean(F.logsigmoid(d(x_real)))
    loss_fake = -torch.mean(F.logsigmoid(-d(x_fake)))
    return loss_real + loss_fake
    ### END CODE HERE ###


def loss_nonsaturating_g(g, d, x_real, *, device):
    """
    Arguments and result as above
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    loss = -torch.mean(F.logsigmoid(d(g(z))))
    return loss
    ### END CODE HERE ###


def conditional_loss_nonsaturating_d(g, d, x_real, y_real, *, device):
    """
    Arguments and result as above, and
    - y_real: labels (batch_size,), g(z, y) and d(x, y)
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    y_fake = y_real  # use the real labels as the fake labels as well
    ### START CODE HERE ###
    x_fake = g(z, y_fake)
    loss_real = -torch.mean(F.logsigmoid(d(x_real, y_real)))
    loss_fake = -torch.mean(F.logsigmoid(-d(x_fake, y_fake)))
    return loss_real + loss_fake
    ### END CODE HERE ###


def conditional_loss_nonsaturating_g(g, d, x_real, y_real, *, device):
    """
    Arguments and result as above
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    y_fake = y_real
    ### START CODE HERE ###
    return -torch.mean(F.logsigmoid(d(g(z, y_fake), y_fake)))
    ### END CODE HERE ###


def loss_wasserstein_gp_d(g, d, x_real, *, device):
    """
    Arguments and result as above
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    lam = 10.0
    batch_size = x_real.size(0)
    x_fake = g(z)
    alpha = torch.rand(batch_size).to(device).view(batch_size, 1, 1, 1)
    x_mix = alpha * x_fake + (1 - alpha) * x_real
    grad = torch.autograd.grad(torch.sum(d(x_mix)), x_mix, create_graph=True)[0]
    norm = torch.sqrt(torch.sum(grad.view(batch_size, -1) ** 2, dim=1))
    penalty = torch.mean((norm - 1.0) ** 2)
    return torch.mean(d(x_fake)) - torch.mean(d(x_real)) + lam * penalty
    ### END CODE HERE ###


def loss_wasserstein_gp_g(g, d, x_real, *, device):
    """
    Arguments and result as above
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    return -torch.mean(d(g(z)))
    ### END CODE HERE ###
