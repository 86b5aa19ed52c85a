""" Losses for the GANs """
import copy
import numpy as np
import torch
import torch.utils.data
from torch import nn
from torch.nn import functional as F


def loss_nonsaturating_d(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    x_fake = g(z)
    loss = -F.logsigmoid(d(x_real)) - F.logsigmoid(-d(x_fake))
    return loss.mean()
    ### END CODE HERE ###


def loss_nonsaturating_g(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    logits = d(g(z))
    return F.binary_cross_entropy_with_logits(logits, torch.ones(logits.size(), device=device))
    ### END CODE HERE ###


def conditional_loss_nonsaturating_d(g, d, x_real, y_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    y_fake = y_real
    ### START CODE HERE ###
    x_fake = g(z, y_fake)
    loss = -F.logsigmoid(d(x_real, y_real)) - F.logsigmoid(-d(x_fake, y_fake))
    return loss.mean()
    ### END CODE HERE ###


def conditional_loss_nonsaturating_g(g, d, x_real, y_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    y_fake = y_real
    ### START CODE HERE ###
    x_fake = g(z, y_fake)
    loss = -F.logsigmoid(-d(x_fake, y_fake))
    return loss.mean()
    ### END CODE HERE ###


def loss_wasserstein_gp_d(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    x_fake = g(z).detach()
    alpha = torch.rand(1).to(device)
    x_hat = (alpha * x_fake + (1 - alpha) * x_real).requires_grad_(True)
    d_hat = d(x_hat)
    grad = torch.autograd.grad(d_hat, x_hat, torch.ones_like(d_hat), retain_graph=True)[0]
    norm = grad.view(grad.size(0), -1).norm(2, dim=1)
    gp = ((norm - 1) ** 2).mean()
    return d(x_fake).mean() - d(x_real).mean() + 10 * gp
    ### END CODE HERE ###


def loss_wasserstein_gp_g(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    return -d(g(z)).mean()
    ### END CODE HERE ###
