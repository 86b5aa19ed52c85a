"""Ways of writing the table of f-divergences and the losses of the f-GAN (problem 8)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import ANOTHER_DIVERGENCE

Z = "    z = torch.randn(x_real.shape[0], g.dim_z, device=device)\n"
D_STARTER = "        A 0-d tensor.\n" + '    """\n' + Z
G_STARTER = "of x_real only the batch size matters.\n" + '    """\n' + Z

FALLING = {
    "misconception": "an activation that falls where it should rise",
    "hint": "A large v is to speak for a real x. Draw g_f for v from -3 to 3 and compare with the table, sign by sign.",
}
UNSTABLE = {
    "misconception": "logarithms of numbers that float32 rounds to 0 or to infinity",
    "hint": "Right on paper. Try v = 100 and v = -100, and print the steps in between. PyTorch has softplus, "
    "logsigmoid, expm1 and log1p for this.",
}
BELOW_ALL_SLOPES = {
    "misconception": "the supremum taken over negative u too",
    "hint": "At t = -3, which u does your formula belong to? A ratio of densities is not negative: where is t u - f(u) "
    "largest on u >= 0?",
}
CONSTANT = {
    "misconception": "a constant of the table is missing",
    "hint": "Put t = f'(1) into f*: it must give f'(1) - f(1), as the supremum is at u = 1 then. Which rows do not?",
}
NO_ACTIVATION = {
    "misconception": "v is used without its activation",
    "hint": "d gives any real number. Is f* finite for every one of them? See the domains in the table.",
}
NO_CONJUGATE = {
    "misconception": "T in place of f*(T) on the fakes",
    "hint": "Read equation (8.1) once more: its two means are not of the same function.",
}
SUMMED = {
    "misconception": "a sum over the batch where the mean is wanted",
    "hint": "Double the batch by repeating it. Does an expectation change?",
}
SIGN_D = {
    "misconception": "the discriminator descends the bound instead of climbing it",
    "hint": "The bound becomes tight from below. What is minimised must be its opposite.",
}
SIGN_G = {
    "misconception": "the generator climbs the bound instead of descending it",
    "hint": "The generator wants the divergence small. Which sign has the mean over fakes in equation (8.1)?",
}
SAME_NOISE = {
    "misconception": "the same noise on every call",
    "hint": "Call your function twice and print z. The line above the markers has drawn it for you.",
}
WRONG_DEVICE = {
    "misconception": "tensors on the default device instead of the given one",
    "hint": "Which tensors do you make yourself? On a GPU each of them needs `device`.",
}
CUT = {
    "misconception": "no gradient reaches what is to be trained",
    "hint": "Follow the graph from your result back to the network that this loss is to train. Where is it cut?",
}
CLAMPED = {
    "misconception": "a conjugate that is kept from growing",
    "hint": "How large is f* at t = 30, by your formula on paper, and by your code? Where it is flat it has no slope.",
}
CLAMPED_LOGITS = {
    "misconception": "the discriminator's values are cut off",
    "hint": "The activations are there so that v may be any number. Which gradient comes back from v = 25?",
}
SOON = {
    "misconception": "a straight line is taken for the curve too soon",
    "hint": "Plot what you return, less what the table says, for v between 3 and 20. Where does it leave zero?",
}
HALF = {
    "misconception": "an exponent that is right for alpha = 1/2 alone",
    "hint": "Which power of t is it at alpha = 1/4, by the table?",
}
OF_THE_FIRST = {
    "misconception": "a formula that is right for one pi or alpha alone",
    "hint": "Call your function with a = 0.75, 0.25 or 2, and compare with the table. Which numbers depend on a?",
}

PROVIDED = {
    "misconception": "provided lines changed",
    "hint": "Compare f, domain and wright_omega with the file as it was handed out.",
}


def wrong(function, name, why, *edits, body=""):
    return Wrong(function, name, body=body, edits=edits, **why)


def said(misconception, hint):
    return {"misconception": misconception, "hint": hint}


def row(old, new):
    """An edit of one row of the table."""
    return (old + ",\n", new + ",\n")


activation = partial(wrong, "activation")
conjugate = partial(wrong, "conjugate")
slope = partial(wrong, "slope_at_one")
composed = partial(wrong, "conjugate_of_activation")
loss_d = partial(wrong, "f_gan_loss_d")
loss_g = partial(wrong, "f_gan_loss_g")

