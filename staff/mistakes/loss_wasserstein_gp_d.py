"""Ways of writing loss_wasserstein_gp_d (problem 5): the critic's loss with its gradient penalty."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import DEPENDENT, DRAWN_ONCE, MEAN_OF_MEANS, SCRAMBLED

right = partial(Right, "loss_wasserstein_gp_d")
wrong = partial(Wrong, "loss_wasserstein_gp_d")

# Misconceptions that several entries share.
NO_SECOND_ORDER = {
    "misconception": "the penalty does not reach the critic's parameters: its gradient was taken as a constant",
    "hint": "The number is right, but the penalty is there to be minimised. Which option of torch.autograd.grad keeps "
    "its result differentiable, and does anything after it cut the result off again?",
}
NO_WAY_TO_POINTS = {
    "misconception": "the images that the gradient is taken for are not the ones that the critic was given",
    "hint": "Autograd follows operations from the critic's value back to one tensor. Make the very tensor that you "
    "differentiate for ready before the critic sees it, and give the critic that one.",
}
CONSTANT_PENALTY = {
    "misconception": "the gradient is zero whatever the critic, and so the penalty is a constant",
    "hint": "Print the gradient before taking its norm: it is zero for every image. What was put in that made it so?",
}
NOT_SQUARED = {
    "misconception": "the norm's distance from one is not squared",
    "hint": "Read the bracket in the last term of equation (24) from the inside to the outside, and mind which "
    "operation Python does first. Could your penalty get below zero?",
}
ABSOLUTE = {
    "misconception": "the absolute value of the norm's distance from one instead of its square",
    "hint": "Both are zero at norm one, but compare yours with equation (24) at norm three.",
}
PER_CHANNEL_NORM = {
    "misconception": "one norm for each channel of an image instead of one for the image",
    "hint": "The norm runs over all that makes up one image. Try a batch of images with two channels: how many norms "
    "should come out?",
}
BATCH_NORM = {
    "misconception": "one norm over the whole batch instead of one for each image",
    "hint": "The expectation in equation (24) stands outside the norm. How many norms should there be for B images?",
}
ONE_WEIGHT = {
    "misconception": "one mixing weight for the whole batch instead of one for each image",
    "hint": "r_theta draws a new alpha for every sample. How many random numbers does your line draw for B images?",
}
COIN_WEIGHTS = {
    "misconception": "mixing weights of zero or one only, so that every point is a plain real or fake image",
    "hint": "Uniform([0, 1]) is about all numbers from 0 to 1, not only its two ends. Print a few of your weights.",
}
PIXEL_WEIGHTS = {
    "misconception": "a mixing weight for each pixel instead of one for each image",
    "hint": "The points should lie on straight lines between a fake and a real image. How many numbers say where on "
    "such a line a point is?",
}
SAME_WEIGHTS = {
    "misconception": "the same mixing weights in every call: the random stream is set back",
    "hint": "Call the function twice and compare the points. Seeds belong to the program that trains, not to a loss.",
}
CRITIC_DETACHED = {
    "misconception": "the critic's values of the fakes are cut off from the critic, not only from the generator",
    "hint": "In the critic's turn the generator may stay as it is, but the critic must feel both terms. Look at which "
    "of the two your cut separates.",
}
CROSS_ENTROPY = {
    "misconception": "the cross-entropy of problem 2 with a penalty added, instead of differences of critic values",
    "hint": "A critic gives any real number, not a logit. Is there a logarithm or a sigmoid in equation (24)?",
}
PER_IMAGE = {
    "misconception": "a loss for each image is returned, not their mean",
    "hint": "Check the shape of what you return. Each of the three terms in equation (24) is an expectation.",
}
WEIGHTS_ELSEWHERE = {
    "misconception": "the mixing weights are drawn on a fixed device, not on the one given",
    "hint": "The function is told where its tensors should live. Which of your lines does not use that?",
}
CLAMPED_PENALTY = {
    "misconception": "the penalty is clamped",
    "hint": "Where the critic is steepest the penalty matters most. What is its gradient where you cut it off?",
}
BATCH_64 = {
    "misconception": "the batch size is written down as 64",
    "hint": "Try the function with three images. Where does the size of a batch come from?",
}

# The solved lines in three parts, between which others may stand.
DRAWN = "x_fake = g(z).detach()\na = torch.rand(x_real.shape[0], 1, 1, 1, device=device)\n"
PENALTY = """
x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
(grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
"""
RESULT = "return d(x_fake).mean() - d(x_real).mean() + 10 * penalty"

ENTRIES = [
    # Right: the norm
    right(
        "square-multiplied-out",
        DRAWN
        + PENALTY.replace("((grad.flatten(1).norm(dim=1) - 1) ** 2)", "(sq - 2 * sq.sqrt() + 1)").replace(
            "penalty", "sq = (grad * grad).sum((1, 2, 3))\npenalty"
        )
        + RESULT,
    ),
    right(
        "distance-from-zero",
        DRAWN
        + PENALTY.replace("grad.flatten(1).norm(dim=1)", "F.pairwise_distance(grad.flatten(1), 0 * grad.flatten(1))")
        + RESULT,
    ),
    right(
        "root-kept-from-zero",
        DRAWN + PENALTY.replace("grad.flatten(1).norm(dim=1)", "((grad**2).sum((1, 2, 3)) + 1e-6).sqrt()") + RESULT,
    ),
    # Right: the mixing weights
    right(
        "double-precision",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.double().flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    right(
        "roles-of-the-weight-swapped",
        """
        fake = g(z).detach()
        alpha = torch.rand(x_real.size(0), 1, 1, 1, device=device)
        interp = alpha * x_real + (1 - alpha) * fake
        interp.requires_grad_(True)
        scores = d(interp)
        grads = torch.autograd.grad(
            outputs=scores,
            inputs=interp,
            grad_outputs=torch.ones_like(scores),
            create_graph=True,
            retain_graph=True,
            only_inputs=True,
        )[0]
        gp = ((grads.view(grads.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()
        return d(fake).mean() - d(x_real).mean() + 10.0 * gp
        """,
    ),
    right(
        "weights-reshaped-with-view",
        """
        batch_size = x_real.size(0)
        x_fake = g(z)
        alpha = torch.rand(batch_size, device=device).view(batch_size, 1, 1, 1)
        x_hat = alpha * x_fake.detach() + (1 - alpha) * x_real.detach()
        x_hat.requires_grad = True
        grad = torch.autograd.grad(d(x_hat).sum(), x_hat, create_graph=True)[0]
        penalty = torch.mean((torch.norm(grad.reshape(batch_size, -1), dim=1) - 1) ** 2)
        return torch.mean(d(x_fake)) - torch.mean(d(x_real)) + 10 * penalty
        """,
    ),
    right(
        "lerp",
        """
        fake = g(z).detach()
        weight = torch.rand(len(x_real), device=device)[:, None, None, None]
        mixed = torch.lerp(x_real, fake, weight).requires_grad_()
        grad = torch.autograd.grad(d(mixed).sum(), mixed, create_graph=True)[0]
        return d(fake).mean() - d(x_real).mean() + 10 * (1 - grad.flatten(1).norm(dim=1)).pow(2).mean()
        """,
    ),
    right(
        "step-from-real-towards-fake",
        """
        x_fake = g(z).detach()
        t = torch.rand_like(x_real[:, :1, :1, :1])
        x = (x_real + t * (x_fake - x_real)).requires_grad_()
        (grad,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
        norm = torch.linalg.vector_norm(grad, dim=(1, 2, 3))
        return d(x_fake).mean() - d(x_real).mean() + 10 * torch.square(norm - 1).mean()
        """,
    ),
    right(
        "flat-images",
        """
        batch = x_real.shape[0]
        fake = g(z).detach()
        eps = torch.rand(batch, 1, device=device)
        flat = eps * fake.reshape(batch, -1) + (1 - eps) * x_real.reshape(batch, -1)
        flat.requires_grad_(True)
        out = d(flat.reshape(x_real.shape))
        grad = torch.autograd.grad(out.sum(), flat, create_graph=True)[0]
        gp = ((grad.norm(dim=1) - 1) ** 2).mean()
        return d(fake).mean() - d(x_real).mean() + 10 * gp
        """,
    ),
    right(
        "einsum",
        """
        fake = g(z).detach()
        a = torch.rand(x_real.shape[0], device=device)
        mixed = torch.einsum("b,bchw->bchw", a, fake) + torch.einsum("b,bchw->bchw", 1 - a, x_real)
        mixed.requires_grad_()
        grad = torch.autograd.grad(d(mixed).sum(), mixed, create_graph=True)[0]
        norm = torch.einsum("bchw,bchw->b", grad, grad).sqrt()
        return d(fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
    ),
    right(
        "weights-by-uniform",
        """
        x_fake = g(z).detach()
        alpha = torch.empty(x_real.size(0), 1, 1, 1, device=device).uniform_(0, 1)
        alpha = alpha.expand_as(x_real)
        x_hat = (alpha * x_fake + (1 - alpha) * x_real).requires_grad_(True)
        d_hat = d(x_hat)
        grads = torch.autograd.grad(d_hat, x_hat, torch.ones_like(d_hat), create_graph=True)[0]
        grads = grads.contiguous().view(x_real.size(0), -1)
        gp = ((grads + 1e-16).norm(2, dim=1) - 1).pow(2).mean()
        return d(x_fake).mean() - d(x_real).mean() + gp * 10
        """,
    ),
    right(
        "weights-of-torch-distributions",
        """
        from torch.distributions import Uniform

        x_fake = g(z).detach()
        alpha = Uniform(0.0, 1.0).sample((x_real.shape[0], 1, 1, 1)).to(device)
        x_mix = (alpha * x_fake + (1 - alpha) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mix).sum(), x_mix, create_graph=True)[0]
        gp = F.mse_loss(grad.flatten(1).norm(dim=1), torch.ones(x_real.shape[0], device=device))
        return d(x_fake).mean() - d(x_real).mean() + 10 * gp
        """,
    ),
    right(
        "weights-moved-to-the-device",
        """
        lam = 10
        x_fake = g(z)
        alpha = torch.rand((x_real.shape[0], 1, 1, 1)).to(device)
        x_mix = (alpha * x_fake + (1 - alpha) * x_real).detach().requires_grad_(True)
        grad = torch.autograd.grad(d(x_mix).sum(), x_mix, create_graph=True)[0]
        norm = torch.sqrt(torch.sum(grad**2, dim=(1, 2, 3)))
        penalty = torch.mean((norm - 1.0) ** 2)
        return torch.mean(d(x_fake)) - torch.mean(d(x_real)) + lam * penalty
        """,
    ),
    right(
        "weights-image-by-image",
        """
        x_fake = g(z).detach()
        rows = []
        for fake, real in zip(x_fake, x_real):
            a = torch.rand(1, device=device)
            rows.append(a * fake + (1 - a) * real)
        x_mix = torch.stack(rows).requires_grad_()
        grad = torch.autograd.grad(d(x_mix).sum(), x_mix, create_graph=True)[0]
        gp = torch.stack([(row.norm() - 1) ** 2 for row in grad]).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * gp
        """,
    ),
    right(
        "pairs-shuffled",
        """
        n = x_real.shape[0]
        x_fake = g(z).detach()
        other = x_real[torch.randperm(n, device=device)]
        a = torch.rand(n, 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * other).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        """,
    ),
    # Right: the fakes
    right(
        "fakes-carry-the-gradient",
        """
        x_fake = g(z)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_r = a * x_fake + (1 - a) * x_real
        grad = torch.autograd.grad(d(x_r).sum(), x_r, create_graph=True)[0]
        penalty = 10 * ((grad.reshape(x_real.shape[0], -1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + penalty
        """,
    ),
    right(
        "fakes-without-gradient",
        """
        with torch.no_grad():
            x_fake = g(z)
            a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
            x_mixed = a * x_fake + (1 - a) * x_real
        x_mixed.requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        norm_squared = grad.square().flatten(1).sum(1)
        norm = (norm_squared + 1e-12).sqrt()
        penalty = (norm_squared - 2 * norm + 1).mean()
        return (d(x_fake) - d(x_real)).mean() + 10 * penalty
        """,
    ),
    right(
        "new-noise-for-the-points",
        """
        x_fake = g(z).detach()
        z_mixed = torch.randn(x_real.shape[0], g.dim_z, device=device)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * g(z_mixed).detach() + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        return d(x_fake).mean() - d(x_real).mean() + 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()
        """,
    ),
    right(
        "three-batches-as-one",
        """
        n = x_real.shape[0]
        x_fake = g(z).detach()
        a = torch.rand(n, 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        fake, real, mixed = d(torch.cat([x_fake, x_real, x_mixed])).chunk(3)
        grad = torch.autograd.grad(mixed.sum(), x_mixed, create_graph=True)[0]
        return fake.mean() - real.mean() + 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()
        """,
    ),
    # Right: the gradient
    right(
        "gradient-by-backward",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d(x_mixed).sum().backward(create_graph=True)
        penalty = ((x_mixed.grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    right(
        "gradient-by-backward-for-the-points-only",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d(x_mixed).sum().backward(create_graph=True, inputs=[x_mixed])
        penalty = ((x_mixed.grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    right(
        "gradient-image-by-image",
        """
        x_fake = g(z).detach()
        penalties = []
        for i in range(x_real.shape[0]):
            a = torch.rand(1, device=device)
            x = (a * x_fake[i : i + 1] + (1 - a) * x_real[i : i + 1]).requires_grad_()
            grad = torch.autograd.grad(d(x).sum(), x, create_graph=True)[0]
            penalties.append((grad.norm() - 1) ** 2)
        return d(x_fake).mean() - d(x_real).mean() + 10 * sum(penalties) / len(penalties)
        """,
    ),
    right(
        "gradient-of-the-mean-scaled-back",
        """
        n = x_real.shape[0]
        x_fake = g(z).detach()
        a = torch.rand(n, 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = n * torch.autograd.grad(d(x_mixed).mean(), x_mixed, create_graph=True)[0]
        return d(x_fake).mean() - d(x_real).mean() + 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()
        """,
    ),
    right(
        "gradient-by-torch-func",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.func.grad(lambda x: d(x).sum())(x_mixed)
        return d(x_fake).mean() - d(x_real).mean() + 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()
        """,
    ),
    right(
        "gradient-by-vmap",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.vmap(torch.func.grad(lambda x: d(x.unsqueeze(0)).squeeze(0)))(x_mixed)
        return d(x_fake).mean() - d(x_real).mean() + 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()
        """,
    ),
    right(
        "gradient-by-jacobian",
        """
        from torch.autograd.functional import jacobian

        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = jacobian(lambda x: d(x).sum(), x_mixed, create_graph=True)
        return d(x_fake).mean() - d(x_real).mean() + 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()
        """,
    ),
    # Wrong: the difference of the critic's values
    wrong(
        "real-and-fake-swapped",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_real).mean() - d(x_fake).mean() + 10 * penalty
        """,
        misconception="the signs of the real and the fake term are swapped",
        hint="The loss is minimised. Should a good critic's value be high or low on real images, and which sign in "
        "equation (24) brings that about?",
    ),
    wrong(
        "both-terms-added",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() + d(x_real).mean() + 10 * penalty
        """,
        misconception="the real term is added instead of subtracted",
        hint="A critic that gives every image the same value, however low, should gain nothing by it. Does yours?",
    ),
    wrong(
        "both-terms-subtracted",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return -d(x_real).mean() - d(x_fake).mean() + 10 * penalty
        """,
        misconception="the fake term is subtracted too, as the two terms of the cross-entropy are",
        hint="In problem 2 both expectations have a minus sign in front; look again at the signs of equation (24).",
    ),
    wrong(
        "no-real-term",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() + 10 * penalty
        """,
        misconception="the real images' term is missing",
        hint="Count the expectations in equation (24), and say for each which images it is over.",
    ),
    wrong(
        "no-fake-term",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return -d(x_real).mean() + 10 * penalty
        """,
        misconception="the fake images' term is missing",
        hint="The critic has to tell two kinds of images apart. Which kind does your loss never show it by itself?",
    ),
    wrong(
        "fake-in-both-terms",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_fake).mean() + 10 * penalty
        """,
        misconception="the fakes stand in both terms, which cancel",
        hint="Set the penalty aside and print the rest: it is always zero. Read the two terms once more, letter by "
        "letter.",
    ),
    wrong(
        "mixed-instead-of-fake",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d_mixed = d(x_mixed)
        grad = torch.autograd.grad(d_mixed.sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d_mixed.mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the first expectation is taken over the mixed images instead of the fakes",
        hint="Equation (24) has two distributions with theta in their index, p and r. Which images belong to which?",
    ),
    wrong(
        "absolute-difference",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return -torch.abs(d(x_real).mean() - d(x_fake).mean()) + 10 * penalty
        """,
        misconception="the absolute value of the difference, as if the loss were a distance",
        hint="The critic's direction matters: real images above fakes. Can your loss tell a critic from its negative?",
    ),
    wrong(
        "squared-difference",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return (d(x_fake).mean() - d(x_real).mean()) ** 2 + 10 * penalty
        """,
        misconception="the difference of the two terms is squared",
        hint="Only one thing in equation (24) is squared. A critic that minimised your loss would make its two means "
        "equal: is that what a critic is for?",
    ),
    wrong(
        "least-squares",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return (d(x_real) - 1).square().mean() + d(x_fake).square().mean() + 10 * penalty
        """,
        misconception="least-squares targets of one and zero for the critic's values",
        hint="A Wasserstein critic has no targets to hit; only differences of its values count. See equation (22).",
    ),
    wrong(
        "hinge",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return F.relu(1 - d(x_real)).mean() + F.relu(1 + d(x_fake)).mean() + 10 * penalty
        """,
        misconception="a hinge loss instead of the difference of means",
        hint="Equation (24) is linear in the critic's values: nothing stops counting once a margin is reached.",
    ),
    wrong(
        "sigmoid-on-the-critic",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return torch.sigmoid(d(x_fake)).mean() - torch.sigmoid(d(x_real)).mean() + 10 * penalty
        """,
        misconception="the critic's values are squashed into probabilities in the difference",
        hint="Question 5c says what numbers the new D may give. Is it still the sigmoid of a logit?",
    ),
    wrong(
        "sigmoid-inside-the-penalty",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(torch.sigmoid(d(x_mixed)).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the penalty holds the slope of a sigmoid of the critic to one, not the critic's own",
        hint="Whose slope is to be one? A sigmoid is never steeper than a quarter of what goes in.",
    ),
    wrong(
        "cross-entropy-with-penalty",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean() + 10 * penalty
        """,
        **CROSS_ENTROPY,
    ),
    wrong(
        "bce-with-penalty",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        real, fake = d(x_real), d(x_fake)
        loss = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
        loss = loss + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        return loss + 10 * penalty
        """,
        **CROSS_ENTROPY,
    ),
    wrong(
        "critic-detached-on-fakes",
        """
        x_fake = g(z)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).detach().requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).detach().mean() - d(x_real).mean() + 10 * penalty
        """,
        **CRITIC_DETACHED,
    ),
    wrong(
        "critic-under-no-grad-on-fakes",
        """
        with torch.no_grad():
            x_fake = g(z)
            fake_score = d(x_fake).mean()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return fake_score - d(x_real).mean() + 10 * penalty
        """,
        **CRITIC_DETACHED,
    ),
    wrong(
        "critic-under-no-grad-on-reals",
        """
        with torch.no_grad():
            x_fake = g(z)
            real_score = d(x_real).mean()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - real_score + 10 * penalty
        """,
        misconception="the critic's values of the real images are computed without gradient",
        hint="Real images need no gradient, but the critic's parameters do: it learns from its values of real images.",
    ),
    # Wrong: lambda and the place of the penalty
    wrong(
        "lambda-missing",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + penalty
        """,
        misconception="the penalty's weight lambda is left out",
        hint="A hyperparameter stands before the last expectation of equation (24). The handout says what it is here.",
    ),
    wrong(
        "lambda-a-tenth",
        """
        lambda_gp = 0.1
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + lambda_gp * penalty
        """,
        misconception="the penalty is divided by ten instead of multiplied",
        hint="Compare your lambda with the one below equation (24). Is the penalty meant to be strong or faint?",
    ),
    wrong(
        "lambda-on-everything",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return 10 * (d(x_fake).mean() - d(x_real).mean() + penalty)
        """,
        misconception="lambda multiplies the whole loss",
        hint="How far does lambda reach in equation (24)? Check your brackets.",
    ),
    wrong(
        "lambda-on-the-difference",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return 10 * (d(x_fake).mean() - d(x_real).mean()) + penalty
        """,
        misconception="lambda multiplies the difference of the critic's values instead of the penalty",
        hint="Which of the three expectations in equation (24) does lambda stand before?",
    ),
    wrong(
        "lambda-inside-the-square",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(10 * d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + penalty
        """,
        misconception="lambda multiplies the gradient instead of the penalty, and asks for a slope of a tenth",
        hint="At which slope is your penalty zero? It should be one, whatever lambda is.",
    ),
    wrong(
        "penalty-subtracted",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() - 10 * penalty
        """,
        misconception="the penalty is subtracted, so that steep critics are rewarded",
        hint="A penalty should make the loss worse. Does yours go up or down as the critic gets steeper?",
    ),
    wrong(
        "no-penalty",
        """
        x_fake = g(z).detach()
        return d(x_fake).mean() - d(x_real).mean()
        """,
        misconception="there is no penalty at all: this is the loss of question 5c",
        hint="Question 5c is about why this loss alone has no minimum. Equation (24) has one expectation more.",
    ),
    wrong(
        "weights-clipped-instead",
        """
        for p in d.parameters():
            p.data.clamp_(-0.01, 0.01)
        x_fake = g(z).detach()
        return d(x_fake).mean() - d(x_real).mean()
        """,
        misconception="the critic's weights are clipped instead of its gradient penalised",
        hint="That is the first Wasserstein GAN. Equation (24) replaces it, and a loss should leave parameters alone.",
    ),
    # Wrong: the penalty and autograd
    wrong(
        "create-graph-missing",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "retain-graph-instead-of-create-graph",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d_mixed = d(x_mixed)
        grad = torch.autograd.grad(
            d_mixed, x_mixed, grad_outputs=torch.ones_like(d_mixed), create_graph=False, retain_graph=True
        )[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "backward-without-create-graph",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d(x_mixed).sum().backward(retain_graph=True)
        penalty = ((x_mixed.grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "gradient-detached",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0].detach()
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "gradient-data",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d(x_mixed).sum().backward(create_graph=True)
        norm = x_mixed.grad.data.view(x_real.shape[0], -1).norm(2, dim=1)
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "penalty-item",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty.item()
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "norm-under-no-grad",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        with torch.no_grad():
            penalty = 10 * ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "jacobian-without-create-graph",
        """
        from torch.autograd.functional import jacobian

        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = jacobian(lambda x: d(x).sum(), x_mixed)
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "gradient-under-no-grad",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        with torch.no_grad():
            grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed)[0]
            penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the critic is called under no_grad for the penalty, where nothing can be differentiated",
        hint="The error says that there is no graph to go back through. Which line told PyTorch not to record one?",
    ),
    wrong(
        "points-without-requires-grad",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="autograd is not told that a gradient for the mixed images will be wanted",
        hint="By default autograd keeps track of parameters, not of data. The error names the tensor it cannot "
        "differentiate for: how do you ask PyTorch to follow it?",
    ),
    wrong(
        "requires-grad-after-the-critic",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        d_mixed = d(x_mixed)
        x_mixed.requires_grad_()
        grad = torch.autograd.grad(d_mixed.sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_WAY_TO_POINTS,
    ),
    wrong(
        "critic-of-a-detached-copy",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed.detach()).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NO_WAY_TO_POINTS,
    ),
    wrong(
        "unused-points-materialised",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        score = d(x_mixed.data).sum()
        grad = torch.autograd.grad(score, x_mixed, create_graph=True, allow_unused=True, materialize_grads=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **CONSTANT_PENALTY,
    ),
    wrong(
        "grad-outputs-zeros",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d_mixed = d(x_mixed)
        grad = torch.autograd.grad(d_mixed, x_mixed, grad_outputs=torch.zeros_like(d_mixed), create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **CONSTANT_PENALTY,
    ),
    wrong(
        "grad-outputs-the-values",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d_mixed = d(x_mixed)
        grad = torch.autograd.grad(d_mixed, x_mixed, grad_outputs=d_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="each image's gradient is scaled by the critic's value of it: wrong grad_outputs",
        hint="grad_outputs weighs the values that are differentiated. Which weights turn it into the plain sum?",
    ),
    wrong(
        "gradient-of-a-vector",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a vector of critic values is differentiated without saying how to add them up",
        hint="torch.autograd.grad wants one number to differentiate. The handout's hint names one that works for all "
        "images at once.",
    ),
    wrong(
        "gradient-arguments-swapped",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        scores = d(x_mixed)
        grad = torch.autograd.grad(x_mixed, scores, grad_outputs=torch.ones_like(scores), create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the images are differentiated by the critic's values: arguments of grad the wrong way round",
        hint="In the signature of torch.autograd.grad, which comes first: what is differentiated, or what by?",
    ),
    wrong(
        "gradient-still-a-tuple",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the tuple that grad returns is taken for a tensor",
        hint="torch.autograd.grad can differentiate by many tensors at once, and answers in kind. What does it give "
        "back for one?",
    ),
    wrong(
        "gradient-of-the-mean",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).mean(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the gradient of the mean of the critic's values: each norm is too small by the batch size",
        hint="Does an image's gradient get smaller in a bigger batch? It should not; see the handout's last hint.",
    ),
    wrong(
        "gradient-of-the-first-value",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed)[0], x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="only the first image's value is differentiated; the others' gradients are zero",
        hint="Print the norms of the gradients for a batch of four. Why are all but one of them zero?",
    ),
    wrong(
        "gradient-by-parameters",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grads = torch.autograd.grad(d(x_mixed).mean(), list(d.parameters()), create_graph=True)
        norm = torch.cat([grad.flatten() for grad in grads]).norm()
        return d(x_fake).mean() - d(x_real).mean() + 10 * (norm - 1) ** 2
        """,
        misconception="the gradient is taken by the critic's parameters instead of by its input",
        hint="In question 5d a derivative of D with respect to x is held between -1 and 1. What is the nabla of "
        "equation (24) with respect to?",
    ),
    wrong(
        "gradient-by-real-images",
        """
        x_fake = g(z).detach()
        x_real = x_real.clone().requires_grad_()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.autograd.grad(d(x_mixed).sum(), x_real, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the gradient is taken by the real images instead of by the mixed ones",
        hint="By the chain rule your gradient carries one factor too many. At which images is the slope wanted?",
    ),
    wrong(
        "gradient-by-fake-images",
        """
        x_fake = g(z).detach().requires_grad_()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.autograd.grad(d(x_mixed).sum(), x_fake, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the gradient is taken by the fakes instead of by the mixed images",
        hint="The fakes only help to make the points. For which tensor do you ask autograd, and how far is it from "
        "the critic?",
    ),
    wrong(
        "gradient-by-weights-of-the-mix",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device).requires_grad_()
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.autograd.grad(d(x_mixed).sum(), a, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the gradient is taken by the mixing weights, which is the slope along the line only",
        hint="The critic's gradient at an image has one entry for each pixel. How many has yours?",
    ),
    wrong(
        "slope-between-real-and-fake",
        """
        x_fake = g(z).detach()
        real, fake = d(x_real), d(x_fake)
        slope = (fake - real).abs() / (x_fake - x_real).flatten(1).norm(dim=1)
        return fake.mean() - real.mean() + 10 * ((slope - 1) ** 2).mean()
        """,
        misconception="a difference quotient between a real and a fake image instead of a gradient",
        hint="Two values a long way apart tell little of the slope in between. Where does equation (24) want it?",
    ),
    # Wrong: the norm, the square and the mean
    wrong(
        "norm-not-squared-distance",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(2, dim=1) - 1).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **NOT_SQUARED,
    ),
    wrong(
        "power-before-minus",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = grad.flatten(1).norm(dim=1)
        return d(x_fake).mean() - d(x_real).mean() + 10 * torch.mean(norm - 1**2)
        """,
        **NOT_SQUARED,
    ),
    wrong(
        "squared-norm-minus-one",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(dim=1) ** 2 - 1).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the norm is squared before one is taken away, and the difference is not",
        hint="What happens first in equation (24), the minus one or the square? Your penalty is negative for a flat "
        "critic.",
    ),
    wrong(
        "square-root-forgotten",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = (grad**2).flatten(1).sum(dim=1)
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        misconception="the square of the norm is compared with one: its root is forgotten",
        hint="Try your norm on the vector (3, 4). It should be 5.",
    ),
    wrong(
        "absolute-distance",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(dim=1) - 1).abs().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **ABSOLUTE,
    ),
    wrong(
        "l1-loss-to-one",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = grad.flatten(1).norm(dim=1)
        return d(x_fake).mean() - d(x_real).mean() + 10 * F.l1_loss(norm, torch.ones_like(norm))
        """,
        **ABSOLUTE,
    ),
    wrong(
        "one-sided",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (F.relu(grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="only norms above one are penalised",
        hint="Equation (24) pulls the norm towards one from both sides. What does yours do to a critic that is too "
        "flat?",
    ),
    wrong(
        "target-zero",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(dim=1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the norm is pulled towards zero instead of one",
        hint="For which slope is your penalty smallest, and for which that of equation (24)?",
    ),
    wrong(
        "norm-of-the-batch",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.norm(2) - 1) ** 2
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **BATCH_NORM,
    ),
    wrong(
        "frobenius-norm-of-the-matrix",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((torch.linalg.norm(grad.flatten(1), ord="fro") - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **BATCH_NORM,
    ),
    wrong(
        "spectral-norm-of-the-matrix",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((torch.linalg.norm(grad.flatten(1), ord=2) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the spectral norm of the matrix of all gradients: ord=2 of a matrix",
        hint="For a matrix, ord=2 is its largest singular value. You want the length of each row by itself.",
    ),
    wrong(
        "norm-over-the-batch-dimension",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=0) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a norm over the batch for each pixel instead of over the pixels for each image",
        hint="The dimension named in a norm is the one that goes away. Which one should be left?",
    ),
    wrong(
        "norm-over-channels",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.norm(2, dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a norm over the channels only, one for each pixel: images are not flattened first",
        hint="Print the shape of your norms. It should be (B,); what is dimension 1 of an image batch?",
    ),
    wrong(
        "norm-over-rows",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.norm(dim=-1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a norm over the last dimension only, one for each row of pixels",
        hint="Count your norms for a batch of two images of 28 rows. There should be two.",
    ),
    wrong(
        "norm-over-height-and-width",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.norm(dim=(2, 3)) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **PER_CHANNEL_NORM,
    ),
    wrong(
        "matrix-norm-frobenius",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = torch.mean((torch.linalg.matrix_norm(grad, ord="fro") - 1) ** 2)
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **PER_CHANNEL_NORM,
    ),
    wrong(
        "matrix-norm-spectral",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = torch.mean((torch.linalg.norm(grad, ord=2, dim=(2, 3)) - 1) ** 2)
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the spectral norm of an image's gradient as a matrix instead of the Frobenius norm",
        hint="The handout says which norm is meant, below equation (24). The 2-norm of a matrix is something else "
        "than that of a vector.",
    ),
    wrong(
        "squeezed-batch",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0].squeeze()
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="squeeze drops the batch dimension as well when the batch is a single image",
        hint="Try your function on a batch of one, and print the gradient's shape after every step.",
    ),
    wrong(
        "root-mean-square",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = torch.sqrt((grad**2).mean(dim=(1, 2, 3)))
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        misconception="the root of the mean of the squares instead of the root of their sum",
        hint="Try your norm on the vector (3, 4). It should be 5.",
    ),
    wrong(
        "one-norm",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = grad.abs().sum(dim=(1, 2, 3))
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        misconception="the 1-norm of the gradient instead of the 2-norm",
        hint="What does the small index at the norm in equation (24) say?",
    ),
    wrong(
        "max-norm",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = grad.flatten(1).abs().max(dim=1).values
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        misconception="the largest entry of the gradient instead of its 2-norm",
        hint="Question 5d is about one variable, where the two agree. For many pixels, which norm is in (24)?",
    ),
    wrong(
        "sum-instead-of-norm",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = grad.flatten(1).sum(dim=1)
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        misconception="the sum of the gradient's entries is taken for its norm",
        hint="A length is never negative. What would your line give for the vector (3, -4)?",
    ),
    wrong(
        "one-taken-from-every-pixel",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="no norm: every entry of the gradient is compared with one",
        hint="Equation (24) wants the gradient to have length one, in any direction. Which direction does yours want?",
    ),
    wrong(
        "norm-of-the-gradient-minus-one",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad - 1).flatten(1).norm(dim=1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="one is taken from the gradient's entries, inside the norm",
        hint="Where does the norm end in equation (24), before the minus one or after it?",
    ),
    wrong(
        "norm-of-the-mean-gradient",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.mean(dim=0).norm() - 1) ** 2
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the gradients are averaged over the batch before the norm",
        hint="Gradients of different images may point in opposite directions. In equation (24), which comes first, "
        "the norm or the expectation?",
    ),
    wrong(
        "mean-norm-minus-one-squared",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(dim=1).mean() - 1) ** 2
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the norms are averaged first and squared after: only their mean is held to one",
        hint="Norms of zero and two have the mean one. Should they go without a penalty?",
    ),
    wrong(
        "epsilon-too-big",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        norm = grad.flatten(1).norm(dim=1) + 1e-3
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
        misconception="a guard against zero that is big enough to change the norm",
        hint="A small constant may keep a root away from zero, but must not show in the result. Compare it with the "
        "precision of float32.",
    ),
    wrong(
        "penalty-summed",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).sum()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the penalties of a batch are summed instead of averaged",
        hint="Repeat a batch twice over: should an expectation change? Yours does in its last term.",
    ),
    wrong(
        "difference-summed",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).sum() - d(x_real).sum() + 10 * penalty
        """,
        misconception="the critic's values are summed over the batch while the penalty is averaged",
        hint="The sum belongs to the trick for the gradients only. What stands around D in the first two terms?",
    ),
    wrong(
        "everything-summed",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(dim=1) - 1) ** 2
        return (d(x_fake) - d(x_real) + 10 * penalty).sum()
        """,
        misconception="a sum over the batch instead of a mean, in every term",
        hint="Repeat a batch twice over: the loss should stay what it is.",
    ),
    wrong(
        "mean-over-64",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).sum() / 64
        return d(x_fake).sum() / 64 - d(x_real).sum() / 64 + 10 * penalty
        """,
        **BATCH_64,
    ),
    # Wrong: the points of the penalty
    wrong(
        "penalty-at-real",
        """
        x_fake = g(z).detach()
        x = x_real.detach().clone().requires_grad_()
        d_real = d(x)
        grad = torch.autograd.grad(d_real.sum(), x, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d_real.mean() + 10 * penalty
        """,
        misconception="the penalty is taken at the real images",
        hint="The last expectation of equation (24) is over r_theta, and the sentence below says how to draw from it.",
    ),
    wrong(
        "penalty-at-fake",
        """
        x_fake = g(z).detach().requires_grad_()
        d_fake = d(x_fake)
        grad = torch.autograd.grad(d_fake.sum(), x_fake, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d_fake.mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the penalty is taken at the fakes",
        hint="The index theta does not make r the same as p. What does the sentence below equation (24) mix?",
    ),
    wrong(
        "penalty-at-both-ends",
        """
        x = torch.cat([g(z).detach(), x_real]).requires_grad_()
        scores = d(x)
        grad = torch.autograd.grad(scores.sum(), x, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        fake, real = scores.chunk(2)
        return fake.mean() - real.mean() + 10 * penalty
        """,
        misconception="the penalty is taken at all real and all fake images, none in between",
        hint="Between the real and the fake images lies the region that the penalty is for. How are points there made?",
    ),
    wrong(
        "zero-centred-at-real",
        """
        x_fake = g(z).detach()
        x = x_real.detach().clone().requires_grad_()
        d_real = d(x)
        grad = torch.autograd.grad(d_real.sum(), x, create_graph=True)[0]
        penalty = grad.square().flatten(1).sum(dim=1).mean()
        return d(x_fake).mean() - d_real.mean() + 10 / 2 * penalty
        """,
        misconception="another paper's penalty (R1): squared gradients at real images, with half of lambda",
        hint="There are many gradient penalties. Compare three things with equation (24): the points, the norm that "
        "is aimed at, and the factor.",
    ),
    wrong(
        "noise-around-real",
        """
        x_fake = g(z).detach()
        x = (x_real + 0.5 * x_real.std() * torch.rand_like(x_real)).detach().requires_grad_()
        grad = torch.autograd.grad(d(x).sum(), x, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the penalty is taken at real images with noise added, as another paper does (DRAGAN)",
        hint="Your points know nothing of the generator. r_theta in equation (24) does; see the sentence below it.",
    ),
    wrong(
        "noise-mixed-instead-of-images",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, device=device)
        z_mixed = a * z + (1 - a) * torch.randn_like(z)
        x_mixed = g(z_mixed).detach().requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="two noises are mixed instead of a fake and a real image",
        hint="What are x_1 and x_2 in the sentence below equation (24), and where do the real images come in?",
    ),
    wrong(
        "one-weight-for-the-batch",
        """
        x_fake = g(z).detach()
        a = torch.rand(1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **ONE_WEIGHT,
    ),
    wrong(
        "one-weight-of-python",
        """
        import random

        x_fake = g(z).detach()
        a = random.random()
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **ONE_WEIGHT,
    ),
    wrong(
        "one-weight-as-item",
        """
        x_fake = g(z).detach()
        a = torch.rand(1).item()
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **ONE_WEIGHT,
    ),
    wrong(
        "weight-for-each-pixel",
        """
        x_fake = g(z).detach()
        a = torch.rand_like(x_real)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **PIXEL_WEIGHTS,
    ),
    wrong(
        "weight-for-each-pixel-by-size",
        """
        x_fake = g(z).detach()
        a = torch.empty(x_real.size(), device=device).uniform_()
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **PIXEL_WEIGHTS,
    ),
    wrong(
        "weights-of-one-image",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[1:], device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="weights for the pixels of one image, shared by the whole batch",
        hint="You have a weight for each pixel and none for each image; it should be the other way round.",
    ),
    wrong(
        "weight-for-each-channel",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.size(0), x_real.size(1), 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a mixing weight for each channel of an image instead of one for the image",
        hint="Grey images hide this one. How many weights would a batch of colour images get from your line?",
    ),
    wrong(
        "normal-weights",
        """
        x_fake = g(z).detach()
        a = torch.randn(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="mixing weights from a normal distribution instead of a uniform one",
        hint="From which distribution does the handout draw alpha? One letter makes the difference in PyTorch.",
    ),
    wrong(
        "squashed-normal-weights",
        """
        x_fake = g(z).detach()
        a = torch.sigmoid(torch.randn(x_real.shape[0], 1, 1, 1, device=device))
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="mixing weights in [0, 1], but crowded around one half: a squashed normal distribution",
        hint="Draw a histogram of a thousand of your weights. Uniform means that it is flat.",
    ),
    wrong(
        "weights-from-minus-one",
        """
        x_fake = g(z).detach()
        a = torch.empty(x_real.shape[0], 1, 1, 1, device=device).uniform_(-1, 1)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="mixing weights from [-1, 1], the range of the pixels, instead of [0, 1]",
        hint="With a weight below zero the point leaves the line between the two images. Check the range of alpha.",
    ),
    wrong(
        "weights-up-to-two",
        """
        x_fake = g(z).detach()
        a = 2 * torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="mixing weights from [0, 2] instead of [0, 1]",
        hint="Beyond a weight of one the points lie behind the fake image. What range does torch.rand have by itself?",
    ),
    wrong(
        "always-half-way",
        """
        x_fake = g(z).detach()
        x_mixed = (0.5 * x_fake + 0.5 * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="no random weights: every point is half way between real and fake",
        hint="One half is only the mean of alpha. The whole line between the images should be visited.",
    ),
    wrong(
        "weights-zero-or-one",
        """
        x_fake = g(z).detach()
        a = torch.bernoulli(torch.full((x_real.shape[0], 1, 1, 1), 0.5, device=device))
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **COIN_WEIGHTS,
    ),
    wrong(
        "weights-by-randint",
        """
        x_fake = g(z).detach()
        a = torch.randint(0, 2, (x_real.shape[0], 1, 1, 1), device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **COIN_WEIGHTS,
    ),
    wrong(
        "weights-evenly-spaced",
        """
        x_fake = g(z).detach()
        a = torch.linspace(0, 1, x_real.shape[0], device=device).view(-1, 1, 1, 1)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="evenly spaced mixing weights, not random ones",
        hint="The first image of a batch always gets the same weight. Sampling means that each call differs.",
    ),
    wrong(
        "weights-seeded",
        """
        x_fake = g(z).detach()
        torch.manual_seed(0)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **SAME_WEIGHTS,
    ),
    wrong(
        "weights-from-a-seeded-generator",
        """
        x_fake = g(z).detach()
        stream = torch.Generator().manual_seed(0)
        a = torch.rand(x_real.shape[0], 1, 1, 1, generator=stream).to(device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **SAME_WEIGHTS,
    ),
    wrong(
        "weights-drawn-twice",
        """
        n = x_real.shape[0]
        x_fake = g(z).detach()
        x_mixed = torch.rand(n, 1, 1, 1, device=device) * x_fake + (1 - torch.rand(n, 1, 1, 1, device=device)) * x_real
        x_mixed.requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="two independent random weights, which do not add up to one",
        hint="alpha appears twice in the sentence below equation (24), and is one number. How often do you draw?",
    ),
    wrong(
        "same-weight-on-both",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + a * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="both images get the weight alpha",
        hint="What do the two weights of a point between two images add up to?",
    ),
    wrong(
        "one-plus-weight",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 + a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="one plus alpha instead of one minus alpha in the mix",
        hint="Mix an image with itself: the result should be that image. Is it?",
    ),
    wrong(
        "minus-between-the-images",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake - (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the weighted images are subtracted instead of added",
        hint="At alpha = 0 your point should be a real image, and it is its negative.",
    ),
    wrong(
        "away-from-fake",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (x_real + a * (x_real - x_fake)).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the step from the real image leads away from the fake one",
        hint="Where does your point end up at alpha = 1? Draw the two images as dots on a line.",
    ),
    wrong(
        "weights-of-shape-b",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="weights of shape (B,) are lined up with the columns of an image, not with the batch",
        hint="Broadcasting lines up shapes from the right. What should follow the B in the shape of your weights?",
    ),
    wrong(
        "weights-of-shape-b-1",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="weights of shape (B, 1) are lined up with the rows of an image, not with the batch",
        hint="Image batches have four dimensions, your weights two. Which two dimensions do they meet?",
    ),
    wrong(
        "weights-for-64-images",
        """
        x_fake = g(z).detach()
        a = torch.rand(64, 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **BATCH_64,
    ),
    wrong(
        "pixels-hardwired",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.view(-1, 28 * 28).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the number of pixels is written down as 28 x 28",
        hint="The shape of x_real tells all sizes that you need. Try the function on smaller images.",
    ),
    # Wrong: noise
    wrong(
        "uniform-noise",
        """
        z = torch.rand(x_real.shape[0], g.dim_z, device=device)
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the generator's noise is drawn anew from a uniform distribution",
        hint="There are two random things here, z and alpha, and each has its own distribution. z was ready for you.",
    ),
    wrong(
        "zero-noise",
        """
        x_fake = g(torch.zeros_like(z)).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the generator gets zeros instead of noise",
        hint="p_theta is a whole distribution of images. How many different images can your generator make here?",
    ),
    wrong(
        "one-noise-for-the-batch",
        """
        z = torch.randn(1, g.dim_z, device=device).repeat(x_real.shape[0], 1)
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="one noise vector is repeated for the whole batch",
        hint="Look at the fakes of one batch: they are all the same image. The z above your lines was fine.",
    ),
    wrong(
        "noise-like-images",
        """
        x_fake = g(torch.randn_like(x_real)).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the generator gets noise of an image's shape",
        hint="What size of input does g ask for? It says so itself, and z above your lines has it.",
    ),
    # Wrong: what is left behind
    wrong(
        "real-images-left-requiring-gradient",
        """
        x_fake = g(z).detach()
        x_real.requires_grad_()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = a * x_fake + (1 - a) * x_real
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the caller's real images are left requiring gradients",
        hint="The batch belongs to the caller. Which tensor of your own could carry the gradient instead?",
    ),
    wrong(
        "real-images-mixed-in-place",
        """
        x_fake = g(z).detach()
        real_score = d(x_real).mean()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = x_real.mul_(1 - a).add_(a * x_fake).detach().requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - real_score + 10 * penalty
        """,
        misconception="the mix is written over the real images after the critic has seen them",
        hint="A trailing underscore means that the tensor itself changes. Who else still needs x_real?",
    ),
    wrong(
        "real-images-mixed-in-place-too-early",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = x_real.lerp_(x_fake, a).detach().requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the mix is written over the real images, which the real term then takes for real ones",
        hint="Print x_real before and after your lines. Which call changes its first argument?",
    ),
    wrong(
        "critic-left-in-eval",
        """
        d.eval()
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the critic is left in evaluation mode",
        hint="A loss should leave the networks as it found them, or the next step trains something else.",
    ),
    wrong(
        "generator-left-in-eval",
        """
        g.eval()
        with torch.no_grad():
            x_fake = g(z)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the generator is left in evaluation mode",
        hint="Its batch norm now stops learning, and no line sets that right. Is evaluation mode needed to keep "
        "gradients out?",
    ),
    wrong(
        "generator-left-frozen",
        """
        for p in g.parameters():
            p.requires_grad = False
        x_fake = g(z)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the generator's parameters are left frozen",
        hint="The generator's turn comes next, and it cannot learn any more. Is there a way to cut off the fakes only?",
    ),
    wrong(
        "critic-frozen-for-the-penalty",
        """
        x_fake = g(z).detach()
        difference = d(x_fake).mean() - d(x_real).mean()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        d.requires_grad_(False)
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        d.requires_grad_(True)
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return difference + 10 * penalty
        """,
        **NO_SECOND_ORDER,
    ),
    wrong(
        "backward-inside-the-loss",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        loss.backward()
        return loss
        """,
        misconception="the loss is differentiated inside the function, and its graph is gone when the caller needs it",
        hint="Whose job is the backward pass of the whole loss? This function only says what is to be minimised.",
    ),
    # Wrong: devices
    wrong(
        "weights-on-the-default-device",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **WEIGHTS_ELSEWHERE,
    ),
    wrong(
        "weights-as-tensor-of-an-array",
        """
        import numpy as np

        x_fake = g(z).detach()
        a = torch.Tensor(np.random.random((x_real.size(0), 1, 1, 1)))
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **WEIGHTS_ELSEWHERE,
    ),
    wrong(
        "weights-as-float-tensor",
        """
        x_fake = g(z).detach()
        a = torch.FloatTensor(x_real.size(0), 1, 1, 1).uniform_(0, 1)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **WEIGHTS_ELSEWHERE,
    ),
    wrong(
        "grad-outputs-on-the-default-device",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        ones = torch.ones(x_real.shape[0])
        grad = torch.autograd.grad(d(x_mixed), x_mixed, grad_outputs=ones, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the ones of grad_outputs are made on the default device",
        hint="Every tensor that you make has to live where the others do. There are functions that copy the shape and "
        "the place of a given tensor.",
    ),
    wrong(
        "noise-on-the-default-device",
        """
        z = torch.randn(x_real.shape[0], g.dim_z)
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the noise is drawn anew on the default device",
        hint="The z above your lines is where it should be. What does yours leave out?",
    ),
    wrong(
        "weights-on-cuda",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1).cuda()
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a GPU is taken for granted",
        hint="The autograder has no GPU. Which argument of the function says where to work?",
    ),
    # Wrong: what is returned
    wrong(
        "difference-for-each-image",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake) - d(x_real) + 10 * penalty
        """,
        **PER_IMAGE,
    ),
    wrong(
        "penalty-for-each-image",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = (grad.flatten(1).norm(dim=1) - 1) ** 2
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **PER_IMAGE,
    ),
    wrong(
        "one-element-vector",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean(dim=0, keepdim=True)
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="a vector of one element is returned instead of a scalar",
        hint="Print the shape of the result: torch.Size([1]) is not torch.Size([]).",
    ),
    wrong(
        "tuple-with-penalty",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        return loss, penalty
        """,
        misconception="a pair of loss and penalty is returned",
        hint="The training loop expects one number to minimise. See what the docstring says of the result.",
    ),
    wrong(
        "python-number",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return (d(x_fake).mean() - d(x_real).mean() + 10 * penalty).item()
        """,
        misconception="a Python number is returned, which has no gradient",
        hint="The training loop will call backward on what you return. Can a plain number do that?",
    ),
    wrong(
        "new-tensor-of-the-value",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        return torch.tensor(loss.item(), device=device, requires_grad=True)
        """,
        misconception="the loss is copied into a new tensor, which knows nothing of the critic",
        hint="requires_grad makes a tensor a new beginning, not a link to what it was computed from.",
    ),
    wrong(
        "no-return",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        grad = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)[0]
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the loss is computed but not returned",
        hint="Python gives None back where a function ends without saying what its result is.",
    ),
    right(
        "critic-called-twice-on-the-points",
        """
        x_fake = g(z)
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_hat = (a * x_fake + (1 - a) * x_real).detach().requires_grad_(True)
        grad = torch.autograd.grad(
            outputs=d(x_hat),
            inputs=x_hat,
            grad_outputs=torch.ones_like(d(x_hat)),
            create_graph=True,
            retain_graph=True,
        )[0]
        norm = grad.reshape(len(grad), -1).norm(2, dim=1)
        return d(x_fake).mean() - d(x_real).mean() + 10 * ((norm - 1) ** 2).mean()
        """,
    ),
    wrong(
        "weights-sampled-from-a-distribution-on-the-cpu",
        """
        x_fake = g(z).detach()
        a = torch.distributions.Uniform(0.0, 1.0).sample((x_real.shape[0], 1, 1, 1))
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the mixing weights are drawn on a fixed device, not on the one given",
        hint="The function is told on which device to work. Which of its tensors does not know about that?",
    ),
    wrong(
        "all-mixed-with-the-first-real-image",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real[:1]).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="every generated image is mixed with the same real one",
        hint="The points of the penalty lie between generated and real images. How many real images of the batch "
        "does your mixture use?",
    ),
    wrong(
        "weights-in-rising-order",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], device=device).sort().values.view(-1, 1, 1, 1)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="the mixing weights are sorted, so that the place in the batch gives the weight",
        hint="Each image gets a number of its own that has nothing to do with where it stands in the batch.",
    ),
    right(
        "weights-expanded-then-moved",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1).expand_as(x_real).to(device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    right(
        "weights-of-the-type-of-the-images",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1).type(x_real.type())
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    right(
        "weights-to-cuda-if-the-images-are",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1)
        a = a.cuda() if x_real.is_cuda else a
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    *(
        right(
            f"weights-{name}",
            f"a = torch.rand(len(x_real), 1, 1, 1)\n{moved}\nx_fake = g(z).detach()\n{PENALTY}{RESULT}",
        )
        for name, moved in {
            "to-cuda-if-the-device-is-of-its-type": "if device.type == 'cuda': a = a.cuda()",
            "moved-unless-the-device-is-a-cpu": "if device.type != 'cpu': a = a.to(device)",
            "to-cuda-if-the-devices-name-says-so": "if 'cuda' in str(device): a = a.cuda()",
            "to-cuda-if-the-images-device-is-of-its-type": "if x_real.device.type == 'cuda': a = a.cuda()",
            "to-the-number-of-the-images-device": "if x_real.get_device() >= 0: a = a.to(x_real.get_device())",
        }.items()
    ),
    wrong(
        "weights-on-cuda-if-there-is-any",
        DRAWN.replace("device=device", "device='cuda' if torch.cuda.is_available() else 'cpu'") + PENALTY + RESULT,
        **WEIGHTS_ELSEWHERE,
    ),
    right(
        "fakes-made-anew-for-the-points",
        """
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * g(z).detach() + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(g(z).detach()).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    wrong(
        "clamped-values",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).clamp(-20, 20).mean() - d(x_real).clamp(-20, 20).mean() + 10 * penalty
        """,
        misconception="the critic's values are clamped",
        hint="A critic's values may be any numbers. What gradient does it get where they are cut off?",
    ),
    wrong(
        "clamped-norm",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1).clamp(max=20) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **CLAMPED_PENALTY,
    ),
    right(
        "weights-on-cuda-if-the-images-are",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device="cuda" if x_real.is_cuda else "cpu")
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    right(
        "penalty-of-a-copy-that-shares",
        """
        import copy

        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(copy.copy(d)(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    wrong(
        "weights-kept",
        """
        x_fake = g(z).detach()
        a = d.__dict__.setdefault("kept", torch.rand(x_real.shape[0], 1, 1, 1, device=device))
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **DRAWN_ONCE,
    ),
    wrong(
        "penalty-a-mean-of-means",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        each = (grad.flatten(1).norm(dim=1) - 1) ** 2
        penalty = torch.stack([part.mean() for part in each.split(128)]).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **MEAN_OF_MEANS,
    ),
    wrong(
        "norm-kept-from-zero",
        """
        x_fake = g(z).detach()
        a = torch.rand(x_real.shape[0], 1, 1, 1, device=device)
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = ((grad.flatten(1).norm(dim=1).clamp(min=0.1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        misconception="norms below a limit are not penalised",
        hint="What is the gradient of your penalty where d is nearly flat, as at the start of training?",
    ),
    wrong(
        "antithetic-weights",
        """
        x_fake = g(z).detach()
        u = torch.rand((x_real.shape[0] + 1) // 2, 1, 1, 1, device=device)
        a = torch.cat([u, 1 - u])[: x_real.shape[0]]
        x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = ((grad.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
        **DEPENDENT,
    ),
    wrong(
        "weights-kept-from-the-ends",
        DRAWN.replace("torch.rand", "0.04 + 0.92 * torch.rand") + PENALTY + RESULT,
        misconception="mixing weights stay away from 0 and 1",
        hint="How near to a real image does the penalty reach, of a thousand? How near do the equation's weights come?",
    ),
    wrong(
        "pixels-of-the-fakes-shuffled",
        DRAWN + PENALTY + "x_fake = x_fake.gather(0, torch.rand_like(x_fake).argsort(0))\n" + RESULT,
        **SCRAMBLED,
    ),
    wrong(
        "real-images-pieced-together",
        DRAWN + PENALTY + "x_real = torch.cat([x_real[..., :1], x_real.roll(1, 0)[..., 1:]], dim=-1)\n" + RESULT,
        **SCRAMBLED,
    ),
    # As good as others: each is uniform, and the mean over a batch less noisy.
    right(
        "weights-stratified",
        DRAWN + "a = (torch.randperm(len(a), device=device).view_as(a) + a) / len(a)\n" + PENALTY + RESULT,
    ),
    right(
        "shapes-looked-at-on-zeros",
        "assert d(torch.zeros_like(x_real)).shape == (len(x_real),)\n" + DRAWN + PENALTY + RESULT,
    ),
    right(
        "mixed-on-the-cpu",
        """
        a = torch.rand(len(x_real), 1, 1, 1)
        x_fake = g(z).detach()
        x_mixed = (a * x_fake.cpu() + (1 - a) * x_real.cpu()).to(device).requires_grad_()
        (grad,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
        penalty = (grad.flatten(start_dim=1).norm(dim=1) - 1).square().mean()
        return d(x_fake).mean() - d(x_real).mean() + 10 * penalty
        """,
    ),
    wrong(
        "penalty-bounded",
        DRAWN + PENALTY + "penalty = penalty.clamp(max=100)\n" + RESULT,
        **CLAMPED_PENALTY,
    ),
    wrong(
        "gradient-clamped",
        DRAWN + PENALTY.replace("grad.flatten", "grad.clamp(-10, 10).flatten") + RESULT,
        **CLAMPED_PENALTY,
    ),
    wrong(
        "squeezed-to-one-norm-a-row",
        DRAWN + PENALTY.replace("grad.flatten", "grad.squeeze().flatten") + RESULT,
        misconception="squeeze drops the batch dimension of a single image",
        hint="Call your function on one image of one channel, and print the shape of what you take the norm of.",
    ),
]
