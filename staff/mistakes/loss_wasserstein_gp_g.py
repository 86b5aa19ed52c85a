"""Ways of writing loss_wasserstein_gp_g (problem 5): the generator's loss against a Wasserstein critic."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import FOR_VARIETY, SCRAMBLED

right = partial(Right, "loss_wasserstein_gp_g")
wrong = partial(Wrong, "loss_wasserstein_gp_g")

# Misconceptions that several entries share.
FAKES_CUT_OFF = {
    "misconception": "the fakes are cut off from the generator, which gets no gradient",
    "hint": "Cutting the fakes off belongs to the critic's turn. Whose turn is it here, and how does it learn?",
}
NO_GRADIENT = {
    "misconception": "the loss is cut off from everything that it was computed from",
    "hint": "The number is right. Ask the result for its requires_grad, and look for the line where it gets lost.",
}
CROSS_ENTROPY = {
    "misconception": "the non-saturating loss of problem 2 on a critic's values",
    "hint": "A critic gives any real number, not a logit. Is there a logarithm or a sigmoid in equation (25)?",
}

ENTRIES = [
    right(
        "double-precision",
        """
        return -d(g(z)).double().mean()
        """,
    ),
    right(
        "mean-of-negatives",
        """
        fake_scores = d(g(z))
        return (-fake_scores).mean()
        """,
    ),
    right(
        "torch-mean",
        """
        x_fake = g(z)
        g_loss = -1.0 * torch.mean(d(x_fake))
        return g_loss
        """,
    ),
    right(
        "sum-over-batch-size",
        """
        batch_size = x_real.size(0)
        return -torch.sum(d(g(z)), dim=0) / batch_size
        """,
    ),
    right(
        "noise-drawn-anew",
        """
        z = torch.randn((len(x_real), g.dim_z), device=device)
        return d(g(z)).neg().mean()
        """,
    ),
    right(
        "squeezed",
        """
        fake = g(z).view(x_real.shape)
        out = d(fake).view(-1)
        return torch.squeeze(-out).mean()
        """,
    ),
    right(
        "critic-frozen-and-thawed",
        """
        flags = [p.requires_grad for p in d.parameters()]
        for p in d.parameters():
            p.requires_grad_(False)
        loss = -d(g(z)).mean()
        for p, flag in zip(d.parameters(), flags):
            p.requires_grad_(flag)
        return loss
        """,
    ),
    right(
        "difference-to-zeros",
        """
        scores = d(g(z))
        return (torch.zeros_like(scores) - scores).mean()
        """,
    ),
    right(
        "dot-with-equal-weights",
        """
        scores = d(g(z))
        return -torch.dot(scores, torch.full_like(scores, 1 / scores.numel()))
        """,
    ),
    # Wrong: the value
    wrong(
        "sign-flipped",
        """
        return d(g(z)).mean()
        """,
        misconception="the sign: the generator is asked to make its fakes look worse",
        hint="The loss is minimised, and the critic gives high values to what looks real. What does the generator "
        "want?",
    ),
    wrong(
        "summed",
        """
        return -d(g(z)).sum()
        """,
        misconception="a sum over the batch instead of a mean",
        hint="Repeat a batch twice over: should an expectation change?",
    ),
    wrong(
        "mean-over-64",
        """
        return -d(g(z)).sum() / 64
        """,
        misconception="the batch size is written down as 64",
        hint="Try the function with three images. Where does the size of a batch come from?",
    ),
    wrong(
        "real-term-added",
        """
        return d(x_real).mean() - d(g(z)).mean()
        """,
        misconception="the critic's loss with its sign turned: a real term is added",
        hint="How many expectations does equation (25) have? The gradient may not mind, but the value is another.",
    ),
    wrong(
        "critics-loss",
        """
        return d(g(z)).mean() - d(x_real).mean()
        """,
        misconception="the critic's difference is used for the generator too",
        hint="The two players want opposite things. If both minimise the same loss, who is fooling whom?",
    ),
    wrong(
        "both-terms-subtracted",
        """
        return -d(g(z)).mean() - d(x_real).mean()
        """,
        misconception="the real images are to be rated high as well, as if they were the generator's",
        hint="Which images can the generator change? The others have no place in equation (25).",
    ),
    wrong(
        "real-instead-of-fake",
        """
        return -d(x_real).mean()
        """,
        misconception="the critic is shown the real images instead of the fakes",
        hint="Where does the generator come in? Equation (25) is an expectation over p_theta.",
    ),
    wrong(
        "non-saturating",
        """
        return -F.logsigmoid(d(g(z))).mean()
        """,
        **CROSS_ENTROPY,
    ),
    wrong(
        "bce-with-ones",
        """
        scores = d(g(z))
        return F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores))
        """,
        **CROSS_ENTROPY,
    ),
    wrong(
        "minimax",
        """
        return F.logsigmoid(-d(g(z))).mean()
        """,
        misconception="the minimax loss of problem 2 on a critic's values",
        hint="That is equation (8), which question 2a has found wanting. Equation (25) needs no logarithm.",
    ),
    wrong(
        "sigmoid-on-the-critic",
        """
        return -torch.sigmoid(d(g(z))).mean()
        """,
        misconception="the critic's values are squashed into probabilities",
        hint="Question 5c says what numbers the new D may give. Is it still the sigmoid of a logit?",
    ),
    wrong(
        "log-of-the-critic",
        """
        return -torch.log(d(g(z))).mean()
        """,
        misconception="the logarithm of the critic's values, as if they were probabilities",
        hint="A critic's value may be negative. What does your function do with it?",
    ),
    wrong(
        "absolute-value",
        """
        return -d(g(z)).mean().abs()
        """,
        misconception="the absolute value of the critic's mean",
        hint="Fakes that the critic rates -5 are worse than those it rates 3. Does your loss agree?",
    ),
    wrong(
        "least-squares",
        """
        return (d(g(z)) - 1).square().mean()
        """,
        misconception="a least-squares target of one for the fakes",
        hint="In equation (25) higher is always better; there is no value at which the generator may stop.",
    ),
    wrong(
        "squared",
        """
        return -d(g(z)).square().mean()
        """,
        misconception="the critic's values are squared",
        hint="A square hides the sign, and here the sign is what matters. What is squared in equation (25)?",
    ),
    wrong(
        "hinge",
        """
        return F.relu(1 - d(g(z))).mean()
        """,
        misconception="a hinge loss instead of the negative mean",
        hint="Equation (25) does not stop counting once a margin is reached, and has no one in it.",
    ),
    wrong(
        "softplus",
        """
        return F.softplus(d(g(z))).mean()
        """,
        misconception="the fake term of the discriminator's loss in problem 2",
        hint="Is your loss low for fakes that are rated high, or the other way round? And is there a logarithm in "
        "equation (25)?",
    ),
    wrong(
        "penalty-included",
        """
        x_fake = g(z)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return -d(x_fake).mean() + 10 * penalty
        """,
        misconception="the gradient penalty is added to the generator's loss as well",
        hint="The penalty keeps the critic from being too steep. Is that the generator's business? See equation (25).",
    ),
    wrong(
        "lambda-on-the-mean",
        """
        return -10 * d(g(z)).mean()
        """,
        misconception="lambda multiplies the generator's loss",
        hint="lambda is the strength of the critic's penalty. Does it appear in equation (25)?",
    ),
    wrong(
        "largest-value",
        """
        return -d(g(z)).max()
        """,
        misconception="the best fake's value instead of the mean of all",
        hint="The E in equation (25) is about all fakes of a batch alike. Which of yours get a gradient?",
    ),
    wrong(
        "fakes-squashed",
        """
        return -d(torch.tanh(g(z))).mean()
        """,
        misconception="the generator's images are squashed before the critic sees them",
        hint="G(z) goes into D as it is. The critic's own loss shows it other images than this one does.",
    ),
    wrong(
        "fakes-clamped",
        """
        return -d(g(z).clamp(-1, 1)).mean()
        """,
        misconception="pixels outside [-1, 1] are cut off, and get no gradient",
        hint="A clamped pixel cannot learn its way back. What does the critic get to see in equation (25)?",
    ),
    # Wrong: the gradient
    wrong(
        "fakes-detached",
        """
        x_fake = g(z).detach()
        return -d(x_fake).mean()
        """,
        **FAKES_CUT_OFF,
    ),
    wrong(
        "fakes-under-no-grad",
        """
        with torch.no_grad():
            x_fake = g(z)
        return -d(x_fake).mean()
        """,
        **FAKES_CUT_OFF,
    ),
    wrong(
        "fakes-as-data",
        """
        x_fake = g(z).data
        x_fake.requires_grad_()
        return -d(x_fake).mean()
        """,
        **FAKES_CUT_OFF,
    ),
    wrong(
        "critic-under-no-grad",
        """
        x_fake = g(z)
        with torch.no_grad():
            score = d(x_fake)
        return -score.mean()
        """,
        **NO_GRADIENT,
    ),
    wrong(
        "loss-detached",
        """
        return -d(g(z)).mean().detach()
        """,
        **NO_GRADIENT,
    ),
    wrong(
        "new-tensor-of-the-value",
        """
        return torch.tensor(-d(g(z)).mean().item(), device=device, requires_grad=True)
        """,
        misconception="the loss is copied into a new tensor, which knows nothing of the generator",
        hint="requires_grad makes a tensor a new beginning, not a link to what it was computed from.",
    ),
    wrong(
        "backward-inside-the-loss",
        """
        loss = -d(g(z)).mean()
        loss.backward()
        return loss
        """,
        misconception="the loss is differentiated inside the function, and its graph is gone when the caller needs it",
        hint="Whose job is the backward pass? This function only says what is to be minimised.",
    ),
    # Wrong: what is returned
    wrong(
        "loss-for-each-image",
        """
        return -d(g(z))
        """,
        misconception="a loss for each fake is returned, not their mean",
        hint="Check the shape of what you return. What does the E in equation (25) ask for?",
    ),
    wrong(
        "one-element-vector",
        """
        return -d(g(z)).mean(dim=0, keepdim=True)
        """,
        misconception="a vector of one element is returned instead of a scalar",
        hint="Print the shape of the result: torch.Size([1]) is not torch.Size([]).",
    ),
    wrong(
        "python-number",
        """
        return -d(g(z)).mean().item()
        """,
        misconception="a Python number is returned, which has no gradient",
        hint="The training loop will call backward on what you return. Can a plain number do that?",
    ),
    wrong(
        "tuple-with-fakes",
        """
        x_fake = g(z)
        return -d(x_fake).mean(), x_fake
        """,
        misconception="a pair of loss and fakes is returned",
        hint="The training loop expects one number to minimise. See what the docstring says of the result.",
    ),
    wrong(
        "no-return",
        """
        loss = -d(g(z)).mean()
        """,
        misconception="the loss is computed but not returned",
        hint="Python gives None back where a function ends without saying what its result is.",
    ),
    # Wrong: noise and devices
    wrong(
        "uniform-noise",
        """
        z = torch.rand(x_real.shape[0], g.dim_z, device=device)
        return -d(g(z)).mean()
        """,
        misconception="the noise is drawn anew from a uniform distribution",
        hint="From which distribution does problem 2 draw z? One letter makes the difference in PyTorch.",
    ),
    wrong(
        "noise-between-minus-one-and-one",
        """
        z = 2 * torch.rand(x_real.shape[0], g.dim_z, device=device) - 1
        return -d(g(z)).mean()
        """,
        misconception="the noise is drawn anew from [-1, 1], the range of the pixels",
        hint="A mean of zero alone does not make noise normal. The z above your lines was ready for use.",
    ),
    wrong(
        "zero-noise",
        """
        return -d(g(torch.zeros_like(z))).mean()
        """,
        misconception="the generator gets zeros instead of noise",
        hint="How many different images can your generator make here?",
    ),
    wrong(
        "seeded-noise",
        """
        torch.manual_seed(0)
        z = torch.randn(x_real.shape[0], g.dim_z, device=device)
        return -d(g(z)).mean()
        """,
        misconception="the same noise in every call: the random stream is set back",
        hint="Call the function twice and compare the noise. Seeds belong to the program that trains, not to a loss.",
    ),
    wrong(
        "one-noise-for-the-batch",
        """
        z = torch.randn(1, g.dim_z, device=device).expand(x_real.shape[0], -1)
        return -d(g(z)).mean()
        """,
        misconception="one noise vector is repeated for the whole batch",
        hint="Look at the fakes of one batch: they are all the same image. The z above your lines was fine.",
    ),
    wrong(
        "noise-like-images",
        """
        return -d(g(torch.randn_like(x_real))).mean()
        """,
        misconception="the generator gets noise of an image's shape",
        hint="What size of input does g ask for? It says so itself, and z above your lines has it.",
    ),
    wrong(
        "generator-of-real-images",
        """
        return -d(g(x_real)).mean()
        """,
        misconception="the real images are put into the generator",
        hint="The generator turns noise into images. Of x_real only the batch size matters here.",
    ),
    wrong(
        "single-fake",
        """
        z = torch.randn(1, g.dim_z, device=device)
        return -d(g(z)).mean()
        """,
        misconception="a single noise vector is drawn instead of one for each image of the batch",
        hint="How many fakes does the critic get to see? The docstring says what of x_real matters.",
    ),
    wrong(
        "noise-on-the-default-device",
        """
        z = torch.randn(x_real.shape[0], g.dim_z)
        return -d(g(z)).mean()
        """,
        misconception="the noise is drawn anew on the default device",
        hint="The z above your lines is where it should be. What does yours leave out?",
    ),
    wrong(
        "noise-on-cuda",
        """
        z = torch.randn(x_real.shape[0], g.dim_z).cuda()
        return -d(g(z)).mean()
        """,
        misconception="a GPU is taken for granted",
        hint="The autograder has no GPU. Which argument of the function says where to work?",
    ),
    # Wrong: what is left behind
    wrong(
        "critic-left-frozen",
        """
        for p in d.parameters():
            p.requires_grad = False
        return -d(g(z)).mean()
        """,
        misconception="the critic's parameters are left frozen",
        hint="The critic's turn comes next, and it cannot learn any more. Does a step of the generator change it at "
        "all?",
    ),
    wrong(
        "critic-left-in-eval",
        """
        d.eval()
        return -d(g(z)).mean()
        """,
        misconception="the critic is left in evaluation mode",
        hint="A loss should leave the networks as it found them, or the next step trains something else.",
    ),
    wrong(
        "generator-left-in-eval",
        """
        g.eval()
        return -d(g(z)).mean()
        """,
        misconception="the generator is left in evaluation mode",
        hint="Its batch norm stops learning from the batches. Is evaluation mode meant for training?",
    ),
    wrong(
        "critic-clipped",
        """
        for p in d.parameters():
            p.data.clamp_(-0.01, 0.01)
        return -d(g(z)).mean()
        """,
        misconception="the critic's weights are clipped in the generator's turn",
        hint="A loss reads parameters and leaves them as they are. What keeps the critic tame in this problem?",
    ),
    wrong(
        "real-images-overwritten",
        """
        x_real.data.copy_(g(z))
        return -d(g(z)).mean()
        """,
        misconception="the caller's real images are overwritten with fakes",
        hint="The batch belongs to the caller. Which tensor should take the generator's images instead?",
    ),
    right(
        "score-printed-first",
        """
        print("fake score", d(g(z)).mean().item())
        return -d(g(z)).mean()
        """,
    ),
    wrong(
        "clamped-values",
        "return -d(g(z)).clamp(-20, 20).mean()",
        misconception="the critic's values are clamped",
        hint="A critic's values may be any numbers. What gradient does a generator get where they are cut off?",
    ),
    wrong(
        "generator-in-evaluation-mode",
        """
        g.eval()
        h = d(g(z))
        g.train()
        return -h.mean()
        """,
        misconception="the generator works in evaluation mode within its own loss",
        hint="In evaluation mode batch norm takes other statistics than the batch's, and the generator learns for a "
        "mode that it is not in. Who switches modes, and when?",
    ),
    wrong("pixels-shuffled", "x = g(z)\nreturn -d(x.gather(0, torch.rand_like(x).argsort(0))).mean()", **SCRAMBLED),
    wrong(
        "rewarded-for-variety",
        """
        x, x2 = g(z), g(torch.randn_like(z))
        return -d(x).mean() - 0.1 * (x - x2).abs().mean()
        """,
        **FOR_VARIETY,
    ),
    right(
        "mean-of-two-batches",
        "return -0.5 * d(g(z)).mean() - 0.5 * d(g(torch.randn_like(z))).mean()",
    ),
    wrong(
        "squares-of-pixels-penalised",
        "x = g(z)\nreturn -d(x).mean() + 1e-4 * x.square().mean()",
        misconception="large pixels of the fakes are penalised",
        hint="Add 1 to every pixel and to nothing else. What of your loss changes besides what d says?",
    ),
]