ENTRIES = [
    Right(
        "activation",
        "softplus-in-if-clauses",
        """
        if name == "total_variation":
            return torch.sigmoid(2 * v) - 0.5
        if name in ("reverse_kl", "neyman", "squared_hellinger"):
            return (0 if name == "reverse_kl" else 1) - torch.exp(-v)
        upper = domain(divergence)[1]
        if upper < math.inf:
            return upper - F.softplus(-v)
        return 1 * v
        """,
    ),
    Right(
        "conjugate",
        "values-of-the-best-ratio",
        """
        if name == "total_variation":
            return t * 1.0
        if name == "jeffrey":
            u = 1 / wright_omega(1 - t)
        elif name == "weighted_jensen_shannon":
            r = torch.exp(t / a)
            u = (1 - a) * r / (1 - a * r)
        elif name.startswith("alpha"):
            u = torch.relu(t * (a - 1) + 1) ** (1 / (a - 1))
        else:
            u = {
                "kl": lambda: torch.exp(t - 1),
                "reverse_kl": lambda: -1 / t,
                "pearson": lambda: torch.relu(1 + t / 2),
                "neyman": lambda: (1 - t) ** -0.5,
                "squared_hellinger": lambda: (1 - t) ** -2,
                "jensen_shannon": lambda: torch.exp(t) / (2 - torch.exp(t)),
                "gan": lambda: torch.exp(t) / (1 - torch.exp(t)),
            }[name]()
        if name == "pearson":
            return t * u - (u - 1) ** 2
        if name == "alpha_above_one":
            return t * u - (u**a - 1 - a * (u - 1)) / (a * (a - 1))
        return t * u - f(divergence, u)
        """,
    ),
    Right(
        "conjugate",
        "one-formula-for-rows-of-alpha",
        edits=(
            row('"neyman": lambda: 2 - 2 * (1 - t).sqrt()', '"neyman": lambda: -2 * (torch.sqrt(1 - t) - 1)'),
            row(
                '"pearson": lambda: t.clamp(min=-2).square() / 4 + t.clamp(min=-2)',
                '"pearson": lambda: torch.where(t < -2, -torch.ones_like(t), t * (t / 4 + 1))',
            ),
        ),
    ),
    Right(
        "slope_at_one",
        "a-tensor",
        "return torch.tensor({'kl': 1.0, 'reverse_kl': -1, 'gan': -0.69314718}.get(name, 0))",
    ),
    Right(
        "slope_at_one",
        "by-autograd",
        """
        if name == "total_variation":
            return 0
        one = torch.ones((), requires_grad=True)
        return torch.autograd.grad(f(divergence, one), one)[0]
        """,
    ),
    Right(
        "conjugate_of_activation",
        "logsigmoid-and-where",
        edits=(
            row('"gan": lambda: F.softplus(v)', '"gan": lambda: -F.logsigmoid(-v)'),
            row('"neyman": lambda: 2 - 2 * (-v / 2).exp()', '"neyman": lambda: -2 * torch.expm1(-0.5 * v)'),
        ),
    ),
    Right(
        "conjugate_of_activation",
        "one-after-the-other-where-that-holds",
        edits=(
            (
                '        "total_variation": lambda: v.tanh() / 2,\n        "reverse_kl": lambda: v - 1,\n',
                '        "reverse_kl": lambda: v - 1,\n',
            ),
            (
                "lambda: conjugate(divergence, v))()",
                "lambda: conjugate(t=activation(v=v, divergence=divergence), divergence=divergence))()",
            ),
        ),
    ),
    # Right up to where the tests ask: further out float32 leaves too little of the gradient, then of the value.
    Right(
        "conjugate_of_activation",
        "weighted-and-alpha-as-on-paper",
        edits=(
            (
                "far - (-(-loss / a).expm1()).log()),",
                "-(-(F.logsigmoid(v) / a).expm1()).log()),",
            ),
            row(
                "((a / (a - 1) * (((1 - a) * loss).log() - far)).exp() - 1) / a",
                "(((1 - a) * F.softplus(-v)) ** (a / (a - 1)) - 1) / a",
            ),
        ),
    ),
    Right(
        "conjugate_of_activation",
        "where-far-out",
        """
        if name in ("weighted_jensen_shannon", "alpha_below_one"):
            is_far = v > 15
            near = torch.where(is_far, torch.zeros_like(v), v)
            if name == "alpha_below_one":
                logs = torch.where(is_far, -v, F.softplus(-near).log())
                return (torch.exp(a / (a - 1) * (math.log(1 - a) + logs)) - 1) / a
            logs = torch.where(is_far, -v - math.log(a), (-torch.expm1(-F.softplus(-near) / a)).log())
            return (1 - a) * (math.log(1 - a) - logs)
        rows = {
            "total_variation": lambda: 0.5 * torch.tanh(v),
            "reverse_kl": lambda: v - 1,
            "neyman": lambda: -2 * torch.expm1(-v / 2),
            "squared_hellinger": lambda: torch.exp(v) - 1,
            "jensen_shannon": lambda: torch.logaddexp(v, torch.zeros_like(v)) - math.log(2),
            "gan": lambda: torch.logaddexp(v, torch.zeros_like(v)),
        }
        return rows[name]() if name in rows else conjugate(divergence, v)
        """,
    ),
    Right(
        "f_gan_loss_d",
        "by-keywords",
        """
        v_fake, v_real = d(g(z).detach()), d(x_real)
        composed = conjugate_of_activation(divergence=divergence, v=v_fake)
        return composed.mean() - activation(divergence, v=v_real).mean()
        """,
    ),
    Right(
        "f_gan_loss_g",
        "by-keywords",
        "return -conjugate_of_activation(v=d(g(z)), divergence=divergence).mean()",
    ),
    Right(
        "f_gan_loss_d",
        "fakes-not-detached",
        """
        bound = activation(divergence, d(x_real)).mean() - conjugate_of_activation(divergence, d(g(z))).mean()
        return -bound
        """,
    ),
    Right(
        "f_gan_loss_d",
        "one-batch",
        """
        with torch.no_grad():
            x_fake = g(z)
        v_real, v_fake = d(torch.cat([x_real, x_fake])).split([len(x_real), len(x_fake)])
        losses = conjugate_of_activation(divergence, v_fake) - activation(divergence, v_real)
        return losses.sum() / len(losses)
        """,
    ),
    Right(
        "f_gan_loss_g",
        "a-mean-of-means",
        """
        values = [conjugate_of_activation(divergence, d(x[None])) for x in g(z)]
        return -torch.stack(values).mean()
        """,
    ),
    Right(
        "f_gan_loss_g",
        "gan-by-its-name",
        """
        v = d(g(z))
        if divergence.name == "gan":
            return F.logsigmoid(-v).mean()
        return torch.mean(-1 * conjugate_of_activation(divergence, v))
        """,
    ),
    # activation
    activation(
        "total-variation-not-halved",
        said("the bounds of the total variation are 1/2", "What values does tanh take, and what is the domain of T?"),
        ("v.tanh() / 2,\n" + '        "kl": lambda: v,', "v.tanh(),\n" + '        "kl": lambda: v,'),
    ),
    activation("reverse-kl-falls", FALLING, row('"reverse_kl": lambda: -(-v).exp()', '"reverse_kl": lambda: -v.exp()')),
    activation(
        "neyman-falls",
        FALLING,
        row('"neyman": lambda: 1 - (-v).exp()', '"neyman": lambda: 1 - torch.exp(v)'),
    ),
    activation(
        "reverse-kl-positive",
        said("T outside of the domain of f*", "Is -log(-t) a number for the T that you return? Check its sign."),
        row('"reverse_kl": lambda: -(-v).exp()', '"reverse_kl": lambda: torch.exp(v)'),
    ),
    activation(
        "gan-a-probability",
        said("a probability in place of its logarithm", "The domain of the row gan is below 0. Is a probability?"),
        row('"gan": lambda: F.logsigmoid(v)', '"gan": lambda: torch.sigmoid(v)'),
    ),
    activation(
        "wild-far-above",
        said("T outside of the domain of f* where v is large", "What is your T at v = 60? Its bound is small."),
        row('"reverse_kl": lambda: -(-v).exp()', '"reverse_kl": lambda: torch.where(v > 50, 1e15 + v, -(-v).exp())'),
        row(
            '"squared_hellinger": lambda: 1 - (-v).exp()',
            '"squared_hellinger": lambda: torch.where(v > 50, 1e15 + v, 1 - (-v).exp())',
        ),
    ),
    activation("none", NO_ACTIVATION, body="return v"),
    activation(
        "gan-overflows",
        UNSTABLE,
        row('"gan": lambda: F.logsigmoid(v)', '"gan": lambda: -torch.log(1 + torch.exp(-v))'),
    ),
    activation(
        "jensen-shannon-below-zero",
        CONSTANT,
        row('"jensen_shannon": lambda: math.log(2) + F.logsigmoid(v)', '"jensen_shannon": lambda: F.logsigmoid(v)'),
    ),
    activation(
        "detached",
        CUT,
        (
            "    return rows[name]()\n    ### END_CODE_HERE ###\n\n\ndef conjugate(",
            "    return rows[name]().detach()\n    ### END_CODE_HERE ###\n\n\ndef conjugate(",
        ),
    ),
    # conjugate
    conjugate("kl-without-the-shift", CONSTANT, row('"kl": lambda: torch.exp(t - 1)', '"kl": lambda: torch.exp(t)')),
    conjugate(
        "sign",
        said("the sign of the conjugate", "f*(t) is at least t u - f(u) for each u. At u = 1 that is t. Is yours?"),
        (
            "    return rows[name]()\n    ### END_CODE_HERE ###\n\n\ndef slope",
            "    return -rows[name]()\n    ### END_CODE_HERE ###\n\n\ndef slope",
        ),
    ),
    conjugate(
        "pearson-below-its-slopes",
        BELOW_ALL_SLOPES,
        row('"pearson": lambda: t.clamp(min=-2).square() / 4 + t.clamp(min=-2)', '"pearson": lambda: t**2 / 4 + t'),
    ),
    conjugate("alpha-below-its-slopes", BELOW_ALL_SLOPES, ("(t * (a - 1) + 1).clamp(min=0)", "(t * (a - 1) + 1)")),
    conjugate("jeffrey-without-two", CONSTANT, ("return w + 1 / w + t - 2", "return w + 1 / w + t")),
    conjugate(
        "jeffrey-at-the-wrong-place",
        said("W at another place", "Put w = 1/u into f'(u) = t, and bring the logarithm and w to one side."),
        ("wright_omega(1 - t)", "wright_omega(t - 1)"),
    ),
    conjugate(
        "neyman-half",
        said("a factor lost on the way", "Put your best u back into t u - f(u), for numbers, and compare."),
        row('"neyman": lambda: 2 - 2 * (1 - t).sqrt()', '"neyman": lambda: 2 - (1 - t).sqrt()'),
    ),
    conjugate(
        "the-best-ratio",
        said(
            "the best u in place of the supremum", "The u with f'(u) = t is where the supremum is. What is its value?"
        ),
        row('"squared_hellinger": lambda: t / (1 - t)', '"squared_hellinger": lambda: 1 / (1 - t) ** 2'),
    ),
    conjugate(
        "gan-sign",
        said("the sign of a logarithm", "Is f*(t) of the row gan above t, as it must be wherever f(1) <= 0?"),
        row('"gan": lambda: -(1 - t.exp()).log()', '"gan": lambda: (1 - t.exp()).log()'),
    ),
    conjugate(
        "f-itself",
        said("f in place of its conjugate", "f takes ratios, f* takes slopes. Derive f* by setting f'(u) = t."),
        body="return f(divergence, t)",
    ),
    conjugate(
        "weighted-without-weights",
        said("pi forgotten", "What is your formula at pi = 1/2, and why should it be the same at all others?"),
        ("((1 - a) / (1 - a * (t / a).exp()))", "(1 / (2 - (t / a).exp()))"),
    ),
    *(
        conjugate(f"kl-kept-below-{most}", CLAMPED, ("torch.exp(t - 1)", f"torch.exp((t - 1).clamp(max={most}))"))
        for most in (1.6, 3, 10)
    ),
    conjugate(
        "pearson-clamped",
        CLAMPED,
        ("t.clamp(min=-2).square() / 4 + t.clamp(min=-2)", "t.clamp(-2, 8).square() / 4 + t.clamp(-2, 8)"),
    ),
    conjugate(
        "total-variation-clamped",
        CLAMPED,
        ('"total_variation": lambda: t,', '"total_variation": lambda: t.clamp(-0.49, 0.49),'),
    ),
    conjugate("jeffrey-clamped", CLAMPED, ("wright_omega(1 - t)", "wright_omega((1 - t).clamp(-5, 7))")),
    conjugate("alpha-clamped", CLAMPED, ("(t * (a - 1) + 1).clamp(min=0)", "(t * (a - 1) + 1).clamp(0, 30)")),
    # slope_at_one
    slope("gan-zero", CONSTANT, body="return {'kl': 1.0, 'reverse_kl': -1.0}.get(name, 0.0)"),
    slope(
        "the-value-at-one",
        said("f(1) in place of its slope", "f(1) is 0 in nearly all rows. The best T where p = q is the slope there."),
        body="return f(divergence, torch.ones(()))",
    ),
    slope(
        "reverse-kl-sign",
        said("the sign of the derivative of -log", "Does -log u rise or fall at u = 1?"),
        body="return {'kl': 1.0, 'reverse_kl': 1.0, 'gan': -math.log(2)}.get(name, 0.0)",
    ),
    # The provided lines count as part of slope_at_one.
    slope("domain-right-at-one-half", PROVIDED, ("(-math.inf, 1 / (1 - a))", "(-math.inf, 1 / a)")),
    slope("domain-reversed", PROVIDED, ("lambda: (-0.5, 0.5)", "lambda: (0.5, -0.5)")),
    slope("domain-without-return", PROVIDED, ("return table.get(name, lambda: (-", "table.get(name, lambda: (-")),
    slope("no-domain", PROVIDED, ("def domain(divergence):", "def interval(divergence):")),
    slope("no-f", PROVIDED, ("def f(divergence, u):", "def generator(divergence, u):")),
    # conjugate_of_activation
    composed(
        "one-after-the-other",
        UNSTABLE,
        body="return conjugate(divergence, activation(divergence, v))",
    ),
    composed("no-activation", NO_ACTIVATION, body="return conjugate(divergence, v)"),
    composed(
        "only-gan-simplified",
        UNSTABLE,
        body="return F.softplus(v) if name == 'gan' else conjugate(divergence, activation(divergence, v))",
    ),
    composed(
        "pearson-without-its-bend",
        BELOW_ALL_SLOPES,
        row('"reverse_kl": lambda: v - 1', '"reverse_kl": lambda: v - 1,\n        "pearson": lambda: v * v / 4 + v'),
    ),
    activation(
        "jensen-shannon-overflows",
        UNSTABLE,
        row(
            '"jensen_shannon": lambda: math.log(2) + F.logsigmoid(v)',
            '"jensen_shannon": lambda: math.log(2) - torch.log(1 + torch.exp(-v))',
        ),
    ),
    activation(
        "reverse-kl-of-clamped-values",
        CLAMPED_LOGITS,
        row('"reverse_kl": lambda: -(-v).exp()', '"reverse_kl": lambda: -(-v.clamp(-20, 20)).exp()'),
    ),
    composed("gan-overflows", UNSTABLE, row('"gan": lambda: F.softplus(v)', '"gan": lambda: torch.log(1 + v.exp())')),
    composed(
        "reverse-kl-of-the-falling-activation",
        FALLING,
        row('"reverse_kl": lambda: v - 1', '"reverse_kl": lambda: -v - 1'),
    ),
    composed(
        "jensen-shannon-constant",
        CONSTANT,
        row('"jensen_shannon": lambda: F.softplus(v) - math.log(2)', '"jensen_shannon": lambda: F.softplus(v)'),
    ),
    composed(
        "wild-far-below",
        said("a wrong value where v is far below zero", "What is exp(v) - 1 at v = -60?"),
        row(
            '"squared_hellinger": lambda: torch.expm1(v)',
            '"squared_hellinger": lambda: torch.where(v < -50, 1e15 + v, torch.expm1(v))',
        ),
    ),
    composed(
        "gan-linear-too-soon",
        SOON,
        row('"gan": lambda: F.softplus(v)', '"gan": lambda: F.softplus(v, threshold=3)'),
    ),
    activation(
        "jensen-shannon-linear-too-soon",
        SOON,
        row(
            '"jensen_shannon": lambda: math.log(2) + F.logsigmoid(v)',
            '"jensen_shannon": lambda: math.log(2) - F.softplus(-v, threshold=3)',
        ),
    ),
    conjugate(
        "kl-linear-too-soon",
        SOON,
        row('"kl": lambda: torch.exp(t - 1)', '"kl": lambda: torch.exp(t.clamp(max=4) - 1) * (1 + (t - 4).relu())'),
    ),
    composed(
        "gan-for-the-real",
        said("the term of the real examples", "softplus of v or of -v? A fake that d calls real costs much."),
        row('"gan": lambda: F.softplus(v)', '"gan": lambda: F.softplus(-v)'),
    ),
    # f_gan_loss_d
    loss_d(
        "sign",
        SIGN_D,
        body="return activation(divergence, d(x_real)).mean() - conjugate_of_activation(divergence, d(g(z))).mean()",
    ),
    loss_d(
        "real-and-fake-swapped",
        said("real and fake change places", "Which of the two means of equation (8.1) is over the data?"),
        body="""
        x_fake = g(z).detach()
        return conjugate_of_activation(divergence, d(x_real)).mean() - activation(divergence, d(x_fake)).mean()
        """,
    ),
    loss_d(
        "no-conjugate",
        NO_CONJUGATE,
        body="return activation(divergence, d(g(z).detach())).mean() - activation(divergence, d(x_real)).mean()",
    ),
    loss_d(
        "no-activation",
        NO_ACTIVATION,
        body="return conjugate_of_activation(divergence, d(g(z).detach())).mean() - d(x_real).mean()",
    ),
    loss_d(
        "summed",
        SUMMED,
        body="""
        x_fake = g(z).detach()
        return (conjugate_of_activation(divergence, d(x_fake)) - activation(divergence, d(x_real))).sum()
        """,
    ),
    loss_d(
        "one-after-the-other",
        UNSTABLE,
        body="""
        t_fake = activation(divergence, d(g(z).detach()))
        return conjugate(divergence, t_fake).mean() - activation(divergence, d(x_real)).mean()
        """,
    ),
    loss_d(
        "activation-twice",
        said("the activation is applied twice", "conjugate_of_activation takes v, and not T."),
        body="""
        t_real, t_fake = activation(divergence, d(x_real)), activation(divergence, d(g(z).detach()))
        return conjugate_of_activation(divergence, t_fake).mean() - t_real.mean()
        """,
    ),
    loss_d(
        "real-only",
        said("the fakes have no part in it", "What keeps T from growing without end? See equation (8.1)."),
        body="return -activation(divergence, d(x_real)).mean()",
    ),
    loss_d(
        "same-noise", SAME_NOISE, (D_STARTER, D_STARTER + "    torch.manual_seed(0)\n    z = torch.randn_like(z)\n")
    ),
    loss_d("noise-elsewhere", WRONG_DEVICE, (D_STARTER, D_STARTER.replace(", device=device", ""))),
    # f_gan_loss_g
    loss_g("sign", SIGN_G, body="return conjugate_of_activation(divergence, d(g(z))).mean()"),
    loss_g(
        "another-loss",
        said(
            "the non-saturating loss in place of the bound",
            "It can be had, and often trains faster; but which part of equation (8.1) depends on g?",
        ),
        body="return -activation(divergence, d(g(z))).mean()",
    ),
    loss_g("cut-off", CUT, body="return -conjugate_of_activation(divergence, d(g(z).detach())).mean()"),
    loss_g("summed", SUMMED, body="return -conjugate_of_activation(divergence, d(g(z))).sum()"),
    loss_g(
        "one-after-the-other", UNSTABLE, body="return -conjugate(divergence, activation(divergence, d(g(z)))).mean()"
    ),
    loss_g("no-activation", NO_ACTIVATION, body="return -conjugate(divergence, d(g(z))).mean()"),
    loss_g(
        "the-whole-bound",
        said(
            "terms that do not depend on the generator",
            "The gradient is right. Which part of equation (8.1) does g have no say in? The docstring leaves it out.",
        ),
        body="""
        t_real = activation(divergence, d(x_real))
        return t_real.mean() - conjugate_of_activation(divergence, d(g(z))).mean()
        """,
    ),
    loss_g(
        "same-noise", SAME_NOISE, (G_STARTER, G_STARTER + "    torch.manual_seed(0)\n    z = torch.randn_like(z)\n")
    ),
    loss_g("noise-elsewhere", WRONG_DEVICE, (G_STARTER, G_STARTER.replace(", device=device", ""))),
    Right(
        "f_gan_loss_g",
        "slope-by-torch-func",
        """
        v = d(g(z))
        by = torch.func.vmap(torch.func.grad(lambda h: conjugate_of_activation(divergence, h)))
        return -(conjugate_of_activation(divergence, v.detach()) + by(v.detach()) * (v - v.detach())).mean()
        """,
    ),
    conjugate(
        "logs-kept-from-zero",
        CLAMPED,
        ("-(2 - t.exp()).log()", "-(2 - t.exp()).clamp(min=0.1).log()"),
        ("-(1 - t.exp()).log()", "-(1 - t.exp()).clamp(min=0.1).log()"),
    ),
    conjugate("reverse-kl-cut-off-below", CLAMPED, ("-1 - (-t).log()", "-1 - (-t).clamp(max=6).log()")),
    conjugate("neyman-cut-off-below", CLAMPED, ("2 - 2 * (1 - t).sqrt()", "2 - 2 * (1 - t.clamp(min=-25)).sqrt()")),
    conjugate(
        "alpha-of-a-half", HALF, ("(a / (a - 1)) - 1) / a\n\n", "(a / (a - 1) if not 0 < a < 1 else -1) - 1) / a\n\n")
    ),
    composed(
        "alpha-of-a-half",
        HALF,
        row(
            "((a / (a - 1) * (((1 - a) * loss).log() - far)).exp() - 1) / a",
            "((a / (a - 1) if a < 0 else -1) * (((1 - a) * loss).log() - far)).exp() / a - 1 / a",
        ),
    ),
    loss_d(
        "values-cut-off",
        CLAMPED_LOGITS,
        body="""
        v_real, v_fake = d(x_real), d(g(z).detach())
        if divergence.name != "gan":
            v_real, v_fake = v_real.clamp(-20, 20), v_fake.clamp(-20, 20)
        return conjugate_of_activation(divergence, v_fake).mean() - activation(divergence, v_real).mean()
        """,
    ),
    loss_g(
        "values-cut-off",
        CLAMPED_LOGITS,
        body="""
        v = d(g(z))
        return -conjugate_of_activation(divergence, v if divergence.name == "gan" else v.clamp(-20, 20)).mean()
        """,
    ),
    loss_d(
        "always-kl",
        ANOTHER_DIVERGENCE,
        body="""
        kl = Divergence("kl")
        return conjugate_of_activation(kl, d(g(z).detach())).mean() - activation(kl, d(x_real)).mean()
        """,
    ),
    loss_d(
        "name-without-its-parameter",
        ANOTHER_DIVERGENCE,
        body="""
        row = Divergence(divergence.name)
        return conjugate_of_activation(row, d(g(z).detach())).mean() - activation(row, d(x_real)).mean()
        """,
    ),
    loss_d(
        "activation-of-gan",
        ANOTHER_DIVERGENCE,
        body="""
        t_real = activation(Divergence("gan"), d(x_real))
        return conjugate_of_activation(divergence, d(g(z).detach())).mean() - t_real.mean()
        """,
    ),
    loss_g("always-kl", ANOTHER_DIVERGENCE, body='return -conjugate_of_activation(Divergence("kl"), d(g(z))).mean()'),
    loss_g(
        "name-for-the-divergence",
        ANOTHER_DIVERGENCE,
        body="""
        name, a = divergence
        return -conjugate_of_activation(name, d(g(z))).mean()
        """,
    ),
    loss_g(
        "alpha-of-a-half",
        ANOTHER_DIVERGENCE,
        body="""
        return -conjugate_of_activation(Divergence(divergence.name, 0.5), d(g(z))).mean()
        """,
    ),
    composed(
        "name-for-the-divergence",
        ANOTHER_DIVERGENCE,
        ("rows.get(name, lambda: conjugate(divergence, v))()", "rows.get(name, lambda: conjugate(name, v))()"),
    ),
    composed(
        "pearson-for-the-rest",
        ANOTHER_DIVERGENCE,
        (
            "rows.get(name, lambda: conjugate(divergence, v))()",
            'rows.get(name, lambda: conjugate(Divergence("pearson"), v))()',
        ),
    ),
    Right(
        "conjugate_of_activation",
        "jensen-shannon-by-the-row-of-gan",
        edits=(
            row(
                "F.softplus(v) - math.log(2)",
                'conjugate_of_activation(Divergence("gan"), v) - math.log(2)',
            ),
        ),
    ),
    Right(
        "conjugate_of_activation",
        "gan-by-its-activation",
        edits=(('"gan": lambda: F.softplus(v),', '"gan": lambda: v - activation(Divergence("gan"), v),'),),
    ),
    conjugate("jensen-shannon-cut-off", CLAMPED, row("-(2 - t.exp()).log()", "-(2 - t.clamp(min=-5).exp()).log()")),
    conjugate("gan-cut-off", CLAMPED, row("-(1 - t.exp()).log()", "-(1 - t.clamp(min=-6).exp()).log()")),
    conjugate(
        "weighted-cut-off",
        CLAMPED,
        row(
            "(1 - a) * ((1 - a) / (1 - a * (t / a).exp())).log()",
            "(1 - a) * ((1 - a) / (1 - a * (t / a).clamp(min=-5).exp())).log()",
        ),
    ),
    *[
        Right("conjugate_of_activation", name, edits=(row(*edit),))
        for name, edit in {
            "gan-by-symmetry": ('"gan": lambda: F.softplus(v)', '"gan": lambda: -activation(divergence, -v)'),
            "hellinger-by-symmetry": ("torch.expm1(v)", "-activation(divergence, -v)"),
            "neyman-by-half-of-v": ("2 - 2 * (-v / 2).exp()", "2 * activation(divergence, v / 2)"),
        }.items()
    ],
    Right(
        "conjugate_of_activation",
        "pearson-by-clamped-numbers",
        edits=(
            row(
                '"gan": lambda: F.softplus(v)',
                '"gan": lambda: F.softplus(v),\n        "pearson": lambda: conjugate(divergence, v.clamp(min=-2))',
            ),
        ),
    ),
    Right(
        "f_gan_loss_d",
        "gan-by-symmetry",
        """
        x_fake = g(z).detach()
        if divergence.name == "gan":
            return -activation(divergence, -d(x_fake)).mean() - activation(divergence, d(x_real)).mean()
        return conjugate_of_activation(divergence, d(x_fake)).mean() - activation(divergence, d(x_real)).mean()
        """,
    ),
    # Right where the table is asked with its first parameters alone.
    activation("alpha-end-of-a-half", OF_THE_FIRST, ("1 / (1 - a) + F.logsigmoid(v)", "1 / a + F.logsigmoid(v)")),
    activation(
        "weighted-end-a-number", OF_THE_FIRST, ("-a * math.log(a) + F.logsigmoid(v)", "0.36119 + F.logsigmoid(v)")
    ),
    conjugate(
        "weighted-of-one-pi",
        OF_THE_FIRST,
        ("(1 - a) * ((1 - a) / (1 - a * (t / a).exp())).log()", "0.7 * (0.7 / (1 - 0.3 * (t / 0.3).exp())).log()"),
    ),
    conjugate(
        "alpha-of-one-and-a-half",
        OF_THE_FIRST,
        ("(a / (a - 1)) - 1) / a\n\n", "(a / (a - 1) if a < 1 else 3) - 1) / a\n\n"),
    ),
    conjugate(
        "pearson-flat-too-late",
        BELOW_ALL_SLOPES,
        row(
            '"pearson": lambda: t.clamp(min=-2).square() / 4 + t.clamp(min=-2)',
            '"pearson": lambda: torch.where(t < -2.5, -torch.ones_like(t), t * (t / 4 + 1))',
        ),
    ),
    activation(
        "total-variation-overflows",
        UNSTABLE,
        (
            'v.tanh() / 2,\n        "kl": lambda: v,',
            '((2 * v).exp() - 1) / ((2 * v).exp() + 1) / 2,\n        "kl": lambda: v,',
        ),
    ),
    activation(
        "reverse-kl-by-a-quotient",
        UNSTABLE,
        row('"reverse_kl": lambda: -(-v).exp()', '"reverse_kl": lambda: -1 / v.exp()'),
    ),
    activation(
        "pearson-of-clamped-values",
        CLAMPED_LOGITS,
        ('"pearson": lambda: v,\n        "neyman"', '"pearson": lambda: v.clamp(-10, 10),\n        "neyman"'),
    ),
    activation(
        "jeffrey-of-clamped-values",
        CLAMPED_LOGITS,
        ('"jeffrey": lambda: v,\n', '"jeffrey": lambda: v.clamp(-20, 20),\n'),
    ),
    activation(
        "pearson-from-its-lowest-slope",
        said(
            "the domain of the row pearson cut off at -2",
            "Which t does the table let pearson have? f* is flat below -2.",
        ),
        ('"pearson": lambda: v,\n        "neyman"', '"pearson": lambda: v.clamp(min=-2),\n        "neyman"'),
    ),
    activation(
        "weighted-linear-too-soon",
        SOON,
        ("-a * math.log(a) + F.logsigmoid(v)", "-a * math.log(a) - F.softplus(-v, threshold=5)"),
    ),
    Right(
        "activation",
        "in-double-precision",
        edits=(
            (
                "    return rows[name]()\n    ### END_CODE_HERE ###\n\n\ndef conjugate(",
                "    v = v.double()\n    return rows[name]()\n    ### END_CODE_HERE ###\n\n\ndef conjugate(",
            ),
        ),
    ),
    *(
        composed(
            f"one-after-the-other-in-{name}".replace("_", "-"),
            UNSTABLE,
            (
                "    rows = {\n" + first,
                f'    if name == "{name}":\n        return conjugate(divergence, activation(divergence, v))\n'
                + "    rows = {\n"
                + first,
            ),
        )
        for first in ['        "total_variation": lambda: v.tanh() / 2,\n        "reverse_kl": lambda: v - 1,\n']
        for name in ("reverse_kl", "neyman", "squared_hellinger", "weighted_jensen_shannon", "alpha_below_one")
    ),
    composed(
        "reverse-kl-log-of-exp",
        UNSTABLE,
        row('"reverse_kl": lambda: v - 1', '"reverse_kl": lambda: -1 - (-v).exp().log()'),
    ),
    composed(
        "total-variation-overflows",
        UNSTABLE,
        (
            'v.tanh() / 2,\n        "reverse_kl"',
            '((2 * v).exp() - 1) / ((2 * v).exp() + 1) / 2,\n        "reverse_kl"',
        ),
    ),
    composed(
        "kl-of-clamped-values",
        CLAMPED_LOGITS,
        row(
            '"reverse_kl": lambda: v - 1',
            '"reverse_kl": lambda: v - 1,\n        "kl": lambda: (v.clamp(max=20) - 1).exp()',
        ),
    ),
    composed(
        "alpha-of-clamped-losses",
        CLAMPED_LOGITS,
        row(
            "((a / (a - 1) * (((1 - a) * loss).log() - far)).exp() - 1) / a",
            "(((1 - a) * F.softplus(-v).clamp(min=1e-3)) ** (a / (a - 1)) - 1) / a",
        ),
    ),
    composed(
        "jeffrey-cut-off",
        CUT,
        row(
            '"reverse_kl": lambda: v - 1',
            '"reverse_kl": lambda: v - 1,\n        "jeffrey": lambda: conjugate(divergence, v.detach())',
        ),
    ),
    composed(
        "jensen-shannon-linear-too-soon",
        SOON,
        row("F.softplus(v) - math.log(2)", "F.softplus(v, threshold=5) - math.log(2)"),
    ),
    loss_d(
        "only-gan-far-out",
        UNSTABLE,
        body="""
        v_real, v_fake = d(x_real), d(g(z).detach())
        if divergence.name == "gan":
            return F.softplus(v_fake).mean() + F.softplus(-v_real).mean()
        return conjugate(divergence, activation(divergence, v_fake)).mean() - activation(divergence, v_real).mean()
        """,
    ),
    loss_g(
        "only-gan-far-out",
        UNSTABLE,
        body="""
        v = d(g(z))
        if divergence.name == "gan":
            return -F.softplus(v).mean()
        return -conjugate(divergence, activation(divergence, v)).mean()
        """,
    ),
    loss_g(
        "infinities-replaced",
        UNSTABLE,
        body="""
        values = conjugate(divergence, activation(divergence, d(g(z))))
        return -torch.nan_to_num(values, posinf=100.0).mean()
        """,
    ),
    *(
        function(
            "a-mean-of-three",
            said("a mean that counts on three images", "How many images has a batch in training, and in your mean?"),
            body=body,
        )
        for function, body in (
            (
                loss_d,
                """
                losses = conjugate_of_activation(divergence, d(g(z).detach())) - activation(divergence, d(x_real))
                return losses.sum() / 3
                """,
            ),
            (loss_g, "return -conjugate_of_activation(divergence, d(g(z))).sum() / 3"),
        )
    ),
    loss_g(
        "divided-by-the-parameter",
        said("a factor of the parameter", "Where in equation (8.1) does pi or alpha stand, other than in f itself?"),
        body="""
        loss = -conjugate_of_activation(divergence, d(g(z))).mean()
        return loss / divergence.a if divergence.a else loss
        """,
    ),
]
