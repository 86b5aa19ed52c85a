import torch
from torch import nn
import torch.nn.functional as F
from torch.distributions import Uniform, Categorical
from torch.utils.data import random_split

NUM_CLASSES = 10
LAMBDA = 10


def loss_nonsaturating_d(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    with torch.no_grad():
        x_fake = g(z)
    B = len(x_real)
    # one big batch, then split it again
    h_real, h_fake = torch.split(d(torch.cat([x_real, x_fake], dim=0)), [B, B])
    return (F.softplus(-h_real) + F.softplus(h_fake)).mean()
    ### END CODE HERE ###


def loss_nonsaturating_g(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    return F.softplus(-d(g(z))).mean()
    ### END CODE HERE ###


def conditional_loss_nonsaturating_d(g, d, x_real, y_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    # p(y) = 1/m, so draw new labels for the fakes
    y_fake = torch.randint(0, NUM_CLASSES, (x_real.shape[0],), device=device)
    x_fake = g(z, y_fake).detach()
    real = F.logsigmoid(d(x_real, y_real))
    fake = F.logsigmoid(-d(x_fake, y_fake))
    return -real.mean() - fake.mean()
    ### END CODE HERE ###


def conditional_loss_nonsaturating_g(g, d, x_real, y_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    y_fake = torch.randint(NUM_CLASSES, y_real.size(), device=device)
    return -F.logsigmoid(d(g(z, y_fake), y_fake)).mean()
    ### END CODE HERE ###


def loss_wasserstein_gp_d(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    x_fake = g(z).detach()
    alpha = torch.rand(x_real.shape[0]).to(device)
    x_mid = torch.einsum('i,ijkl->ijkl', alpha, x_fake) + torch.einsum('i,ijkl->ijkl', 1 - alpha, x_real)
    x_mid.requires_grad_(True)
    grad, = torch.autograd.grad(d(x_mid).sum(), [x_mid], create_graph=True)
    norm = torch.einsum('ijkl,ijkl->i', grad, grad).sqrt()
    return (d(x_fake) - d(x_real)).mean() + LAMBDA * (norm - 1).pow(2).mean()
    ### END CODE HERE ###


def loss_wasserstein_gp_g(g, d, x_real, *, device):
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START CODE HERE ###
    scores = d(g(z))
    return -torch.einsum('i->', scores) / scores.size(0)
    ### END CODE HERE ###
