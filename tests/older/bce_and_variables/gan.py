"""GAN losses."""
import copy

import torch
from torch import autograd, nn
from torch.autograd import Variable
from torch.nn import functional as F

bce = nn.BCEWithLogitsLoss()


def loss_nonsaturating_d(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    batch_size = x_real.size(0)
    ones = Variable(torch.ones(batch_size)).to(device)
    zeros = Variable(torch.zeros(batch_size)).to(device)
    d_loss = bce(d(x_real), ones) + bce(d(g(z).detach()), zeros)
    ### END CODE HERE ###
    return d_loss


def loss_nonsaturating_g(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    ones = Variable(torch.ones(x_real.size(0))).to(device)
    g_loss = bce(d(g(z)), ones)
    ### END CODE HERE ###
    return g_loss


def conditional_loss_nonsaturating_d(g, d, x_real, y_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    real_logits = d(x_real, y_real)
    fake_logits = d(g(z, y_real).detach(), y_real)
    d_loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    d_loss = d_loss + F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    ### END CODE HERE ###
    return d_loss


def conditional_loss_nonsaturating_g(g, d, x_real, y_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    fake_logits = d(g(z, y_real), y_real)
    g_loss = F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
    ### END CODE HERE ###
    return g_loss


def loss_wasserstein_gp_d(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    batch_size = x_real.size(0)
    x_fake = g(z).data
    eps = torch.rand(batch_size).unsqueeze(1).unsqueeze(2).unsqueeze(3)
    eps = eps.expand(x_real.size()).to(device)
    x_hat = Variable(eps * x_real.data + (1 - eps) * x_fake, requires_grad=True)
    d_hat = d(x_hat)
    gradients = autograd.grad(
        outputs=d_hat,
        inputs=x_hat,
        grad_outputs=torch.ones(d_hat.size()).to(device),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    penalty = 10 * ((gradients.norm(2, dim=1) - 1) ** 2).mean()
    d_loss = d(x_fake).mean() - d(x_real).mean() + penalty
    ### END CODE HERE ###
    return d_loss


def loss_wasserstein_gp_g(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    g_loss = d(g(z)).mean().mul(-1)
    ### END CODE HERE ###
    return g_loss
