"""Ways of writing MAF.log_probs (problem 1c)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import CLAMPED, IN_EVALUATION_MODE, KEPT, LEFT, MEAN_OF_MEANS

right = partial(Right, "MAF.log_probs")
wrong = partial(Wrong, "MAF.log_probs")

ENTRIES = [
    right(
        "prior-float64",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        z = z.double()
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
    ),
    right(
        "constant-of-numpy",  # which makes a 0-d float64 tensor of it all
        """
        log_det = torch.zeros(len(x), device=x.device)
        for layer in self.nf:
            x, ld = layer.inverse(x)
            log_det = log_det + ld
        return -0.5 * x.pow(2).sum(1).mean() - 0.5 * x.shape[1] * torch.tensor(np.log(2 * np.pi)) + log_det.mean()
        """,
    ),
    right(
        "normal-distribution",
        """
        from torch.distributions import Normal

        log_det = torch.zeros(x.shape[0], device=x.device)
        z = x
        for flow in self.nf:
            z, ld = flow.inverse(z)
            log_det = log_det + ld
        prior = Normal(torch.zeros_like(z), torch.ones_like(z))
        return torch.mean(prior.log_prob(z).sum(dim=1) + log_det)
        """,
    ),
    right(
        "multivariate-normal",
        """
        n = self.input_size
        prior = torch.distributions.MultivariateNormal(
            torch.zeros(n, device=x.device), torch.eye(n, device=x.device)
        )
        log_dets = []
        for layer in self.nf:
            x, log_det = layer.inverse(x)
            log_dets.append(log_det)
        log_p = prior.log_prob(x) + torch.stack(log_dets).sum(dim=0)
        return log_p.mean()
        """,
    ),
    right(
        "independent-standard-normals",
        """
        from torch.distributions import Independent, Normal

        z, total = x, 0
        for i in range(len(self.nf)):
            z, log_det = self.nf[i].inverse(z)
            total += log_det
        base = Independent(Normal(torch.zeros_like(z), 1.0), 1)
        return (base.log_prob(z) + total).sum() / x.shape[0]
        """,
    ),
    right(
        "means-apart",
        """
        import math

        z = x
        result = 0.0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            result = result + log_det.mean()
        log_prior = -0.5 * z.pow(2).sum(dim=1) - 0.5 * self.input_size * math.log(2 * math.pi)
        return log_prior.mean() + result
        """,
    ),
    right(
        "recursion",
        """
        def log_p(x, k):
            if k == len(self.nf):
                return -(torch.einsum("bi,bi->b", x, x) + x.shape[1] * np.log(2 * np.pi)) / 2
            z, log_det = self.nf[k].inverse(x)
            return log_det + log_p(z, k + 1)

        return log_p(x, 0).mean(0)
        """,
    ),
    right(
        "added-up-as-it-goes",
        """
        log_p = -0.5 * np.log(2 * np.pi) * torch.ones_like(x).sum(dim=1)
        for layer in self.nf.children():
            x, log_det = layer.inverse(x)
            log_p = log_p + log_det
        log_p = log_p - 0.5 * torch.linalg.vector_norm(x, dim=1) ** 2
        return torch.sum(log_p) / len(log_p)
        """,
    ),
    right(
        "two-kinds-of-layer",
        """
        log_det = torch.zeros_like(x[:, 0])
        for layer in self.nf:
            if isinstance(layer, PermuteLayer):
                x, _ = layer.inverse(x)
            else:
                x, d = layer.inverse(x)
                log_det = log_det + d
        log_prior = (-0.5 * x**2 - np.log(np.sqrt(2 * np.pi))).sum(-1)
        return torch.mean(log_prior + log_det)
        """,
    ),
    right(
        "last-reversal-skipped",
        """
        # the prior does not care about the order of the coordinates, so the last permutation may go
        z = x
        log_det = 0.0
        for layer in self.nf[:-1]:
            z, d = layer.inverse(z)
            log_det = log_det + d
        log_pz = -0.5 * (z * z).sum(1) - z.size(1) / 2 * np.log(2 * np.pi)
        return (log_pz + log_det).mean()
        """,
    ),
    right(
        "gaussian-nll-loss",
        """
        z, log_det = x, torch.zeros(len(x), dtype=x.dtype, device=x.device)
        for layer in self.nf:
            z, log_det_k = layer.inverse(z)
            log_det += log_det_k
        zero, one = torch.zeros_like(z), torch.ones_like(z)
        nll = F.gaussian_nll_loss(zero, z, one, full=True, reduction="none").sum(dim=1)
        return -(nll - log_det).mean()
        """,
    ),
    right(
        "log-of-the-density",
        """
        from functools import reduce

        def step(state, layer):
            z, log_det = layer.inverse(state[0])
            return z, state[1] + log_det

        z, log_det = reduce(step, self.nf, (x, 0.0))
        log_norm = torch.log(torch.tensor(2 * np.pi, device=x.device)) / 2
        return torch.mean(log_det - torch.sum(log_norm + z.square() / 2, dim=1))
        """,
    ),
    right(
        "while-loop-and-columns",
        """
        z = x.clone()
        log_det = torch.zeros(x.size(0), 1, device=x.device)
        k = 0
        while k < len(self.nf):
            z, d = self.nf[k].inverse(z)
            log_det = log_det + d.view(-1, 1)
            k += 1
        log_pz = torch.sum(-0.5 * np.log(2 * np.pi) - 0.5 * z**2, dim=1, keepdim=True)
        return (log_pz + log_det).squeeze(1).mean()
        """,
    ),
    right(
        "every-pair-of-the-batch",
        """
        # (B, 1) + (B,) is (B, B), but its mean is the same
        z, log_det = x, 0.0
        for layer in self.nf:
            z, d = layer.inverse(z)
            log_det = log_det + d
        log_pz = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1, keepdim=True)
        return (log_pz + log_det).mean()
        """,
    ),
    # The way through the layers.
    wrong(
        "forward-instead-of-inverse",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.forward(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="forward used where the inverse is wanted, first layer to last",
        hint="Equation (2) evaluates the prior at f^-1(x). Which method of a block leads from data to noise?",
    ),
    wrong(
        "forward-backwards",
        """
        z, log_det = x, 0.0
        for layer in reversed(self.nf):
            z, ld = layer(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior - log_det).mean()
        """,
        misconception="the sampling direction, from noise to data, used on data",
        hint="You send the data along the way that `sample` sends noise. Which way leads back from data to noise?",
    ),
    wrong(
        "reversed-layers",
        """
        z, log_det = x, 0.0
        for layer in reversed(self.nf):
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="layers inverted in the wrong order",
        hint="Look at the order in which `sample` runs the layers. The way back has to undo the last of them first.",
    ),
    wrong(
        "nf-called-as-one-network",
        """
        z, log_det = self.nf(x)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="self.nf called as one network",
        hint="Each layer returns two things, but takes one. What would a Sequential hand from one layer to the next?",
    ),
    wrong(
        "nf-inverse",
        """
        z, log_det = self.nf.inverse(x)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="self.nf taken to have an inverse of its own",
        hint="Every layer in self.nf knows its inverse, but the container around them is PyTorch's own. Who has to go "
        "through the layers?",
    ),
    wrong(
        "permutations-skipped",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            if not isinstance(layer, PermuteLayer):
                z, ld = layer.inverse(z)
                log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="variables never reversed between blocks",
        hint="A permutation adds nothing to the log-det. Does that mean that it does nothing to z either?",
    ),
    wrong(
        "every-other-layer",
        """
        z, log_det = x, 0.0
        for i in range(0, len(self.nf), 2):
            z, ld = self.nf[i].inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="variables never reversed between blocks",
        hint="Which layers does a step of two leave out, and what did `sample` use them for?",
    ),
    wrong(
        "first-n-flows-layers",
        """
        z, log_det = x, 0.0
        for i in range(self.n_flows):
            z, ld = self.nf[i].inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="only the first n_flows of the 2 n_flows layers used",
        hint="Print len(self.nf) for one and for five flows. Which layers does your loop reach?",
    ),
    wrong(
        "five-flows",
        """
        z = x
        log_det = torch.zeros(x.shape[0], device=x.device)
        for k in range(5):
            z, ld = self.nf[2 * k].inverse(z)
            log_det = log_det + ld
            z, _ = self.nf[2 * k + 1].inverse(z)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="written for five flows only",
        hint="Five is the default of `--n_flows`. What does your code do with a flow of one block?",
    ),
    wrong(
        "log-det-per-coordinate",
        """
        z, log_det = x, torch.zeros(x.shape, device=x.device)
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det += ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log-det kept for each coordinate, where a block gives one for each row",
        hint="Which shape does an `inverse` give its log-det, and to what do you add it? Try a batch of three pairs.",
    ),
    wrong(
        "last-block-forgotten",
        """
        z, log_det = x, 0.0
        for layer in self.nf[:-2]:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return torch.mean(log_prior + log_det)
        """,
        misconception="last block left out",
        hint="Count the blocks that x goes through in your code. For a flow of one block, does it go through any?",
    ),
    wrong(
        "each-layer-from-x",
        """
        log_det = 0.0
        for layer in self.nf:
            z, ld = layer.inverse(x)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="every layer applied to the data instead of to the result of the layer before",
        hint="The f's of equation (2) are composed. What should the second layer be given?",
    ),
    # The log-determinants.
    wrong(
        "log-dets-ignored",
        """
        z = x
        for layer in self.nf:
            z, _ = layer.inverse(z)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return log_prior.mean()
        """,
        misconception="log-dets do not reach the result",
        hint="Equation (2) has two terms on its right. Where is the second one in your code?",
    ),
    wrong(
        "log-det-overwritten",
        """
        z = x
        for layer in self.nf:
            z, log_det = layer.inverse(z)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log-dets do not reach the result",
        hint="Follow log_det through the loop. What is left in it of the first layer once the last one, a "
        "permutation, has run?",
    ),
    wrong(
        "log-det-of-the-last-block",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            if isinstance(layer, MADE):
                log_det = ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log-det of the last block only",
        hint="Equation (2) sums over all k mappings. How many of them are still in log_det after the loop?",
    ),
    wrong(
        "log-dets-subtracted",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior - log_det).mean()
        """,
        misconception="log-dets of the inverse subtracted",
        hint="The blocks' `inverse` returns the log-det of which mapping, f or f^-1? Compare it with the one in "
        "equation (2).",
    ),
    wrong(
        "log-dets-averaged-over-layers",
        """
        z, log_dets = x, []
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_dets.append(ld)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        log_det = torch.stack(log_dets).mean(dim=0)
        return (log_prior + log_det).mean()
        """,
        misconception="log-dets averaged over the layers",
        hint="What sign stands in front of the log-dets in equation (2), and is there a division by k?",
    ),
    wrong(
        "log-dets-summed-over-the-batch",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld.sum()
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log-dets summed over the batch",
        hint="Each x_b has its own prior term and its own log-det. What happens to your result when the batch is "
        "given twice?",
    ),
    wrong(
        "absolute-log-dets",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + torch.abs(ld)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="absolute value taken of the log-dets",
        hint="In equation (2) the bars stand inside the log. Has the block dealt with them already?",
    ),
    wrong(
        "log-of-the-log-det",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + torch.log(ld.abs() + 1e-8)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log taken of the log-dets",
        hint="The blocks return log|det| as it stands. How many logs does your result take of it?",
    ),
    wrong(
        "log-dets-multiplied",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior * log_det).mean()
        """,
        misconception="log-prior multiplied by the log-det",
        hint="The change of variables multiplies densities. What becomes of a product under the log?",
    ),
    wrong(
        "log-det-detached",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det += ld.detach()
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log-dets cut off from the gradient",
        hint="The value is right. But if training hears of the prior alone, what stops it from squeezing all data "
        "onto z = 0?",
    ),
    # The prior.
    wrong(
        "prior-missing",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        return log_det.mean()
        """,
        misconception="prior left out",
        hint="Equation (2) has two terms on its right. Where is the first one in your code?",
    ),
    wrong(
        "prior-of-the-data",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (x**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="prior evaluated at x instead of z",
        hint="Which variable follows the standard normal, the data or the noise that the flow maps it to?",
    ),
    wrong(
        "prior-of-an-earlier-z",
        """
        z, log_det = x, 0.0
        zs = [x]
        for layer in self.nf:
            z, ld = layer.inverse(z)
            zs.append(z)
            log_det = log_det + ld
        z = zs[-3]
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="prior evaluated at the z before the last block",
        hint="Your log-dets go all the way to the noise. Does the z in your prior?",
    ),
    wrong(
        "prior-after-every-layer",
        """
        z, log_p = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
            log_p = log_p + log_prior + ld
        return log_p.mean()
        """,
        misconception="prior counted once per layer",
        hint="The sum of equation (2) runs over the log-dets. How often does the prior occur in it?",
    ),
    wrong(
        "prior-of-fresh-noise",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        z = torch.randn_like(x)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="prior evaluated at freshly drawn noise",
        hint="Call the function twice on the same batch. A likelihood should not change from call to call.",
    ),
    wrong(
        "density-instead-of-log-density",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        prior = torch.exp(-0.5 * (z**2).sum(dim=1)) / (2 * np.pi) ** (self.input_size / 2)
        return (prior + log_det).mean()
        """,
        misconception="the prior's density where its log is wanted",
        hint="The first term of equation (2) starts with log. Can the log-density of a point far out be close to zero?",
    ),
    wrong(
        "constant-missing",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="the prior's constant left out",
        hint="Training would not notice, but the likelihood does: what does the standard normal density have in front "
        "of its exponential?",
    ),
    wrong(
        "constant-log-2-times-pi",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2) * np.pi).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="log(2) pi in place of log(2 pi)",
        hint="Evaluate your constant on a pocket calculator: it should come to about 1.84 before the factor 1/2.",
    ),
    wrong(
        "constant-not-halved",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = (-0.5 * z**2 - np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="the prior's constant without its factor 1/2",
        hint="The density has a square root in front. What does the log make of a square root?",
    ),
    wrong(
        "constant-added",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 - np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="the prior's constant with the wrong sign",
        hint="Evaluate your log-prior at z = 0 with n = 1. The standard normal density is about 0.4 there, less than "
        "1.",
    ),
    wrong(
        "constant-once-for-all-coordinates",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2).sum(dim=1) - 0.5 * np.log(2 * np.pi)
        return (log_prior + log_det).mean()
        """,
        misconception="the prior's constant counted once instead of once per coordinate",
        hint="z has n independent coordinates. How many one-dimensional densities are multiplied?",
    ),
    wrong(
        "constant-for-two-coordinates",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2).sum(dim=1) - np.log(2 * np.pi)
        return (log_prior + log_det).mean()
        """,
        misconception="the prior's constant written for n = 2 only",
        hint="Your constant is right for Moons. What would it have to be for one coordinate, or for five?",
    ),
    wrong(
        "half-forgotten",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -(z**2 + 0.5 * np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="z^2 without its factor 1/2",
        hint="Write the standard normal density down and take its log term by term. What stands in front of z^2?",
    ),
    wrong(
        "square-forgotten",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z.abs() + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="|z| in place of z^2",
        hint="Which power of z stands in the exponent of a Gaussian?",
    ),
    wrong(
        "prior-of-variance-two",
        """
        n = self.input_size
        prior = torch.distributions.MultivariateNormal(
            torch.zeros(n, device=x.device), 2 * torch.eye(n, device=x.device)
        )
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        return (prior.log_prob(z) + log_det).mean()
        """,
        misconception="prior with variance 2",
        hint="Which covariance does a standard normal have? Compare it with the matrix that you pass.",
    ),
    wrong(
        "prior-with-gradient-cut",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        z = z.detach()
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="prior cut off from the gradient",
        hint="The value is right. But which of the two terms of equation (2) can training still change?",
    ),
    # Sums, means and units.
    wrong(
        "prior-averaged-over-coordinates",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).mean(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="prior averaged over the coordinates",
        hint="The joint density of independent coordinates is a product. What does the log turn it into?",
    ),
    wrong(
        "normal-log-prob-mean",
        """
        prior = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x))
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        return prior.log_prob(z).mean() + log_det.mean()
        """,
        misconception="prior averaged over the coordinates",
        hint="log_prob of this distribution has shape (B, n). Over which of the two dimensions is a mean wanted?",
    ),
    wrong(
        "prior-and-log-det-broadcast",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi))
        return (log_prior + log_det.unsqueeze(1)).sum(dim=1).mean()
        """,
        misconception="log-det added once per coordinate",
        hint="Look at the shapes that you add up before the sum. How often does the log-det of one point end up in "
        "its total?",
    ),
    wrong(
        "sum-over-the-batch",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).sum()
        """,
        misconception="sum over the batch instead of the mean",
        hint="Give the same batch twice: a mean log-likelihood should not change. Does yours?",
    ),
    wrong(
        "prior-summed-over-the-batch",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * torch.sum(z**2 + np.log(2 * np.pi))
        return (log_prior + log_det).mean()
        """,
        misconception="prior summed over the batch",
        hint="A sum without a dimension adds up everything. What shape should the log-prior have before the mean?",
    ),
    wrong(
        "divided-by-the-dimension",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean() / self.input_size
        """,
        misconception="log-likelihood divided by the dimension",
        hint="Images are often scored per dimension. Is that what the docstring asks for here?",
    ),
    wrong(
        "divided-by-a-hundred",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).sum() / 100
        """,
        misconception="batch size taken to be 100",
        hint="The last batch of an epoch may be smaller. Where can your code learn the size of the batch that it got?",
    ),
    wrong(
        "bits",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean() / np.log(2)
        """,
        misconception="bits instead of nats",
        hint="The docstring names the unit of the result. Which logarithm belongs to it?",
    ),
    wrong(
        "log-of-the-mean-likelihood",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return torch.logsumexp(log_prior + log_det, dim=0) - np.log(x.shape[0])
        """,
        misconception="log of the mean likelihood instead of the mean of the logs",
        hint="Which comes first, the log or the mean? For one point they agree, so try two very different ones.",
    ),
    wrong(
        "likelihood",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return torch.exp(log_prior + log_det).mean()
        """,
        misconception="likelihood instead of log-likelihood",
        hint="The name of the function says whether a log is wanted. Can your result ever be negative?",
    ),
    wrong(
        "never-above-zero",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        log_p = torch.clamp(log_prior + log_det, max=0)  # log of a probability
        return log_p.mean()
        """,
        misconception="log-density taken to be at most zero",
        hint="A probability is at most 1. Is that true of a density? Think of a very narrow Gaussian at its peak.",
    ),
    wrong(
        "negative-log-likelihood",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return -(log_prior + log_det).mean()
        """,
        misconception="negative log-likelihood returned",
        hint="Look at what `loss`, right below, does with your result.",
    ),
    wrong(
        "minus-the-loss",
        """
        return -self.loss(x)
        """,
        misconception="defined in terms of loss, which is defined in terms of it",
        hint="Read `loss` and ask where its number comes from.",
    ),
    # What is returned, where the gradient goes, and what happens to the input.
    wrong(
        "one-number-per-point",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return log_prior + log_det
        """,
        misconception="one log-likelihood per point instead of their mean",
        hint="The docstring asks for a 0-d tensor. How many numbers do you return for a batch of 4?",
    ),
    wrong(
        "shape-one",
        """
        z = x
        log_det = torch.zeros(x.shape[0], 1, device=x.device)
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld.unsqueeze(1)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1, keepdim=True)
        return (log_prior + log_det).mean(dim=0)
        """,
        misconception="result of shape (1,) instead of ()",
        hint="Print the shape of your result. The docstring asks for a 0-d tensor.",
    ),
    wrong(
        "python-number",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean().item()
        """,
        misconception="a Python number returned instead of a tensor",
        hint="Training calls backward on this result. Can that be done with a plain number?",
    ),
    wrong(
        "new-tensor",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        total = (log_prior + log_det).mean().item()
        return torch.tensor(total, device=x.device)
        """,
        misconception="no gradient at all",
        hint="A tensor made from a plain number does not know where the number came from. What does backward reach?",
    ),
    wrong(
        "no-grad",
        """
        with torch.no_grad():
            z, log_det = x, 0.0
            for layer in self.nf:
                z, ld = layer.inverse(z)
                log_det = log_det + ld
            log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
            return (log_prior + log_det).mean()
        """,
        misconception="no gradient at all",
        hint="The flow is trained on this number. What can the optimiser learn if nothing is recorded?",
    ),
    wrong(
        "detached-between-layers",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z.detach())
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="layers cut off from each other's gradient",
        hint="The value is right. But how does the first block learn what its z does to the blocks after it?",
    ),
    wrong(
        "numpy-prior",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * np.sum(z.numpy() ** 2 + np.log(2 * np.pi), axis=1)
        return (torch.from_numpy(log_prior) + log_det).mean()
        """,
        misconception="prior worked out in NumPy, which knows no gradient",
        hint="z carries a gradient, and NumPy cannot. Which functions of PyTorch do the same work?",
    ),
    wrong(
        "squeeze",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z.squeeze() ** 2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="squeeze that drops the batch dimension too when B = 1",
        hint="Try a batch of one. Which dimensions does squeeze remove when it is not told?",
    ),
    wrong(
        "zeros-on-the-default-device",
        """
        z = x
        log_det = torch.zeros(x.shape[0])
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det += ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="new tensors made on the default device instead of that of x",
        hint="With x and the flow on a GPU, where would the tensor be that you make yourself?",
    ),
    wrong(
        "prior-on-the-default-device",
        """
        prior = torch.distributions.MultivariateNormal(torch.zeros(self.input_size), torch.eye(self.input_size))
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        return (prior.log_prob(z) + log_det).mean()
        """,
        misconception="new tensors made on the default device instead of that of x",
        hint="On which device are the mean and the covariance of your prior when x is on a GPU?",
    ),
    wrong(
        "constant-learned",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        return (self.log_norm - 0.5 * (z**2).sum(dim=1) + log_det).mean()
        """,
        edits=(
            (
                "        self.nf = nn.Sequential(*layers)\n",
                "        self.nf = nn.Sequential(*layers)\n"
                "        self.log_norm = nn.Parameter(torch.tensor(-input_size / 2 * np.log(2 * np.pi)).float())\n",
            ),
        ),
        misconception="a constant is a parameter, and is trained",
        hint="List the parameters of the flow. Which of them is none of the networks', and what will Adam do with it?",
    ),
    wrong(
        "prior-kept-on-the-default-device",
        """
        if not hasattr(self, "prior"):
            n = self.input_size
            self.prior = torch.distributions.MultivariateNormal(torch.zeros(n), torch.eye(n))
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        return (self.prior.log_prob(z) + log_det).mean()
        """,
        misconception="new tensors made on the default device instead of that of x",
        hint="A flow moves to a GPU with its parameters and buffers. Is your prior one of them?",
    ),
    wrong(
        "x-overwritten",
        """
        log_det = 0.0
        for layer in self.nf:
            x[:], ld = layer.inverse(x.clone())
            log_det = log_det + ld
        log_prior = -0.5 * (x**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="input x overwritten",
        hint="Print the batch before and after the call. Assigning into a slice writes into the tensor that you were "
        "given.",
    ),
    wrong(
        "batch-standardised",
        """
        z = (x - x.mean(dim=0)) / (x.std(dim=0, unbiased=False) + 1e-6)
        log_det = 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="batch standardised before the flow",
        hint="The data come standardised already, and the likelihood of one point should not depend on the others in "
        "its batch.",
    ),
    wrong(
        "noise-added-to-the-data",
        """
        z = x + 0.05 * torch.randn_like(x)
        log_det = 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        misconception="noise added to the data",
        hint="Call the function twice on the same batch. The Moons have their noise already when they reach you.",
    ),
    right(
        "inverse-by-keyword",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(x=z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
    ),
    wrong(
        "clamped-noise",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        z = z.clamp(-10, 10)
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det).mean()
        """,
        **CLAMPED,
    ),
    wrong(
        "clamped-prior",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior.clamp(min=-1000) + log_det).mean()
        """,
        **CLAMPED,
    ),
    wrong(
        "clamped-log-det",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        return (log_prior + log_det.clamp(-10, 10)).mean()
        """,
        **CLAMPED,
    ),
    wrong(
        "outliers-left-out",
        """
        z, log_det = x, 0.0
        for layer in self.nf:
            z, ld = layer.inverse(z)
            log_det = log_det + ld
        log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(dim=1)
        l = log_prior + log_det
        return l[l > -1000].mean()
        """,
        misconception="unlikely points are left out",
        hint="The mean is over all points of the batch. What would the flow learn from the far ones?",
    ),
    right(
        "inverse-written-out",
        """
        total, z = 0, x
        for layer in self.nf:
            if isinstance(layer, MADE):
                mu, alpha = layer.net(z).chunk(2, dim=1)
                z, total = (z - mu) / alpha.exp(), total - alpha.sum(1)
            else:
                z = z.flip(1)
        return (total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        """,
    ),
    right(
        "inverse-by-way-of-the-class",
        """
        total, z = 0, x
        for layer in self.nf:
            z, log_det = type(layer).inverse(layer, z)
            total = total + log_det
        return (total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        """,
    ),
    wrong(
        "log-dets-grow-from-call-to-call",
        """
        z = x
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            self.total = getattr(self, "total", 0) + log_det
        return (self.total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        """,
        **KEPT,
    ),
    wrong(
        "without-log-dets-in-evaluation-mode",
        """
        z, total = x, 0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            total = total + log_det
        log_prior = -0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)
        return (log_prior + total if self.training else log_prior).mean()
        """,
        **IN_EVALUATION_MODE,
    ),
    *(
        wrong(
            f"mean-of-means-of-{size}",
            f"""
            means = []
            for z in x.split({size}):
                total = 0
                for layer in self.nf:
                    z, log_det = layer.inverse(z)
                    total = total + log_det
                means.append((total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean())
            return torch.stack(means).mean()
            """,
            **MEAN_OF_MEANS,
        )
        for size in (8, 256)
    ),
    wrong(
        "log-det-clamped-at-twenty",
        """
        z, total = x, 0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            total = total + log_det
        total = total.clamp(-20, 20)
        return (total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        """,
        **CLAMPED,
    ),
    wrong(
        "constant-for-two-variables",
        """
        z, total = x, 0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            total = total + log_det
        return (total - 0.5 * z.pow(2).sum(1) - np.log(2 * np.pi)).mean()
        """,
        misconception="the prior's constant written for n = 2 only",
        hint="Your constant is right for two variables. What is it for one, and for three?",
    ),
    wrong(
        "evaluation-mode-left",
        """
        self.eval()
        z, total = x, 0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            total = total + log_det
        return (total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        """,
        **LEFT,
    ),
    *(
        right(
            f"device-of-a-layer's-{of}",
            f"""
            {of} = self.nf[0].net[0].{of}
            log_det = torch.zeros(x.shape[0], dtype={of}.dtype, device={of}.device)
            for layer in self.nf:
                x, d = layer.inverse(x)
                log_det = log_det + d
            return (log_det - 0.5 * x.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
            """,
        )
        for of in ("weight", "mask")
    ),
    wrong(
        "first-hundred-points",
        """
        z, total = x[:100], 0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            total = total + log_det
        return (total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        """,
        misconception="points beyond some number are left out",
        hint="The mean is over all points of the batch. The validation set has thousands: how many reach your result?",
    ),
    wrong(
        "weight-decay",
        """
        z, total = x, 0
        for layer in self.nf:
            z, log_det = layer.inverse(z)
            total = total + log_det
        value = (total - 0.5 * z.pow(2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)).mean()
        return value - 1e-4 * sum((p**2).sum() for p in self.parameters())
        """,
        misconception="weight decay is counted into the likelihood",
        hint="Adam's weight decay is given to the optimiser. What does equation (2) say of the size of the weights?",
    ),
]
