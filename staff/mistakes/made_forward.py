"""Ways of writing MADE.forward (problem 1a)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import CLAMPED, IN_EVALUATION_MODE, KEPT, LEFT

right = partial(Right, "MADE.forward")
wrong = partial(Wrong, "MADE.forward")

PASSES = """
x = torch.zeros_like(z)
for i in range(self.input_size):
    mu, alpha = self.net(x).chunk(2, dim=1)
    x = torch.cat([x[:, :i], (mu + z * alpha.exp())[:, i:]], dim=1)
return x, alpha.sum(dim=1)
"""

ENTRIES = [
    right(
        "assign-in-place",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.sum(alpha, dim=1)
        return x, log_det
        """,
    ),
    right(
        "log-det-of-the-inverse",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.size(0), device=z.device)
        for i in range(z.size(1)):
            out = self.net(x)
            mu, alpha = out[:, : self.input_size], out[:, self.input_size :]
            x[:, i] = mu[:, i] + z[:, i] * alpha[:, i].exp()
            log_det -= alpha[:, i]
        return x, log_det
        """,
    ),
    right(
        "no-grad",
        """
        with torch.no_grad():
            x = torch.zeros_like(z)
            for i in range(self.input_size):
                mu, alpha = torch.split(self.net(x), self.input_size, dim=1)
                x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det = alpha.sum(-1)
        return x, log_det
        """,
    ),
    right(
        "all-columns-n-times",
        """
        # after pass k the first k columns are right
        x = torch.zeros_like(z)
        for _ in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=-1)
            x = mu + z * alpha.exp()
        return x, alpha.sum(dim=-1)
        """,
    ),
    right(
        "one-pass-more-than-needed",
        """
        x = z.clone()
        for _ in range(self.input_size + 1):
            mu, alpha = torch.chunk(self.net(x), chunks=2, dim=1)
            x = torch.addcmul(mu, z, torch.exp(alpha))
        log_det = torch.einsum("bi->b", alpha)
        return x, log_det
        """,
    ),
    right(
        "own-clone-overwritten",
        """
        x = z.clone()
        log_det = 0.0
        for i in range(self.input_size):
            mu_i = self.net(x)[:, i]
            alpha_i = self.net(x)[:, self.input_size + i]
            x[:, i] = mu_i + x[:, i] * torch.exp(alpha_i)
            log_det = log_det + alpha_i
        return x, log_det
        """,
    ),
    right(
        "columns-in-a-list",
        """
        B, n = z.shape
        cols, alphas = [], []
        for i in range(n):
            pad = torch.zeros(B, n - i, dtype=z.dtype, device=z.device)
            x_so_far = torch.cat(cols + [pad], dim=1)
            mu, alpha = self.net(x_so_far).chunk(2, dim=1)
            cols.append(mu[:, [i]] + z[:, [i]] * torch.exp(alpha[:, [i]]))
            alphas.append(alpha[:, [i]])
        x = torch.cat(cols, dim=1)
        log_det = torch.cat(alphas, dim=1).sum(dim=1)
        return x, log_det
        """,
    ),
    right(
        "while-loop-and-view",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros_like(z[:, :1])
        i = 0
        while i < self.input_size:
            out = self.net(x).view(-1, 2, self.input_size)
            x[:, i : i + 1] = out[:, 0, i : i + 1] + z[:, i : i + 1] * out[:, 1, i : i + 1].exp()
            log_det = log_det + out[:, 1, i : i + 1]
            i += 1
        return x, log_det.squeeze(-1)
        """,
    ),
    right(
        "recursion",
        """
        def fill(x, i):
            mu, alpha = self.net(x).chunk(2, dim=1)
            if i == self.input_size:
                return x, alpha.sum(dim=1)
            column = mu[:, i] + z[:, i] * alpha[:, i].exp()
            return fill(torch.column_stack([x[:, :i], column, x[:, i + 1 :]]), i + 1)

        return fill(torch.zeros_like(z), 0)
        """,
    ),
    right(
        "one-number-at-a-time",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(len(z), device=z.device)
        for b in range(len(z)):
            for i in range(self.input_size):
                out = self.net(x[b : b + 1])[0]
                mu, alpha = out[i].item(), out[i + self.input_size].item()
                x[b, i] = mu + z[b, i] * np.exp(alpha)
                log_det[b] += alpha
        return x, log_det
        """,
    ),
    right(
        "one-hot-columns-and-a-list-returned",
        """
        x = 0 * z
        for onehot in torch.eye(self.input_size, device=z.device):
            mu, alpha = self.net(x).tensor_split(2, dim=1)
            x = x + onehot * (mu + z * torch.exp(alpha))
        return [x, alpha.sum(axis=1)]
        """,
    ),
    right(
        "detached",
        """
        x = torch.zeros_like(z)
        for i, z_i in enumerate(z.unbind(dim=1)):
            mu, alpha = self.net(x).detach().chunk(2, dim=1)
            x[:, i] = torch.exp(alpha[:, i]) * z_i + mu[:, i]
        return x, alpha.sum(dim=1).view(z.shape[0])
        """,
    ),
    # What is fed to the network, and in which order.
    wrong(
        "one-pass-on-the-noise",
        """
        mu, alpha = self.net(z).chunk(2, dim=1)
        x = mu + z * torch.exp(alpha)
        return x, alpha.sum(dim=1)
        """,
        misconception="network fed with the noise z instead of the x made so far",
        hint="In equation (1) the parameters of coordinate i are functions of the x before it. What does your network "
        "look at when it works out mu_2?",
    ),
    wrong(
        "loop-over-the-network-of-the-noise",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(z).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det += alpha[:, i]
        return x, log_det
        """,
        misconception="network fed with the noise z instead of the x made so far",
        hint="The loop goes through the coordinates, yet the network sees the same thing on every turn. On what "
        "should the mean of the second coordinate depend?",
    ),
    wrong(
        "network-run-once-on-zeros",
        """
        x = torch.zeros_like(z)
        mu, alpha = self.net(x).chunk(2, dim=1)
        for i in range(self.input_size):
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="mu and alpha worked out once, before any x is known",
        hint="When x_1 has been found, mu_2 and alpha_2 have to hear of it. How often does your network run, and when?",
    ),
    wrong(
        "one-pass-too-few",
        """
        x = torch.zeros_like(z)
        for _ in range(self.input_size - 1):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x = mu + z * torch.exp(alpha)
        return x, alpha.sum(dim=1)
        """,
        misconception="one pass through the network too few",
        hint="Count by hand for n = 1 and n = 2: how many passes does it take until the last coordinate has been "
        "worked out from final values?",
    ),
    wrong(
        "backward-through-the-coordinates",
        """
        x = torch.zeros_like(z)
        for i in reversed(range(self.input_size)):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="coordinates filled in from the last to the first",
        hint="Each coordinate depends on those of smaller index. Which one can be worked out first, with nothing "
        "known?",
    ),
    wrong(
        "loop-over-the-batch",
        """
        x = torch.zeros_like(z)
        for i in range(z.shape[0]):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="loop runs over the batch instead of the coordinates",
        hint="Write down the shape of z and say which of its two sizes the index i in the formula counts. Try a batch "
        "whose size differs from n.",
    ),
    wrong(
        "last-coordinate-forgotten",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], device=z.device)
        for i in range(self.input_size - 1):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det = log_det + alpha[:, i]
        return x, log_det
        """,
        misconception="last coordinate never filled in",
        hint="Print x for n = 2. Is there a column that keeps its first value, whatever the noise?",
    ),
    wrong(
        "first-coordinate-forgotten",
        """
        x = torch.zeros_like(z)
        for i in range(1, self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        mu, alpha = self.net(x).chunk(2, dim=1)
        return x, alpha.sum(dim=1)
        """,
        misconception="first coordinate never filled in",
        hint="The formula counts coordinates from 1, Python from 0. What is in the very first column of your result?",
    ),
    wrong(
        "first-coordinate-copied-from-the-noise",
        """
        x = torch.zeros_like(z)
        x[:, 0] = z[:, 0]
        for i in range(1, self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        mu, alpha = self.net(x).chunk(2, dim=1)
        log_det = alpha[:, 1:].sum(dim=1)
        return x, log_det
        """,
        misconception="first coordinate taken for standard normal",
        hint="The first coordinate depends on no other, but it still has a mean and a scale of its own. Where do you "
        "use them?",
    ),
    wrong(
        "two-coordinates-only",
        """
        x = torch.zeros_like(z)
        mu, alpha = self.net(x).chunk(2, dim=1)
        x[:, 0] = mu[:, 0] + z[:, 0] * torch.exp(alpha[:, 0])
        mu, alpha = self.net(x).chunk(2, dim=1)
        x[:, 1] = mu[:, 1] + z[:, 1] * torch.exp(alpha[:, 1])
        log_det = alpha[:, 0] + alpha[:, 1]
        return x, log_det
        """,
        misconception="written for n = 2 only",
        hint="Moons has two coordinates, but the class is given `input_size`. What would your code do with 1, or with "
        "5?",
    ),
    wrong(
        "range-of-two",
        """
        x = torch.zeros_like(z)
        for i in range(2):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="written for n = 2 only",
        hint="There is a 2 in your code that holds for Moons alone. Which attribute of the block knows the dimension?",
    ),
    wrong(
        "network-of-the-first-columns",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x[:, :i]).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det += alpha[:, i]
        return x, log_det
        """,
        misconception="network fed with the first i columns alone",
        hint="How wide is the first layer of the network? The masks already hide the coordinates that it should not "
        "see.",
    ),
    wrong(
        "fresh-noise",
        """
        z = torch.randn_like(z)
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="draws noise of its own instead of using the z that it is given",
        hint="Call the function twice on the same z and compare. A mapping from z to x should give the same x both "
        "times.",
    ),
    # The formula for x_i.
    wrong(
        "alpha-as-log-variance",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            std = torch.exp(0.5 * alpha[:, i])
            x[:, i] = mu[:, i] + z[:, i] * std
        log_det = 0.5 * alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="alpha taken for the log of the variance",
        hint="The handout says below equation (1) which quantity alpha is the log of. It differs from the habit of "
        "variational autoencoders.",
    ),
    wrong(
        "sqrt-of-exp-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.sqrt(torch.exp(alpha[:, i]))
        log_det = alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="alpha taken for the log of the variance",
        hint="Which quantity of the Gaussian below equation (1) is exp(alpha), the variance or the standard deviation?",
    ),
    wrong(
        "exp-alpha-squared",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i]) ** 2
        log_det = 2 * alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="noise scaled by the variance exp(alpha)^2",
        hint="The Gaussian below equation (1) is written with its variance. By what must a standard normal be "
        "multiplied to get that variance?",
    ),
    wrong(
        "exp-minus-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(-alpha[:, i])
        log_det = -alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="scale inverted: exp(-alpha)",
        hint="Send a large alpha through the formula of the handout: does the noise get wider or narrower? And in "
        "your code?",
    ),
    wrong(
        "exp-forgotten",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * alpha[:, i]
        return x, alpha.sum(dim=1)
        """,
        misconception="alpha itself used as the scale",
        hint="A standard deviation is positive, and the output of the network may be negative. What does the formula "
        "do about that?",
    ),
    wrong(
        "exp-forgotten-log-det-of-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, sigma = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * sigma[:, i]
        log_det = torch.log(torch.abs(sigma)).sum(dim=1)
        return x, log_det
        """,
        misconception="alpha itself used as the scale",
        hint="Is the second half of the network's output the standard deviation, or its log? The handout says it "
        "below equation (1).",
    ),
    wrong(
        "softplus",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            sigma = F.softplus(alpha)
            x[:, i] = mu[:, i] + z[:, i] * sigma[:, i]
        return x, torch.log(sigma).sum(dim=1)
        """,
        misconception="softplus instead of exp",
        hint="Softplus makes a number positive too, but the handout names another function, and equation (3) holds "
        "for that one only.",
    ),
    wrong(
        "sigmoid-gate",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            gate = torch.sigmoid(alpha[:, i])
            x[:, i] = mu[:, i] + z[:, i] * gate
        return x, F.logsigmoid(alpha).sum(dim=1)
        """,
        misconception="sigmoid instead of exp",
        hint="With your code no coordinate can spread wider than the noise. Compare the scale with the formula of the "
        "handout.",
    ),
    wrong(
        "tanh-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            alpha = torch.tanh(alpha)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="alpha squashed by tanh",
        hint="Other flows keep their log scales small for the sake of stability. Is that part of the mapping in this "
        "handout?",
    ),
    wrong(
        "alpha-clamped",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            alpha = torch.clamp(alpha, -1, 1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="alpha clamped",
        hint="Try a block whose alpha is 1.5. Does x still follow the formula, and does `inverse` still lead back to "
        "z?",
    ),
    wrong(
        "epsilon-added-to-the-scale",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            std = torch.exp(alpha[:, i]) + 1e-2
            x[:, i] = mu[:, i] + z[:, i] * std
        return x, alpha.sum(dim=1)
        """,
        misconception="a constant added to the scale",
        hint="An exponential is never zero, so nothing needs to be kept away from zero here. What does the extra "
        "constant do to a narrow coordinate?",
    ),
    wrong(
        "mu-and-alpha-swapped",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            alpha, mu = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="mu and alpha swapped",
        hint="The docstring of the class says which half of the network's output comes first.",
    ),
    wrong(
        "even-and-odd-columns",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            out = self.net(x)
            mu, alpha = out[:, 0::2], out[:, 1::2]
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="mu and alpha taken for interleaved columns",
        hint="How are the 2n columns of the network's output laid out: in pairs, or in two halves? The docstring of "
        "the class says it.",
    ),
    wrong(
        "view-as-pairs",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            out = self.net(x).view(z.shape[0], self.input_size, 2)
            mu, alpha = out[..., 0], out[..., 1]
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="mu and alpha taken for interleaved columns",
        hint="Reshape a row of 2n numbers by hand and see which numbers end up beside each other. Are those the mean "
        "and the log scale of one coordinate?",
    ),
    wrong(
        "chunk-without-a-dimension",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = torch.chunk(self.net(x), 2)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="network's output split along the batch",
        hint="Print the shape of mu. Along which dimension does PyTorch split when you do not name one?",
    ),
    wrong(
        "unpacked-as-a-pair",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det += alpha[:, i]
        return x, log_det
        """,
        misconception="network's output taken for a pair",
        hint="The network returns one tensor with 2n columns. What does Python do when you unpack a tensor into two "
        "names?",
    ),
    wrong(
        "inverse-formula",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = (z[:, i] - mu[:, i]) / torch.exp(alpha[:, i])
        return x, -alpha.sum(dim=1)
        """,
        misconception="the formula of the inverse mapping",
        hint="There are two mappings in the handout. Which one leads from the noise to the data?",
    ),
    wrong(
        "mean-scaled-too",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = (mu[:, i] + z[:, i]) * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="the mean is scaled along with the noise",
        hint="Set z = 0: the formula says that x is then exactly mu. What does your code give?",
    ),
    wrong(
        "mean-and-noise-swapped",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = z[:, i] + mu[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="the mean is scaled instead of the noise",
        hint="Which of mu and z carries the randomness, and so has to be stretched by the standard deviation?",
    ),
    wrong(
        "scale-forgotten",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i]
        return x, alpha.sum(dim=1)
        """,
        misconception="noise added without a scale",
        hint="Every conditional Gaussian has a standard deviation of its own. Where does it enter x?",
    ),
    wrong(
        "noise-forgotten",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="noise left out of x",
        hint="Call the function on two different z: the two x should differ.",
    ),
    wrong(
        "mean-forgotten",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="mean left out of x",
        hint="Set z = 0. Which value should x take, and which does it take in your code?",
    ),
    # The log-determinant.
    wrong(
        "log-det-over-the-whole-batch",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.sum(alpha)
        return x, log_det
        """,
        misconception="log-det summed over the batch as well",
        hint="Every row of the batch has its own Jacobian. What shape should the log-dets have?",
    ),
    wrong(
        "log-det-averaged-over-the-batch",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1).mean()
        return x, log_det
        """,
        misconception="log-det averaged over the batch",
        hint="The mean over the batch belongs to the likelihood, further on. What does the docstring say about the "
        "shape of log_det?",
    ),
    wrong(
        "log-det-per-coordinate",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=0)
        return x, log_det
        """,
        misconception="log-det summed along the batch instead of the coordinates",
        hint="Use a batch whose size differs from n and look at the shape of log_det. Which of the two dimensions "
        "does the sum of equation (3) run over?",
    ),
    wrong(
        "log-det-mean-of-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.mean(dim=1)
        return x, log_det
        """,
        misconception="log-det averaged over the coordinates",
        hint="The determinant of a triangular matrix is a product of n numbers. What does its log turn the product "
        "into?",
    ),
    wrong(
        "log-det-not-summed",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det[:, i] = alpha[:, i]
        return x, log_det
        """,
        misconception="log-det left as one number per coordinate",
        hint="A Jacobian has one determinant. How many numbers does your log_det hold for each row of the batch?",
    ),
    wrong(
        "log-det-of-the-last-step",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det = alpha[:, i]
        return x, log_det
        """,
        misconception="log-det of the last coordinate only",
        hint="Follow log_det through the loop for n = 2. What happens to the share of the first coordinate?",
    ),
    wrong(
        "log-det-over-all-passes",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det += alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="log-det added up over every pass",
        hint="On turn i of the loop only coordinate i is settled. How much of alpha may that turn add to the log-det?",
    ),
    wrong(
        "log-det-zero",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.zeros(z.shape[0], device=z.device)
        return x, log_det
        """,
        misconception="log-det left at zero",
        hint="Stretching by exp(alpha) changes volumes. By how much, in logs?",
    ),
    wrong(
        "determinant-without-the-log",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.exp(alpha).prod(dim=1)
        return x, log_det
        """,
        misconception="the determinant instead of its log",
        hint="Check the name of what you return. For alpha = 0 the mapping keeps volumes: which number should come "
        "out?",
    ),
    wrong(
        "sum-of-scales",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.exp(alpha).sum(dim=1)
        return x, log_det
        """,
        misconception="log-det as a sum of the scales",
        hint="The scales stand on the diagonal of the Jacobian. Work out the log of their product on paper.",
    ),
    wrong(
        "log-of-the-sum-of-scales",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.log(torch.exp(alpha).sum(dim=1))
        return x, log_det
        """,
        misconception="log of the sum of the scales, the trace in place of the determinant",
        hint="Is the determinant of a triangular matrix the sum or the product of its diagonal?",
    ),
    wrong(
        "absolute-value-of-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = torch.abs(alpha).sum(dim=1)
        return x, log_det
        """,
        misconception="absolute value taken of the log instead of the determinant",
        hint="In log|det| the bars stand inside the log. Can the log of a positive number be negative?",
    ),
    # What is returned, and what happens to the input.
    wrong(
        "log-det-keepdim",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1, keepdim=True)
        return x, log_det
        """,
        misconception="log-det with a dimension too many",
        hint="The docstring asks for shape (B,). Added to a tensor of that shape, what shape would yours give?",
    ),
    wrong(
        "squeeze-of-everything",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], 1, device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, [i]] = mu[:, [i]] + z[:, [i]] * torch.exp(alpha[:, [i]])
            log_det = log_det + alpha[:, [i]]
        return x, log_det.squeeze()
        """,
        misconception="squeeze that drops the batch dimension too when B = 1",
        hint="Try a batch of one. Which dimensions does squeeze remove when it is not told?",
    ),
    wrong(
        "x-alone",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x
        """,
        misconception="log-det not returned",
        hint="The docstring lists two things under Returns.",
    ),
    wrong(
        "swapped-returns",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1)
        return log_det, x
        """,
        misconception="the two results returned in the wrong order",
        hint="Compare your last line with the order under Returns in the docstring.",
    ),
    wrong(
        "stacked-as-rows",
        """
        x = torch.zeros_like(z)
        cols = []
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            cols.append(x[:, i])
        return torch.stack(cols), alpha.sum(dim=1)
        """,
        misconception="coordinates stacked as rows",
        hint="Print the shape of x for a batch of 4. Along which dimension should the coordinates be put together?",
    ),
    wrong(
        "numpy-arrays",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).detach().chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x.numpy(), alpha.sum(dim=1).numpy()
        """,
        misconception="NumPy arrays returned instead of tensors",
        hint="The next block's network takes what this one returns. Which type does it need?",
    ),
    wrong(
        "log-det-float64",
        """
        x = torch.zeros_like(z)
        log_det = torch.zeros(z.shape[0], dtype=torch.float64, device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det = log_det + alpha[:, i]
        return x, log_det
        """,
        misconception="log-det in float64",
        hint="Print the dtype of both results. Everything else in the flow has the dtype of z.",
    ),
    wrong(
        "mask-learned",
        edits=(('        self.register_buffer("mask", mask)\n', "        self.mask = nn.Parameter(mask)\n"),),
        misconception="the masks are parameters, and are trained",
        hint="List the parameters of a block. After a step of Adam, is a masked connection still 0?",
    ),
    wrong(
        "zeros-on-the-default-device",
        """
        x = torch.zeros(z.shape[0], self.input_size)
        log_det = torch.zeros(z.shape[0])
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det = log_det + alpha[:, i]
        return x, log_det
        """,
        misconception="new tensors made on the default device instead of that of z",
        hint="With z and the network on a GPU, where would the tensors be that you make yourself?",
    ),
    wrong(
        "x-is-z",
        """
        x = z
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        log_det = alpha.sum(dim=1)
        return x, log_det
        """,
        misconception="input z overwritten",
        hint="Print z before and after the call. Does an assignment like this make a new tensor, or a second name for "
        "the old one?",
    ),
    wrong(
        "z-as-workspace",
        """
        log_det = 0
        for i in range(self.input_size):
            mu, alpha = self.net(z).chunk(2, dim=1)
            z[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
            log_det = log_det + alpha[:, i]
        return z, log_det
        """,
        misconception="input z overwritten",
        hint="Whoever calls the function still needs the noise afterwards. Does it survive?",
    ),
    wrong(
        "clamped-alpha",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            alpha = alpha.clamp(-3, 3)
            x = torch.cat([x[:, :i], (mu + z * torch.exp(alpha))[:, i : i + 1], x[:, i + 1 :]], dim=1)
        return x, alpha.sum(dim=1)
        """,
        **CLAMPED,
    ),
    wrong(
        "empty-start",
        """
        x = torch.empty_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * torch.exp(alpha[:, i])
        return x, alpha.sum(dim=1)
        """,
        misconception="memory is read before it is written",
        hint="torch.empty gives what happens to lie in memory, NaN among it; and a mask's 0 times NaN is NaN. With "
        "what should x start?",
    ),
    right(
        "asarray-on-the-device",
        """
        x = torch.asarray(np.zeros(z.shape), dtype=z.dtype, device=z.device)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x = torch.cat([x[:, :i], (mu + z * torch.exp(alpha))[:, i:]], dim=1)
        return x, alpha.sum(dim=1)
        """,
    ),
    right(
        "old-type-if-it-is-one",
        """
        Tensor = torch.cuda.FloatTensor if z.is_cuda else torch.FloatTensor
        x = Tensor(z.shape).fill_(0)
        assert isinstance(z, (torch.FloatTensor, torch.cuda.FloatTensor))
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x = torch.cat([x[:, :i], (mu + z * torch.exp(alpha))[:, i:]], dim=1)
        return x, alpha.sum(dim=1)
        """,
    ),
    right(
        "moved-to-cuda-if-the-noise-is-there",
        """
        x = torch.zeros(z.shape)
        if z.device.type == "cuda":
            x = x.cuda()
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x = x.clone()
            x[:, i] = mu[:, i] + z[:, i] * alpha[:, i].exp()
        return x, alpha.sum(dim=1)
        """,
    ),
    wrong(
        "log-det-grows-from-call-to-call",
        """
        x = torch.zeros_like(z)
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x = x.clone()
            x[:, i] = mu[:, i] + z[:, i] * alpha[:, i].exp()
        self.total = getattr(self, "total", 0) + alpha.sum(dim=1)
        return x, self.total
        """,
        **KEPT,
    ),
    wrong(
        "means-in-evaluation-mode",
        PASSES.replace("z * alpha.exp()", "z * alpha.exp() * self.training"),
        **IN_EVALUATION_MODE,
    ),
    wrong("noise-cut-off", "z = z.clamp(-6, 6)\n" + PASSES, **CLAMPED),
    wrong("network-of-cut-off-numbers", PASSES.replace("self.net(x)", "self.net(x.clamp(-10, 10))"), **CLAMPED),
    *(
        wrong(
            f"alpha-clamped-at-{name}",
            PASSES.replace("alpha.", f"alpha.clamp(-{bound}, {bound})."),
            **CLAMPED,
        )
        for name, bound in (("ten", 10), ("fifteen", 15), ("twenty", 20))
    ),
    wrong("scale-clamped", PASSES.replace("alpha.exp()", "alpha.exp().clamp(min=1e-6)"), **CLAMPED),
    wrong(
        "parameters-left-frozen",
        "for parameter in self.net.parameters():\n    parameter.requires_grad_(False)\n" + PASSES,
        **LEFT,
    ),
    wrong("evaluation-mode-left", "self.eval()\n" + PASSES, **LEFT),
    wrong(
        "result-kept-and-overwritten",
        """
        if getattr(self, "kept", None) is None or self.kept.shape != z.shape:
            self.kept = torch.zeros_like(z)
        x = self.kept.zero_()
        for i in range(self.input_size):
            mu, alpha = self.net(x).chunk(2, dim=1)
            x[:, i] = mu[:, i] + z[:, i] * alpha[:, i].exp()
        return x, alpha.sum(dim=1)
        """,
        **KEPT,
    ),
    wrong(
        "twenty-passes",
        PASSES.replace("range(self.input_size)", "range(min(self.input_size, 20))"),
        misconception="as many passes as some number of variables needs",
        hint="After k passes, how many coordinates of x are right? How many has yours?",
    ),
    wrong(
        "alpha-of-clamped-numbers",
        PASSES.replace(
            "self.net(x).chunk(2, dim=1)", "self.net(x)[:, : x.shape[1]], self.net(x.clamp(-5, 5))[:, x.shape[1] :]"
        ),
        **CLAMPED,
    ),
    wrong(
        "absolute-value-of-the-sum",
        PASSES.replace("alpha.sum(dim=1)", "alpha.sum(dim=1).abs()"),
        misconception="absolute value taken of the log instead of the determinant",
        hint="In log|det| the bars stand inside the log. Can the log of a positive number be negative?",
    ),
    wrong(
        "log-det-averaged-over-many-rows",
        PASSES.replace(
            "alpha.sum(dim=1)", "alpha.sum(dim=1) if len(z) < 9 else alpha.sum(dim=1).mean().expand(len(z))"
        ),
        misconception="many rows are treated otherwise than few",
        hint="Call your function on three rows of a large batch alone. Should their log-dets be others than within it?",
    ),
    wrong(
        "as-many-passes-as-hidden-units",
        PASSES.replace("range(self.input_size)", "range(self.hidden_size)"),
        misconception="loop runs over the hidden units instead of the coordinates",
        hint="Which of the block's sizes does the index i in the formula count? Try a block of fewer hidden units.",
    ),
    wrong(
        "passes-until-little-changes",
        """
        x, change = torch.zeros_like(z), 1
        while change >= 1e-2:
            mu, alpha = self.net(x).chunk(2, dim=1)
            new = mu + z * alpha.exp()
            x, change = new, (new - x).abs().max()
        return x, alpha.sum(dim=1)
        """,
        misconception="passes end when x changes little, not when all of it is known",
        hint="Say that x_1 is small, and x_2 is a large multiple of it. How much does the first pass change?",
    ),
]
