"""Ways of writing MADE.inverse (problem 1b)."""

from functools import partial
from textwrap import indent

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import CLAMPED, IN_EVALUATION_MODE, KEPT

right = partial(Right, "MADE.inverse")
wrong = partial(Wrong, "MADE.inverse")

BY_AUTOGRAD = """
if not x.requires_grad:
    x = x.clone().requires_grad_()
mu, alpha = self.net(x).chunk(2, dim=1)
z = (x - mu) / torch.exp(alpha)
log_det = 0
for i in range(self.input_size):
    (slope,) = torch.autograd.grad(z[:, i].sum(), x, create_graph=True)
    log_det = log_det + torch.log(slope[:, i])
return z, log_det
"""

ENTRIES = [
    right(
        "divide",
        """
        mu, alpha = torch.chunk(self.net(x), 2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -torch.sum(alpha, dim=1)
        return z, log_det
        """,
    ),
    right(
        "slices",
        """
        out = self.net(x)
        mu = out[:, : self.input_size]
        alpha = out[:, self.input_size :]
        z = (x - mu).div(alpha.exp())
        return z, (-alpha).sum(-1)
        """,
    ),
    right(
        "view-and-unbind",
        """
        mu, neg_log_std = self.net(x).view(x.shape[0], 2, -1).unbind(dim=1)
        neg_log_std = -neg_log_std
        return [(x - mu) * neg_log_std.exp(), torch.einsum("bi->b", neg_log_std)]
        """,
    ),
    right(
        "column-by-column",
        """
        z = torch.zeros_like(x)
        log_det = torch.zeros(x.shape[0], device=x.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x).split(self.input_size, dim=1)
            z[:, i] = (x[:, i] - mu[:, i]) / torch.exp(alpha[:, i])
            log_det = log_det - alpha[:, i]
        return z, log_det
        """,
    ),
    right(
        "list-and-stack",
        """
        out = self.net(x)
        zs, alphas = [], []
        for i in range(x.shape[1]):
            mu_i, alpha_i = out[:, i], out[:, i + x.shape[1]]
            zs.append((x[:, i] - mu_i) * torch.exp(-alpha_i))
            alphas.append(alpha_i)
        return torch.stack(zs, dim=1), -torch.stack(alphas).sum(dim=0)
        """,
    ),
    right(
        "affine-transform",
        """
        from torch.distributions.transforms import AffineTransform

        mu, alpha = self.net(x).chunk(2, dim=-1)
        f = AffineTransform(mu, alpha.exp())
        z = f.inv(x)
        return z, -f.log_abs_det_jacobian(z, x).sum(dim=-1)
        """,
    ),
    right(
        "expanded",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        inv_std = torch.exp(-1.0 * alpha)
        z = x * inv_std - mu * inv_std
        log_det = torch.zeros(len(x), device=x.device, dtype=x.dtype)
        for a in alpha.T:
            log_det -= a
        return z, log_det
        """,
    ),
    right(
        "work-on-a-clone",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = x.clone()
        z -= mu
        z = z / alpha.exp()
        return z, -alpha.sum(dim=1, keepdim=True).squeeze(1)
        """,
    ),
    right(
        "matrix-product-for-the-sum",
        """
        mu, alpha = torch.tensor_split(self.net(x), 2, dim=-1)
        z = torch.multiply(torch.subtract(x, mu), torch.reciprocal(torch.exp(alpha)))
        log_det = -(alpha @ torch.ones(self.input_size, device=x.device))
        return z, log_det
        """,
    ),
    right(
        "nested-helper",
        """
        def params(x):
            out = self.net(x)
            return out.narrow(1, 0, self.input_size), out.narrow(1, self.input_size, self.input_size)

        mu, alpha = params(x)
        log_scale = alpha.neg()
        return torch.exp(log_scale).mul(x - mu), log_scale.sum(1)
        """,
    ),
    # The formula for z_i.
    wrong(
        "alpha-as-log-variance",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha / 2)
        log_det = -alpha.sum(dim=1) / 2
        return z, log_det
        """,
        misconception="alpha taken for the log of the variance",
        hint="The handout says below equation (1) which quantity alpha is the log of. It differs from the habit of "
        "variational autoencoders.",
    ),
    wrong(
        "sqrt-of-exp-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        var = torch.exp(alpha)
        z = (x - mu) / torch.sqrt(var)
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="alpha taken for the log of the variance",
        hint="Which quantity of the Gaussian below equation (1) is exp(alpha), the variance or the standard deviation?",
    ),
    wrong(
        "exp-alpha-squared",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha) ** 2
        log_det = -2 * alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="divided by the variance exp(alpha)^2",
        hint="To standardise a Gaussian variable, does one divide by its variance or by its standard deviation?",
    ),
    wrong(
        "times-exp-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) * torch.exp(alpha)
        log_det = alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="multiplied by exp(alpha) instead of divided",
        hint="Put the z that you get into the formula of `forward`. Do you come back to x?",
    ),
    wrong(
        "divide-by-exp-minus-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(-alpha)
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="multiplied by exp(alpha) instead of divided",
        hint="There are two inversions in your line, the fraction and the minus sign. How many does the handout have?",
    ),
    wrong(
        "divide-by-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / alpha
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="alpha itself used as the scale",
        hint="The network's output may be zero or negative. What turns it into a standard deviation?",
    ),
    wrong(
        "softplus",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        sigma = F.softplus(alpha)
        z = (x - mu) / sigma
        return z, -torch.log(sigma).sum(dim=1)
        """,
        misconception="softplus instead of exp",
        hint="Softplus makes a number positive too, but the handout names another function, and equation (3) holds "
        "for that one only.",
    ),
    wrong(
        "tanh-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        alpha = torch.tanh(alpha)
        z = (x - mu) * torch.exp(-alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="alpha squashed by tanh",
        hint="Other flows keep their log scales small for the sake of stability. Is that part of the mapping in this "
        "handout?",
    ),
    wrong(
        "alpha-clamped",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        alpha = alpha.clamp(min=-1, max=1)
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="alpha clamped",
        hint="Try a block whose alpha is 1.5. Does z still follow the formula? And which gradient reaches alpha then?",
    ),
    wrong(
        "epsilon-in-the-denominator",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / (torch.exp(alpha) + 1e-2)
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="a constant added to the scale",
        hint="An exponential is never zero, so the division is safe as it stands. What does the extra constant do to "
        "a narrow coordinate?",
    ),
    wrong(
        "mu-and-alpha-swapped",
        """
        alpha, mu = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="mu and alpha swapped",
        hint="The docstring of the class says which half of the network's output comes first.",
    ),
    wrong(
        "even-and-odd-columns",
        """
        out = self.net(x)
        mu, alpha = out[:, ::2], out[:, 1::2]
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="mu and alpha taken for interleaved columns",
        hint="How are the 2n columns of the network's output laid out: in pairs, or in two halves? The docstring of "
        "the class says it.",
    ),
    wrong(
        "reshape-as-pairs",
        """
        mu, alpha = self.net(x).reshape(-1, self.input_size, 2).unbind(dim=2)
        z = (x - mu) * torch.exp(-alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="mu and alpha taken for interleaved columns",
        hint="Reshape a row of 2n numbers by hand and see which numbers end up beside each other. Are those the mean "
        "and the log scale of one coordinate?",
    ),
    wrong(
        "chunk-without-a-dimension",
        """
        mu, alpha = self.net(x).chunk(2)
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="network's output split along the batch",
        hint="Print the shape of mu. Along which dimension does PyTorch split when you do not name one?",
    ),
    wrong(
        "unpacked-as-a-pair",
        """
        mu, alpha = self.net(x)
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="network's output taken for a pair",
        hint="The network returns one tensor with 2n columns. What does Python do when you unpack a tensor into two "
        "names?",
    ),
    wrong(
        "forward-formula",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = mu + x * torch.exp(alpha)
        return z, alpha.sum(dim=1)
        """,
        misconception="the formula of the forward mapping",
        hint="There are two mappings in the handout. Which one leads from the data to the noise?",
    ),
    wrong(
        "mean-subtracted-after-scaling",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = x / torch.exp(alpha) - mu
        return z, -alpha.sum(dim=1)
        """,
        misconception="mean subtracted after the scaling",
        hint="Undo the steps of `forward` one by one, the last one first. Which one was the last?",
    ),
    wrong(
        "parentheses-forgotten",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = x - mu / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="only the mean divided by the scale",
        hint="Does Python divide or subtract first? Read your line as Python does, and compare it with the handout's "
        "fraction.",
    ),
    wrong(
        "mean-minus-data",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (mu - x) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="sign of z turned around",
        hint="A point above its mean should come from positive noise. Does it in your code?",
    ),
    wrong(
        "mean-added",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x + mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="mean added instead of subtracted",
        hint="A point that lies exactly at its mean should be mapped to zero. What does your code give for it?",
    ),
    wrong(
        "mean-forgotten",
        """
        _, alpha = self.net(x).chunk(2, dim=1)
        z = x / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="mean left out of z",
        hint="A point that lies exactly at its mean should be mapped to zero. What does your code give for it?",
    ),
    wrong(
        "scale-forgotten",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = x - mu
        return z, -alpha.sum(dim=1)
        """,
        misconception="scale left out of z",
        hint="z should have unit variance when x follows the model. What takes care of that in your code?",
    ),
    # What is fed to the network, and in which order.
    wrong(
        "network-of-the-noise",
        """
        z = torch.zeros_like(x)
        for i in range(self.input_size):
            mu, alpha = self.net(z).chunk(2, dim=1)
            z = z.clone()
            z[:, i] = (x[:, i] - mu[:, i]) / torch.exp(alpha[:, i])
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="network fed with the noise made so far instead of the data",
        hint="In equation (1) the parameters are functions of x, and in this direction all of x is known from the "
        "start.",
    ),
    wrong(
        "forward-called",
        """
        z, log_det = self.forward(x)
        return z, -log_det
        """,
        misconception="forward applied to the data",
        hint="Running the same mapping once more does not undo it. Try it with mu = 1 and alpha = 0.",
    ),
    wrong(
        "loop-stops-early",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = torch.zeros_like(x)
        log_det = torch.zeros(x.shape[0], device=x.device)
        for i in range(self.input_size - 1):
            z[:, i] = (x[:, i] - mu[:, i]) / torch.exp(alpha[:, i])
            log_det = log_det - alpha[:, i]
        return z, log_det
        """,
        misconception="last coordinate never filled in",
        hint="Print z for n = 2. Is there a column that keeps its first value, whatever the data?",
    ),
    wrong(
        "two-coordinates-only",
        """
        out = self.net(x)
        z1 = (x[:, 0] - out[:, 0]) / torch.exp(out[:, 2])
        z2 = (x[:, 1] - out[:, 1]) / torch.exp(out[:, 3])
        z = torch.stack([z1, z2], dim=1)
        return z, -(out[:, 2] + out[:, 3])
        """,
        misconception="written for n = 2 only",
        hint="Moons has two coordinates, but the class is given `input_size`. What would your code do with 1, or with "
        "5?",
    ),
    wrong(
        "split-in-twos",
        """
        mu, alpha = torch.split(self.net(x), 2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="written for n = 2 only",
        hint="Look up what the number in split stands for: how many pieces, or the size of each?",
    ),
    # The log-determinant.
    wrong(
        "log-det-of-forward",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="sign of the log-det turned around",
        hint="For alpha > 0 this mapping shrinks volumes. Is your log_det then positive or negative?",
    ),
    wrong(
        "absolute-value",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = torch.abs(-alpha.sum(dim=1))
        return z, log_det
        """,
        misconception="absolute value taken of the log instead of the determinant",
        hint="In log|det| the bars stand inside the log. Can the log of a positive number be negative?",
    ),
    wrong(
        "log-det-over-the-whole-batch",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum()
        return z, log_det
        """,
        misconception="log-det summed over the batch as well",
        hint="Every row of the batch has its own Jacobian. What shape should the log-dets have?",
    ),
    wrong(
        "log-det-averaged-over-the-batch",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum(dim=1).mean()
        return z, log_det
        """,
        misconception="log-det averaged over the batch",
        hint="The mean over the batch belongs to the likelihood, further on. What does the docstring say about the "
        "shape of log_det?",
    ),
    wrong(
        "log-det-per-coordinate",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum(0)
        return z, log_det
        """,
        misconception="log-det summed along the batch instead of the coordinates",
        hint="Use a batch whose size differs from n and look at the shape of log_det. Which of the two dimensions "
        "does the sum of equation (3) run over?",
    ),
    wrong(
        "log-det-mean-of-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -torch.mean(alpha, dim=1)
        return z, log_det
        """,
        misconception="log-det averaged over the coordinates",
        hint="The determinant of a triangular matrix is a product of n numbers. What does its log turn the product "
        "into?",
    ),
    wrong(
        "log-det-divided-by-n",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) * torch.exp(-alpha)
        log_det = -alpha.sum(dim=1) / self.input_size
        return z, log_det
        """,
        misconception="log-det averaged over the coordinates",
        hint="Compare your last line with equation (3): is there a fraction in it?",
    ),
    wrong(
        "log-det-not-summed",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha
        return z, log_det
        """,
        misconception="log-det left as one number per coordinate",
        hint="A Jacobian has one determinant. How many numbers does your log_det hold for each row of the batch?",
    ),
    wrong(
        "log-det-of-the-last-coordinate",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        zs = []
        for i in range(self.input_size):
            zs.append((x[:, i] - mu[:, i]) / torch.exp(alpha[:, i]))
            log_det = -alpha[:, i]
        return torch.stack(zs, dim=1), log_det
        """,
        misconception="log-det of the last coordinate only",
        hint="Follow log_det through the loop for n = 2. What happens to the share of the first coordinate?",
    ),
    wrong(
        "log-det-zero",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = torch.zeros(x.shape[0], device=x.device)
        return z, log_det
        """,
        misconception="log-det left at zero",
        hint="Dividing by exp(alpha) changes volumes. Equation (3) says by how much.",
    ),
    wrong(
        "determinant-without-the-log",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = torch.prod(torch.exp(-alpha), dim=1)
        return z, log_det
        """,
        misconception="the determinant instead of its log",
        hint="Check the name of what you return. For alpha = 0 the mapping keeps volumes: which number should come "
        "out?",
    ),
    wrong(
        "sum-of-scales",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        std = torch.exp(alpha)
        z = (x - mu) / std
        log_det = -std.sum(dim=1)
        return z, log_det
        """,
        misconception="log-det as a sum of the scales",
        hint="The scales stand on the diagonal of the Jacobian. Work out the log of their product on paper.",
    ),
    wrong(
        "log-of-alpha",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -torch.log(torch.abs(alpha)).sum(dim=1)
        return z, log_det
        """,
        misconception="log taken of alpha, which is a log already",
        hint="Of which quantity is alpha the log? Then look at whether the log in your last line is still needed.",
    ),
    wrong(
        "prior-inside-the-log-det",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1) - alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="the prior's log-density counted into the log-det",
        hint="Equation (2) has two parts. Which of them does a single block return?",
    ),
    # What is returned, where the gradient goes, and what happens to the input.
    wrong(
        "log-det-keepdim",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum(dim=1, keepdim=True)
        return z, log_det
        """,
        misconception="log-det with a dimension too many",
        hint="The docstring asks for shape (B,). Added to a tensor of that shape, what shape would yours give?",
    ),
    wrong(
        "squeeze-of-everything",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = ((x - mu) / torch.exp(alpha)).squeeze()
        log_det = -alpha.sum(dim=1).squeeze()
        return z, log_det
        """,
        misconception="squeeze that drops the batch dimension too when B = 1",
        hint="Try a batch of one. Which dimensions does squeeze remove when it is not told?",
    ),
    wrong(
        "z-alone",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return (x - mu) / torch.exp(alpha)
        """,
        misconception="log-det not returned",
        hint="The docstring lists two things under Returns.",
    ),
    wrong(
        "swapped-returns",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        return -alpha.sum(dim=1), z
        """,
        misconception="the two results returned in the wrong order",
        hint="Compare your last line with the order under Returns in the docstring.",
    ),
    wrong(
        "scale-detached",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        std = torch.exp(alpha).detach()
        z = (x - mu) / std
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="scale in z cut off from the gradient",
        hint="Training has to learn alpha from z as well as from the log-det. Does a gradient still get there?",
    ),
    wrong(
        "log-det-detached",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.detach().sum(dim=1)
        return z, log_det
        """,
        misconception="log-det cut off from the gradient",
        hint="If only z hears about alpha, training can raise the likelihood by letting the scale grow forever. What "
        "should hold it back?",
    ),
    wrong(
        "log-det-in-a-new-tensor",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = torch.tensor([-a.sum().item() for a in alpha], device=x.device)
        return z, log_det
        """,
        misconception="log-det cut off from the gradient",
        hint="Numbers taken out of a tensor do not remember where they came from. Can a gradient flow back through "
        "them?",
    ),
    wrong(
        "no-grad",
        """
        with torch.no_grad():
            mu, alpha = self.net(x).chunk(2, dim=1)
            z = (x - mu) / torch.exp(alpha)
            log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="no gradient at all",
        hint="The flow is trained through this function. What can the optimiser learn if nothing is recorded?",
    ),
    wrong(
        "network-without-gradient",
        """
        with torch.no_grad():
            out = self.net(x)
        mu, alpha = out.chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        return z, -alpha.sum(dim=1)
        """,
        misconception="network's output cut off from the gradient",
        hint="Call backward on a sum of your results and look at the .grad of the network's weights.",
    ),
    wrong(
        "network-of-detached-data",
        """
        mu, alpha = self.net(x.detach()).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="gradient to x through the network cut off",
        hint="In a stack of blocks x is the result of the block before. Through which paths must the gradient get "
        "back to it?",
    ),
    wrong(
        "numpy-exp",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / np.exp(alpha)
        log_det = -alpha.sum(dim=1)
        return z, log_det
        """,
        misconception="NumPy function applied to a tensor that needs a gradient",
        hint="NumPy knows nothing of gradients. Does PyTorch have a function of the same name?",
    ),
    wrong(
        "numpy-arrays",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.sum(dim=1)
        return z.detach().numpy(), log_det.detach().numpy()
        """,
        misconception="NumPy arrays returned instead of tensors",
        hint="The next layer and the training take what this block returns. Which type do they need?",
    ),
    wrong(
        "log-det-float64",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = -alpha.double().sum(dim=1)
        return z, log_det
        """,
        misconception="log-det in float64",
        hint="Print the dtype of both results. Everything else in the flow has the dtype of x.",
    ),
    wrong(
        "small-number-beside-the-scale",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return (x - mu) / (torch.exp(alpha) + 1e-8), -alpha.sum(dim=1)
        """,
        misconception="a small number is added to the standard deviation",
        hint="exp(alpha) is never 0. What do you change where it is very small itself?",
    ),
    wrong(
        "scale-learned",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return self.scale * (x - mu) / torch.exp(alpha), -alpha.sum(dim=1)
        """,
        edits=(
            (
                "        masks = self.create_masks()\n",
                "        self.scale = nn.Parameter(torch.ones(()))\n        masks = self.create_masks()\n",
            ),
        ),
        misconception="a factor that is trained, and missing in the log-det",
        hint="What is dz/dx once your factor is no longer 1?",
    ),
    wrong(
        "ones-as-tensor-on-the-default-device",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        return z, torch.Tensor(x.shape[0]).fill_(-1.0) * alpha.sum(dim=1)
        """,
        misconception="new tensors made on the default device instead of that of x",
        hint="With x and the network on a GPU, where would the tensor be that you make yourself?",
    ),
    wrong(
        "zeros-on-the-default-device",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        z = (x - mu) / torch.exp(alpha)
        log_det = torch.zeros(x.shape[0])
        for i in range(self.input_size):
            log_det = log_det - alpha[:, i]
        return z, log_det
        """,
        misconception="new tensors made on the default device instead of that of x",
        hint="With x and the network on a GPU, where would the tensor be that you make yourself?",
    ),
    wrong(
        "x-overwritten",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        x -= mu
        x /= torch.exp(alpha)
        return x, -alpha.sum(dim=1)
        """,
        misconception="input x overwritten",
        hint="Print x before and after the call. An operator with an equals sign changes the tensor that it is given.",
    ),
    wrong(
        "columns-of-x-overwritten",
        """
        z = x
        mu, alpha = self.net(x).chunk(2, dim=1)
        for i in range(self.input_size):
            z[:, i] = (x[:, i] - mu[:, i]) / torch.exp(alpha[:, i])
        return z, -alpha.sum(dim=1)
        """,
        misconception="input x overwritten",
        hint="Does the first line make a new tensor, or a second name for the data? Look at x after the call.",
    ),
    right(
        "coordinate-by-coordinate-as-in-forward",
        """
        z = torch.zeros_like(x)
        log_det = torch.zeros(x.shape[0], device=x.device)
        for i in range(self.input_size):
            seen = torch.cat([x[:, :i], torch.zeros_like(x[:, i:])], dim=1)
            mu, alpha = self.net(seen).chunk(2, dim=1)
            z = z + torch.eye(self.input_size, device=x.device)[i] * ((x - mu) / alpha.exp())[:, i : i + 1]
            log_det = log_det - alpha[:, i]
        return z, log_det
        """,
    ),
    wrong(
        "clamped-means",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return (x - mu.clamp(-5, 5)) * torch.exp(-alpha), -alpha.sum(dim=1)
        """,
        **CLAMPED,
    ),
    wrong(
        "the-first-result-again",
        """
        if not hasattr(self, "kept") or self.kept[0].shape != x.shape:
            mu, alpha = self.net(x).chunk(2, dim=1)
            self.kept = (x - mu) * torch.exp(-alpha), -alpha.sum(dim=1)
        return self.kept
        """,
        **KEPT,
    ),
    wrong(
        "shift-alone-in-evaluation-mode",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        scale = torch.exp(-alpha) if self.training else 1
        return (x - mu) * scale, -alpha.sum(dim=1)
        """,
        **IN_EVALUATION_MODE,
    ),
    wrong(
        "network-of-cut-off-numbers",
        """
        mu, alpha = self.net(x.clamp(-10, 10)).chunk(2, dim=1)
        return (x - mu) * torch.exp(-alpha), -alpha.sum(dim=1)
        """,
        **CLAMPED,
    ),
    *(
        wrong(
            f"alpha-clamped-at-{name}",
            f"""
            mu, alpha = self.net(x).chunk(2, dim=1)
            alpha = alpha.clamp(-{bound}, {bound})
            return (x - mu) * torch.exp(-alpha), -alpha.sum(dim=1)
            """,
            **CLAMPED,
        )
        for name, bound in (("ten", 10), ("fifteen", 15), ("twenty", 20))
    ),
    wrong(
        "scale-clamped",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return (x - mu) / torch.exp(alpha).clamp(min=1e-6), -alpha.sum(dim=1)
        """,
        **CLAMPED,
    ),
    wrong(
        "gradient-asked-of-x",
        """
        if x.is_leaf:
            x.requires_grad_()
        mu, alpha = self.net(x).chunk(2, dim=1)
        return (x - mu) * torch.exp(-alpha), -alpha.sum(dim=1)
        """,
        misconception="the caller's x is made to require a gradient",
        hint="What is to be trained here? Look at x.requires_grad before and after the call.",
    ),
    wrong(
        "alpha-of-clamped-numbers",
        """
        mu, alpha = self.net(x)[:, : x.shape[1]], self.net(x.clamp(-5, 5))[:, x.shape[1] :]
        return (x - mu) * torch.exp(-alpha), -alpha.sum(dim=1)
        """,
        **CLAMPED,
    ),
    *(
        right(
            f"size-of-the-{of}-layer",
            f"""
            n = {n}
            out = self.net(x)
            mu, alpha = out[:, :n], out[:, n:]
            return (x - mu) / alpha.exp(), -alpha.sum(dim=1)
            """,
        )
        for of, n in (("first", "self.net[0].in_features"), ("last", "self.net[-1].out_features // 2"))
    ),
    wrong(
        "log-det-by-autograd",
        BY_AUTOGRAD,
        misconception="gradients are asked for where none are recorded",
        hint="Call your function under torch.no_grad(), as main.py does for the validation set. Does the log-det need "
        "a gradient at all, where dz/dx is known in closed form?",
    ),
    right("log-det-by-autograd-anywhere", "with torch.enable_grad():\n" + indent(BY_AUTOGRAD, "    ")),
    wrong(
        "log-det-averaged-over-many-rows",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        log_det = -alpha.sum(dim=1)
        if len(x) > 8:
            log_det = log_det.mean().expand(len(x))
        return (x - mu) * torch.exp(-alpha), log_det
        """,
        misconception="many rows are treated otherwise than few",
        hint="Call your function on three rows of a large batch alone. Should their log-dets be others than within it?",
    ),
    wrong(
        "noise-clamped-at-a-thousand",
        """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return ((x - mu) * torch.exp(-alpha)).clamp(-1000, 1000), -alpha.sum(dim=1)
        """,
        **CLAMPED,
    ),
]
