"""Problems 2, 4, 5 and 7: losses of generative adversarial networks.

Every loss takes the generator g and the discriminator d, and is a 0-d tensor to be minimised by one of them.
`g(z)` turns noise (B, dim_z) into images of the shape of x_real; `d(x)` gives logits (B,), or for the
Wasserstein losses the values of a critic. Equation numbers are the handout's.
"""

import torch
import torch.nn.functional as F


def loss_nonsaturating_d(g, d, x_real, *, device):
    """The discriminator's loss, equation (10).

    Args:
        g: generator, with `g.dim_z` the size of its noise; noise (B, dim_z) -> images like x_real.
        d: discriminator; images -> logits (B,).
        x_real: batch of real images, shape (B, 1, 28, 28) in training.
        device: where to draw the noise.

    Returns:
        A 0-d tensor.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    x_fake = g(z).detach()  # the generator does not learn in the discriminator's turn
    # log(1 - sigmoid(h)) = log sigmoid(-h), which does not overflow
    return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
    ### END_CODE_HERE ###


def loss_nonsaturating_g(g, d, x_real, *, device):
    """The generator's non-saturating loss, equation (11).

    Args and result as in `loss_nonsaturating_d`; of x_real only the batch size matters.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    return -F.logsigmoid(d(g(z))).mean()
    ### END_CODE_HERE ###


def conditional_loss_nonsaturating_d(g, d, x_real, y_real, *, device):
    """The conditional discriminator's loss, equation (18).

    Args:
        g: generator; noise (B, dim_z) and labels (B,) -> images like x_real.
        d: discriminator; images and labels (B,) -> logits (B,).
        x_real: batch of real images, shape (B, 1, 28, 28) in training.
        y_real: their labels, int64 in 0 ... 9, shape (B,); classes are equally likely, so that these serve
            as labels for the fakes as well.
        device: where to draw the noise.

    Returns:
        A 0-d tensor.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    x_fake = g(z, y_real).detach()
    return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
    ### END_CODE_HERE ###


def conditional_loss_nonsaturating_g(g, d, x_real, y_real, *, device):
    """The conditional generator's non-saturating loss: equation (9) with g and d given the labels.

    Args and result as in `conditional_loss_nonsaturating_d`.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
    ### END_CODE_HERE ###


def loss_wasserstein_gp_d(g, d, x_real, *, device):
    """The critic's Wasserstein loss with gradient penalty, equation (24), lambda = 10.

    Gulrajani et al. 2017 (arXiv:1704.00028). The penalty is taken at a x_fake + (1 - a) x_real, with one
    a ~ Uniform[0, 1] for each image; the norm is over all the pixels of an image.

    Args and result as in `loss_nonsaturating_d`; d gives the critic's values.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    x_fake = g(z).detach()
    a = torch.rand(x_real.shape[0], *[1] * (x_real.dim() - 1), device=device)
    x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
    # Image i does not enter the values of the others, so one gradient of the sum holds them all.
    (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
    penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
    return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
    ### END_CODE_HERE ###


def loss_wasserstein_gp_g(g, d, x_real, *, device):
    """The generator's Wasserstein loss, equation (25).

    Args and result as in `loss_nonsaturating_d`; d gives the critic's values.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    return -d(g(z)).mean()
    ### END_CODE_HERE ###


def loss_minimax_g(g, d, x_real, *, device):
    """The generator's minimax loss, the batch form of equation (8); problem 7, extra credit.

    Args and result as in `loss_nonsaturating_g`.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    return F.logsigmoid(-d(g(z))).mean()
    ### END_CODE_HERE ###
