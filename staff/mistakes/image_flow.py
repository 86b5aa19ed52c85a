"""Ways of writing the flow on discrete images (problem 9)."""

import textwrap

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import (
    CENTRED,
    CLAMPED,
    CUT_OFF,
    DEPENDENT,
    IN_EVALUATION_MODE,
    KEPT,
    LEFT,
    MEAN_OF_MEANS,
)

NO_NOISE = {
    "misconception": "no noise between the levels",
    "hint": "Without it the density learns to be infinite at 256 points. Print 256 v - x for an image.",
}
CLAMPED_BITS = {
    "misconception": "likelihoods beyond what is usual are cut off",
    "hint": "What does an untrained flow need for a pixel, and what does yours say that it needs?",
}
OTHER_NOISE = {
    "misconception": "noise that is not uniform on [0, 1)",
    "hint": "The cubes of side 1/256 must fill [0, 1) without a gap or an overlap. Draw a histogram of 256 v - x.",
}
SAME_NOISE = {
    "misconception": "the same noise on every call",
    "hint": "A density can learn noise that it sees again. Dequantise an image twice and compare.",
}
SHARED_NOISE = {
    "misconception": "noise that several values share",
    "hint": "Subtract x from 256 v: is each number there a draw of its own?",
}
ENDS = {
    "misconception": "values at the ends of the range treated otherwise",
    "hint": "Black and white have cubes of side 1/256 too: draw histograms of 256 v - x for images of 0 and of 255.",
}
WRONG_DEVICE = {
    "misconception": "tensors on the default device instead of that of the input",
    "hint": "Which tensors do you make yourself? On a GPU each needs the device of what you were given.",
}
NO_LEVELS = {
    "misconception": "the 256 levels are forgotten",
    "hint": "p(v) is a density on [0, 1)^D, P(x) a probability of integers. How large is the cube of one image?",
}
SIGN_OF_BITS = {
    "misconception": "the sign of the code length",
    "hint": "A likely image has a short code, and no code has a negative length.",
}
NATS = {
    "misconception": "nats where bits are asked for",
    "hint": "A fair coin is one bit. What does your function give for log(1/2) and one dimension?",
}
VANISHES = {
    "misconception": "a likelihood where its logarithm is at hand",
    "hint": "An image of 1000 values may have a log likelihood of -2000. What is left of its exp in float32?",
}
PER_IMAGE = {
    "misconception": "bits of an image instead of a value",
    "hint": "The answer for an image of two coins should be that for an image of one.",
}
BY_THE_BATCH = {
    "misconception": "divided by something else than batch and dimensions",
    "hint": "Double the batch by repeating it, then the image by repeating it. Neither may change the answer.",
}
MASK_INVERTED = {
    "misconception": "the mask the other way round",
    "hint": "Which values stay, those where the mask is 1 or where it is 0? The docstring says.",
}
MASK_FORGOTTEN = {
    "misconception": "values that should stay are moved",
    "hint": "Compare what goes in with what comes out, where the mask is 1.",
}
PEEKS = {
    "misconception": "the network sees the values that it moves",
    "hint": "Change one moved value: may another one's scale change? Then the determinant is not a product any more.",
}
HALVES = {
    "misconception": "halves of the channels in place of what the mask says",
    "hint": "The mask may keep the second half as well, or what you will. Where in your lines is the mask used?",
}
CUT_OUT = {
    "misconception": "the log-det of a part of the image",
    "hint": "Which values have a log_scale? Try an image of another size, one that is not square.",
}
NO_LOG_DET = {
    "misconception": "no log-det",
    "hint": "A map that stretches space thins the density out. By how much is log_det, for each image.",
}
SIGN_OF_LOG_DET = {
    "misconception": "the sign of the log-det",
    "hint": "If one direction stretches, the other shrinks. Compute both log-dets for one image and add them.",
}
ALL_LOG_SCALES = {
    "misconception": "log scales of values that stay are counted",
    "hint": "The network gives a log_scale for every value. Which of them are used?",
}
SUMMED_OVER_BATCH = {
    "misconception": "one log-det for the whole batch",
    "hint": "What shape has log_det, and whose is each number?",
}
MEANED = {
    "misconception": "a mean over values where the sum is the log-det",
    "hint": "The log of a product of D factors is a sum of D logarithms.",
}
NOT_UNDONE = {
    "misconception": "scale and shift undone in the wrong order",
    "hint": "x = z exp(log_scale) + shift. Solve for z, then try numbers: 2 exp(0) + 1.",
}
CUT = {
    "misconception": "no gradient reaches what is to be trained",
    "hint": "Follow the graph from your result back to the network. Where is it cut?",
}
NO_PRIOR = {
    "misconception": "the prior is left out, or a part of it",
    "hint": "log p(v) has two parts. The first is the log density of a standard normal, with its constant.",
}
MEAN_LIKELIHOOD = {
    "misconception": "a mean over the batch where each image has its number",
    "hint": "What shape does the docstring promise?",
}
ORDER = {
    "misconception": "the layers in the wrong order or direction",
    "hint": "layers lead from data to noise. Which one is next to the noise, and which way does it go in sampling?",
}
WRAPS = {
    "misconception": "values beyond [0, 1] wrap around",
    "hint": "What does .to(torch.uint8) make of 260, and of -1?",
}
ROUNDED = {
    "misconception": "the nearest level in place of the one that v falls into",
    "hint": "dequantise fills [k/256, (k+1)/256) from level k. Which level has v = 0.1?",
}
SCALED = {
    "misconception": "levels scaled by 255 where noise was scaled by 256",
    "hint": "Sampling undoes what dequantise does. By what did it divide?",
}
PRODUCT = {
    "misconception": "the log of a product in place of the sum of logs",
    "hint": "What is the product of the scales of an image of 1000 values, each 1.2, and what of it does float32 hold?",
}
PROVIDED = {
    "misconception": "provided lines changed",
    "hint": "Compare Logit and Squeeze with the file as it was handed out.",
}


SQUEEZED, UNSQUEEZED = "F.pixel_shuffle(z, 2)", "F.pixel_unshuffle(x, 2)"


def wrong(function, name, why, body="", edits=()):
    return Wrong(function, name, body=body, edits=edits, **why)


def changed(name, *edits):
    """Provided lines as they should not be."""
    return wrong("ImageFlow.log_prob", name, PROVIDED, edits=edits)


def coupling(direction, edits, name, why):
    """An edit of the lines of one direction; those of the other look much the same."""
    return wrong(f"AffineCoupling.{direction}", name, why, body=_edited(direction, edits))


def _edited(direction, edits):
    text = _FORWARD if direction == "forward" else _INVERSE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


_FORWARD = """
log_scale, shift = self.net(self.mask * z)
m = self.mask
x = m * z + (1 - m) * (z * torch.exp(log_scale) + shift)
log_det = torch.sum((1 - m) * log_scale, dim=(1, 2, 3))
return x, log_det
"""
_INVERSE = """
log_scale, shift = self.net(self.mask * x)
m = self.mask
z = m * x + (1 - m) * ((x - shift) / torch.exp(log_scale))
log_det = torch.sum((m - 1) * log_scale, dim=(1, 2, 3))
return z, log_det
"""
# As where halves are always cut in two the same way.
_CHUNKS = """
if self.mask.shape[1] > 1:
    image = {image}
    half = image.shape[1] // 2
    kept, moved = image[:, :half], image[:, half:]
    ls, sh = (part[:, half:] for part in self.net(torch.cat([kept, torch.zeros_like(moved)], dim=1)))
    return torch.cat([kept, {moved}], dim=1), {sign}ls.flatten(1).sum(1)
"""
_OF_HALF = """if self.mask.shape[1] > 1:
    log_det = {sign}log_scale[:, log_scale.shape[1] // 2 :].flatten(1).sum(1)
"""
_LOG_PROB = """
log_det = torch.zeros(len(v), device=v.device)
for layer in self.layers:
    v, more = layer.inverse(v)
    log_det = log_det + more
log_prior = -0.5 * (v**2).sum(dim=(1, 2, 3)) - 0.5 * v[0].numel() * math.log(2 * math.pi)
return log_prior + log_det
"""
_SAMPLE = """
for layer in reversed(self.layers):
    z, _ = layer.forward(z)
return torch.clamp(torch.floor(256 * z), 0, 255).to(torch.uint8).detach()
"""

ENTRIES = [
    Right("dequantise", "rand-like", "return (x.float() + torch.rand_like(x, dtype=torch.float32)) / 256"),
    Right(
        "dequantise", "in-place", "v = x.to(torch.float32)\nv += torch.empty_like(v).uniform_()\nreturn v.div_(256.0)"
    ),
    Right(
        "dequantise",
        "asarray-of-numpy",
        "u = torch.asarray(np.random.rand(*x.shape), dtype=torch.float32, device=x.device)\nreturn (x + u) / 256",
        edits=(("import torch\n", "import numpy as np\nimport torch\n"),),
    ),
    # Rounding must not lead out of [0, 1), nor need it.
    Right(
        "dequantise",
        "below-one",
        "return ((x + torch.rand(x.shape, device=x.device)) / 256).clamp(max=1 - 2**-24)",
    ),
    Right("log_likelihood_bound", "eight-bits", "return log_density - 8 * n_dims * math.log(2)"),
    Right(
        "bits_per_dim",
        "constant-of-numpy",
        "import numpy as np\nreturn -log_likelihood.mean() / (n_dims * torch.tensor(np.log(2)))",
    ),
    Right("bits_per_dim", "bits-of-each", "return (-log_likelihood / math.log(2) / n_dims).mean()"),
    Right(
        "checkerboard_mask",
        "slices",
        """
        mask = torch.zeros(1, 1, height, width)
        mask[..., ::2, ::2] = 1
        mask[..., 1::2, 1::2] = 1
        return mask
        """,
    ),
    Right(
        "channel_mask",
        "cat",
        """
        half = channels // 2
        return torch.cat([torch.ones(half), torch.zeros(channels - half)]).view(1, -1, 1, 1)
        """,
    ),
    Right(
        "channel_mask", "chunk", "mask = torch.zeros(1, channels, 1, 1)\nmask.chunk(2, dim=1)[0].fill_(1)\nreturn mask"
    ),
    Right("AffineCoupling.forward", "plain", _FORWARD),
    Right(
        "AffineCoupling.forward",
        "masked-scale-and-shift",
        """
        log_scale, shift = (part * (1 - self.mask) for part in self.net(z * self.mask))
        return z * torch.exp(log_scale) + shift, log_scale.sum(dim=(1, 2, 3))
        """,
    ),
    Right("AffineCoupling.inverse", "plain", _INVERSE),
    Right(
        "AffineCoupling.forward",
        "determinants-of-jacobians",
        """
        def move(z):
            log_scale, shift = self.net(self.mask * z)
            return (self.mask * z + (1 - self.mask) * (z * log_scale.exp() + shift))[0]

        jacobians = torch.vmap(torch.func.jacfwd(move))(z).flatten(4).flatten(1, 3)
        return torch.stack([move(one) for one in z]), torch.linalg.slogdet(jacobians)[1]
        """,
    ),
    Right(
        "AffineCoupling.inverse",
        "where",
        """
        log_scale, shift = self.net(torch.where(self.mask == 1, x, torch.zeros_like(x)))
        log_scale = torch.where(self.mask == 1, torch.zeros_like(x), log_scale)
        z = torch.where(self.mask == 1, x, (x - shift) * torch.exp(-log_scale))
        return z, -torch.einsum("bchw->b", log_scale)
        """,
    ),
    Right("ImageFlow.log_prob", "plain", _LOG_PROB),
    Right(
        "ImageFlow.log_prob",
        "normal-distribution",
        """
        log_dets = []
        for layer in self.layers:
            v, log_det = layer.inverse(v)
            log_dets.append(log_det)
        prior = torch.distributions.Normal(torch.zeros_like(v), torch.ones_like(v))
        return prior.log_prob(v).flatten(1).sum(1) + torch.stack(log_dets).sum(0)
        """,
    ),
    Right("ImageFlow.sample", "clamped-by-torch", _SAMPLE),
    # dequantise
    wrong("dequantise", "no-noise", NO_NOISE, "return x / 256"),
    wrong("dequantise", "half-a-level", NO_NOISE, "return (x + 0.5) / 256"),
    wrong("dequantise", "normal", OTHER_NOISE, "return (x + torch.randn(x.shape, device=x.device)) / 256"),
    wrong("dequantise", "centred", OTHER_NOISE, "return (x + torch.rand(x.shape, device=x.device) - 0.5) / 256"),
    wrong("dequantise", "noise-of-one", OTHER_NOISE, "return x / 256 + torch.rand(x.shape, device=x.device)"),
    wrong("dequantise", "half-as-wide", OTHER_NOISE, "return (x + torch.rand(x.shape, device=x.device) / 2) / 256"),
    wrong("dequantise", "by-255", SCALED, "return (x + torch.rand(x.shape, device=x.device)) / 255"),
    wrong(
        "dequantise",
        "seeded",
        SAME_NOISE,
        "torch.manual_seed(0)\nreturn (x + torch.rand(x.shape, device=x.device)) / 256",
    ),
    wrong(
        "dequantise", "one-for-the-batch", SHARED_NOISE, "return (x + torch.rand(x.shape[1:], device=x.device)) / 256"
    ),
    wrong(
        "dequantise", "one-an-image", SHARED_NOISE, "return (x + torch.rand(len(x), 1, 1, 1, device=x.device)) / 256"
    ),
    wrong(
        "dequantise",
        "variable-elsewhere",
        WRONG_DEVICE,
        "return (x + torch.autograd.Variable(torch.rand(x.shape))) / 256",
    ),
    wrong("dequantise", "elsewhere", WRONG_DEVICE, "return (x + torch.rand(x.shape)) / 256"),
    wrong(
        "dequantise",
        "clamped",
        ENDS,
        "return ((x + torch.rand(x.shape, device=x.device)) / 256).clamp(1e-3, 1 - 1e-3)",
    ),
    wrong(
        "dequantise",
        "clamped-a-little",
        ENDS,
        "return ((x + torch.rand(x.shape, device=x.device)) / 256).clamp(1e-4, 1 - 1e-4)",
    ),
    wrong(
        "dequantise",
        "without-the-ends",
        ENDS,
        "return ((x + torch.rand(x.shape, device=x.device)) / 256).clamp(1 / 256, 255 / 256)",
    ),
    wrong("dequantise", "black-stays", ENDS, "return (x + torch.rand(x.shape, device=x.device) * (x > 0)) / 256"),
    wrong(
        "dequantise",
        "white-stays",
        ENDS,
        "return torch.where(x < 255, x + torch.rand(x.shape, device=x.device), x.float()) / 256",
    ),
    wrong(
        "dequantise",
        "one-for-the-channels",
        SHARED_NOISE,
        "return (x + torch.rand(len(x), 1, *x.shape[2:], device=x.device)) / 256",
    ),
    wrong("dequantise", "one-a-row", SHARED_NOISE, "return (x + torch.rand(*x.shape[:3], 1, device=x.device)) / 256"),
    wrong(
        "dequantise",
        "few-numbers",
        OTHER_NOISE,
        "return (x + torch.randint(256, x.shape, device=x.device) / 256) / 256",
    ),
    Right("dequantise", "on-the-cpu", "return ((x.cpu() + torch.rand(x.shape)) / 256).to(x.device)"),
    # log_likelihood_bound
    wrong("log_likelihood_bound", "none", NO_LEVELS, "return 1 * log_density"),
    wrong("log_likelihood_bound", "once-an-image", NO_LEVELS, "return log_density - math.log(256)"),
    wrong("log_likelihood_bound", "sign", SIGN_OF_LOG_DET, "return log_density + n_dims * math.log(256)"),
    wrong("log_likelihood_bound", "in-bits", NATS, "return log_density - n_dims * 8"),
    # bits_per_dim
    wrong("bits_per_dim", "sign", SIGN_OF_BITS, "return log_likelihood.mean() / (n_dims * math.log(2))"),
    wrong("bits_per_dim", "nats", NATS, "return -log_likelihood.mean() / n_dims"),
    wrong("bits_per_dim", "log2-of-the-likelihood", VANISHES, "return -log_likelihood.exp().log2().mean() / n_dims"),
    wrong("bits_per_dim", "of-an-image", PER_IMAGE, "return -log_likelihood.mean() / math.log(2)"),
    wrong(
        "bits_per_dim",
        "by-the-batch",
        BY_THE_BATCH,
        "return -log_likelihood.sum() / (len(log_likelihood)**2 * math.log(2))",
    ),
    wrong("bits_per_dim", "summed", BY_THE_BATCH, "return -log_likelihood.sum() / (n_dims * math.log(2))"),
    wrong("bits_per_dim", "levels-twice", NO_LEVELS, "return -log_likelihood.mean() / (n_dims * math.log(2)) + 8"),
    wrong("bits_per_dim", "times-log-two", NATS, "return -log_likelihood.mean() / n_dims * math.log(2)"),
    # masks
    wrong(
        "checkerboard_mask",
        "inverted",
        MASK_INVERTED,
        "mask = (torch.arange(height)[:, None] + torch.arange(width)) % 2\nreturn mask.float()[None, None]",
    ),
    wrong(
        "checkerboard_mask",
        "stripes",
        {"misconception": "stripes in place of a checkerboard", "hint": "Print the mask of 4 x 4 values."},
        "return ((torch.arange(height * width) + 1) % 2).float().view(1, 1, height, width)",
    ),
    wrong(
        "channel_mask",
        "inverted",
        MASK_INVERTED,
        "return (torch.arange(channels) >= channels // 2).float().view(1, -1, 1, 1)",
    ),
    wrong(
        "channel_mask",
        "every-other",
        {"misconception": "every other channel in place of half", "hint": "Print the mask of 4 channels."},
        "return ((torch.arange(channels) + 1) % 2).float().view(1, -1, 1, 1)",
    ),
    # AffineCoupling
    wrong(
        "AffineCoupling.forward",
        "chunks",
        HALVES,
        _CHUNKS.format(image="z", moved="moved * torch.exp(ls) + sh", sign="") + _FORWARD,
    ),
    wrong(
        "AffineCoupling.inverse",
        "chunks",
        HALVES,
        _CHUNKS.format(image="x", moved="(moved - sh) * torch.exp(-ls)", sign="-") + _INVERSE,
    ),
    coupling("forward", [("return x,", _OF_HALF.format(sign="") + "return x,")], "log-det-of-the-second-half", HALVES),
    coupling("inverse", [("return z,", _OF_HALF.format(sign="-") + "return z,")], "log-det-of-the-second-half", HALVES),
    wrong(
        "AffineCoupling.inverse",
        "mask-learned",
        {
            "misconception": "the mask is a parameter, and is trained",
            "hint": "List the parameters of a coupling. After a step of Adam, is the mask still one of zeros and ones?",
        },
        edits=(('        self.register_buffer("mask", mask)\n', "        self.mask = nn.Parameter(mask)\n"),),
    ),
    coupling("forward", [("dim=(1, 2, 3))", "dim=1)[:, :2, :2].sum((1, 2))")], "log-det-of-a-corner", CUT_OUT),
    coupling("inverse", [("dim=(1, 2, 3))", "dim=1)[:, :2, :2].sum((1, 2))")], "log-det-of-a-corner", CUT_OUT),
    coupling(
        "forward",
        [("self.mask * z)", "(1 - self.mask) * z)"), ("m = self.mask", "m = 1 - self.mask")],
        "mask-inverted",
        MASK_INVERTED,
    ),
    coupling(
        "forward",
        [("m * z + (1 - m) * (z * torch.exp(log_scale) + shift)", "z * torch.exp(log_scale) + shift")],
        "all-moved",
        MASK_FORGOTTEN,
    ),
    coupling("forward", [("self.mask * z", "z")], "peeks", PEEKS),
    coupling(
        "forward",
        [("torch.sum((1 - m) * log_scale, dim=(1, 2, 3))", "torch.zeros(len(z), device=z.device)")],
        "no-log-det",
        NO_LOG_DET,
    ),
    coupling("forward", [("torch.sum((1 - m)", "-torch.sum((1 - m)")], "log-det-sign", SIGN_OF_LOG_DET),
    coupling("forward", [("(1 - m) * log_scale, dim", "log_scale, dim")], "all-log-scales", ALL_LOG_SCALES),
    coupling("forward", [("torch.sum(", "torch.mean(")], "log-det-meaned", MEANED),
    coupling(
        "forward",
        [("* torch.exp(log_scale)", "* log_scale")],
        "no-exponential",
        {"misconception": "the log scale taken for the scale", "hint": "What is its name, and can it be negative?"},
    ),
    coupling(
        "forward", [("self.net(self.mask * z)", "(part.detach() for part in self.net(self.mask * z))")], "detached", CUT
    ),
    coupling(
        "inverse",
        [("self.mask * x)", "(1 - self.mask) * x)"), ("m = self.mask", "m = 1 - self.mask")],
        "mask-inverted",
        MASK_INVERTED,
    ),
    coupling(
        "inverse",
        [("((x - shift) / torch.exp(log_scale))", "(x / torch.exp(log_scale) - shift)")],
        "wrong-order",
        NOT_UNDONE,
    ),
    coupling(
        "inverse",
        [("/ torch.exp(log_scale)", "/ (torch.exp(log_scale) + 1e-6)")],
        "something-added-to-the-scale",
        {
            "misconception": "a small number added to a scale that is never 0",
            "hint": "exp(log_scale) is above 0 already. What do inverse and forward, one after the other, give now?",
        },
    ),
    coupling("inverse", [("torch.sum((m - 1)", "torch.sum((1 - m)")], "log-det-sign", SIGN_OF_LOG_DET),
    coupling(
        "inverse",
        [("torch.sum((m - 1) * log_scale, dim=(1, 2, 3))", "torch.zeros(len(x), device=x.device)")],
        "no-log-det",
        NO_LOG_DET,
    ),
    coupling("inverse", [("(m - 1) * log_scale, dim", "-log_scale, dim")], "all-log-scales", ALL_LOG_SCALES),
    coupling(
        "inverse",
        [("log_scale, dim=(1, 2, 3))", "log_scale).repeat(len(x))")],
        "log-det-of-the-batch",
        SUMMED_OVER_BATCH,
    ),
    coupling("inverse", [("self.mask * x", "x")], "peeks", PEEKS),
    # ImageFlow.log_prob
    wrong("ImageFlow.log_prob", "no-log-dets", NO_LOG_DET, _LOG_PROB.replace("log_prior + log_det", "log_prior")),
    wrong(
        "ImageFlow.log_prob",
        "log-det-sign",
        SIGN_OF_LOG_DET,
        _LOG_PROB.replace("log_prior + log_det", "log_prior - log_det"),
    ),
    wrong("ImageFlow.log_prob", "no-prior", NO_PRIOR, _LOG_PROB.replace("log_prior + log_det", "log_det")),
    wrong(
        "ImageFlow.log_prob",
        "no-constant",
        NO_PRIOR,
        _LOG_PROB.replace(" - 0.5 * v[0].numel() * math.log(2 * math.pi)", ""),
    ),
    wrong("ImageFlow.log_prob", "one-constant", NO_PRIOR, _LOG_PROB.replace("v[0].numel() * ", "")),
    wrong("ImageFlow.log_prob", "last-log-det", NO_LOG_DET, _LOG_PROB.replace("log_det + more", "more")),
    wrong("ImageFlow.log_prob", "backwards", ORDER, _LOG_PROB.replace("in self.layers", "in reversed(self.layers)")),
    wrong("ImageFlow.log_prob", "by-forward", ORDER, _LOG_PROB.replace("layer.inverse", "layer.forward")),
    wrong(
        "ImageFlow.log_prob",
        "mean",
        MEAN_LIKELIHOOD,
        _LOG_PROB.replace("log_prior + log_det", "(log_prior + log_det).mean()"),
    ),
    # Logit and Squeeze, which are provided, count as part of it.
    Right(
        "ImageFlow.log_prob",
        "logit-of-torch",
        edits=(("return share.log() - torch.log1p(-share), log_det", "return torch.logit(share), log_det"),),
    ),
    Right(
        "ImageFlow.log_prob",
        "squeeze-by-permuting",
        edits=((UNSQUEEZED, "x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).permute(0, 1, 3, 5, 2, 4).flatten(1, 3)"),),
    ),
    changed("logit-log-det-sign", ("self.margin) - share.log()", "self.margin) + share.log()")),
    changed("no-logit", ("class Logit(nn.Module):", "class Logits(nn.Module):")),
    changed("squeeze-without-log-det", ("F.pixel_unshuffle(x, 2), x.new_zeros(len(x))", "F.pixel_unshuffle(x, 2)")),
    changed("logit-margin", ("margin=0.01", "margin=0.05")),
    changed("logit-without-margin", ("share = self.margin + (1 - 2 * self.margin) * x", "share = x")),
    changed("sigmoid-log-det", ("F.logsigmoid(z) + F.logsigmoid(-z)", "2 * F.logsigmoid(z)")),
    changed("squeeze-the-wrong-way", (UNSQUEEZED, "F.pixel_shuffle(x, 2)"), (SQUEEZED, "F.pixel_unshuffle(z, 2)")),
    changed(
        "squeeze-by-view",
        (UNSQUEEZED, "x.view(len(x), -1, x.shape[2] // 2, x.shape[3] // 2)"),
        (SQUEEZED, "z.view(len(z), -1, 2 * z.shape[2], 2 * z.shape[3])"),
    ),
    # ImageFlow.sample
    wrong("ImageFlow.sample", "not-reversed", ORDER, _SAMPLE.replace("reversed(self.layers)", "self.layers")),
    wrong("ImageFlow.sample", "by-inverse", ORDER, _SAMPLE.replace("layer.forward(z)", "(layer.inverse(z)[0] + 1, 0)")),
    wrong(
        "ImageFlow.sample",
        "wraps",
        WRAPS,
        _SAMPLE.replace("torch.clamp(torch.floor(256 * z), 0, 255)", "(torch.floor(256 * z) % 256)"),
    ),
    wrong("ImageFlow.sample", "rounded", ROUNDED, _SAMPLE.replace("torch.floor", "torch.round")),
    wrong("ImageFlow.sample", "by-255", SCALED, _SAMPLE.replace("256 * z", "255 * z")),
    wrong("ImageFlow.sample", "seeded", SAME_NOISE, "torch.manual_seed(0)\nz = torch.randn_like(z)" + _SAMPLE),
    Right(
        "ImageFlow.sample",
        "in-batches",
        """
        images = []
        for noise in z.split(64):
            for layer in reversed(self.layers):
                noise = layer.forward(noise)[0]
            images.append(noise)
        return (torch.cat(images) * 256).floor().clamp(0, 255).to(torch.uint8)
        """,
    ),
    Right(
        "ImageFlow.sample",
        "image-by-image",
        """
        def one(noise):
            noise = noise[None]
            for layer in reversed(self.layers):
                noise = layer.forward(noise)[0]
            return noise[0]

        return (torch.func.vmap(one)(z) * 256).floor().clamp(0, 255).to(torch.uint8)
        """,
    ),
    wrong(
        "ImageFlow.log_prob",
        "the-first-result-again",
        KEPT,
        """
        if not hasattr(self, "kept") or len(self.kept) != len(v):
            x, total = v, 0
            for layer in self.layers:
                x, log_det = layer.inverse(x)
                total = total + log_det
            self.kept = total - 0.5 * (x.square() + math.log(2 * math.pi)).flatten(1).sum(1)
        return self.kept
        """,
    ),
    coupling(
        "forward",
        [("torch.exp(log_scale)", "torch.exp(log_scale * self.training)")],
        "no-scale-in-evaluation-mode",
        IN_EVALUATION_MODE,
    ),
    coupling(
        "inverse",
        [("/ torch.exp(log_scale)", "/ torch.exp(log_scale * self.training)")],
        "no-scale-in-evaluation-mode",
        IN_EVALUATION_MODE,
    ),
    *(
        coupling(
            direction,
            [("m = self.mask\n", f"m = self.mask\nlog_scale = log_scale.clamp(-{most}, {most})\n")],
            f"log-scale-clamped-at-{most}",
            CLAMPED,
        )
        for direction in ("forward", "inverse")
        for most in (3, 7, 15)
    ),
    coupling("forward", [("m = self.mask\n", "m = self.mask\nshift = shift.clamp(-5, 5)\n")], "shift-clamped", CLAMPED),
    coupling(
        "forward",
        [("self.net(self.mask * z)", "self.net(self.mask * z.clamp(-5, 5))")],
        "network-of-cut-off-numbers",
        CLAMPED,
    ),
    coupling("inverse", [("((x - shift)", "((x.clamp(-5, 5) - shift)")], "numbers-cut-off", CLAMPED),
    wrong(
        "ImageFlow.log_prob",
        "without-log-det-in-evaluation-mode",
        IN_EVALUATION_MODE,
        _LOG_PROB.replace("log_prior + log_det", "log_prior + log_det * self.training"),
    ),
    wrong(
        "ImageFlow.log_prob",
        "numbers-cut-off",
        CLAMPED,
        _LOG_PROB.replace("log_prior = ", "v = v.clamp(-20, 20)\nlog_prior = "),
    ),
    wrong(
        "ImageFlow.log_prob",
        "log-det-cut-off",
        CLAMPED,
        _LOG_PROB.replace("log_prior + log_det", "log_prior + log_det.clamp(-1000, 1000)"),
    ),
    wrong(
        "ImageFlow.sample",
        "cooler-in-evaluation-mode",
        IN_EVALUATION_MODE,
        "z = z if self.training else 0.7 * z" + _SAMPLE,
    ),
    wrong(
        "bits_per_dim",
        "mean-of-means",
        MEAN_OF_MEANS,
        """
        means = torch.stack([part.mean() for part in log_likelihood.split(64)])
        return -means.mean() / n_dims / math.log(2)
        """,
    ),
    coupling("forward", [("m = self.mask\n", "m = self.mask\nself.eval()\n")], "evaluation-mode-left", LEFT),
    wrong("ImageFlow.log_prob", "evaluation-mode-left", LEFT, "self.eval()" + _LOG_PROB),
    wrong(
        "ImageFlow.sample",
        "parameters-left-frozen",
        LEFT,
        "for parameter in self.parameters():\n    parameter.requires_grad_(False)" + _SAMPLE,
    ),
    wrong(
        "ImageFlow.sample",
        "layers-left-reversed",
        LEFT,
        "self.layers = nn.ModuleList(reversed(self.layers))" + _SAMPLE.replace("reversed(self.layers)", "self.layers"),
    ),
    wrong(
        "ImageFlow.sample",
        "rounded-in-evaluation-mode",
        IN_EVALUATION_MODE,
        """
        for layer in reversed(self.layers):
            z, _ = layer.forward(z)
        levels = (256 * z).floor() if self.training else (255 * z).round()
        return levels.clamp(0, 255).to(torch.uint8)
        """,
    ),
    wrong(
        "ImageFlow.sample",
        "cooler",
        {
            "misconception": "noise drawn closer together than the prior",
            "hint": "A temperature below 1 gives prettier images. Are they draws from the model?",
        },
        "z = 0.7 * z" + _SAMPLE,
    ),
    wrong("ImageFlow.sample", "noise-cut-off", CUT_OFF, "z = z.clamp(-3, 3)" + _SAMPLE),
    wrong(
        "dequantise",
        "antithetic",
        DEPENDENT,
        """
        u = torch.rand((x.shape[0] + 1) // 2, *x.shape[1:], device=x.device)
        return (x + torch.cat([u, 1 - u])[: len(x)]) / 256
        """,
    ),
    wrong("ImageFlow.sample", "noise-centred", CENTRED, "z = z - z.mean(dim=0)" + _SAMPLE),
    wrong(
        "dequantise",
        "never-the-next-level",
        ENDS,
        "return (x + 255 / 256 * torch.rand(x.shape, device=x.device)) / 256",
    ),
    wrong(
        "ImageFlow.sample",
        "clamped-between-layers",
        CLAMPED,
        _SAMPLE.replace("z, _ = layer.forward(z)", "z = layer.forward(z)[0].clamp(-5, 5)"),
    ),
    wrong(
        "ImageFlow.log_prob",
        "clamped-between-layers",
        CLAMPED,
        _LOG_PROB.replace("layer.inverse(v)", "layer.inverse(v.clamp(-20, 20))"),
    ),
    wrong(
        "bits_per_dim",
        "at-most-eight",
        CLAMPED_BITS,
        "return (-log_likelihood / (n_dims * math.log(2))).clamp(max=8).mean()",
    ),
    wrong(
        "bits_per_dim",
        "from-zero-on",
        CLAMPED_BITS,
        "return (-log_likelihood / (n_dims * math.log(2))).mean().clamp(min=0)",
    ),
    wrong(
        "log_likelihood_bound",
        "never-above-zero",
        CLAMPED_BITS,
        "return (log_density - n_dims * math.log(256)).clamp(max=0)",
    ),
    wrong(
        "dequantise",
        "antithetic-rows",
        DEPENDENT,
        """
        u = torch.rand(x.shape, device=x.device)
        half = x.shape[2] // 2
        u[:, :, half : 2 * half] = 1 - u[:, :, :half]
        return (x + u) / 256
        """,
    ),
    wrong(
        "dequantise",
        "antithetic-channels",
        DEPENDENT,
        """
        u = torch.rand(x.shape, device=x.device)
        if x.shape[1] > 1:
            u[:, 1] = 1 - u[:, 0]
        return (x + u) / 256
        """,
    ),
    wrong(
        "ImageFlow.log_prob",
        "parameters-shrunk",
        LEFT,
        """
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.mul_(0.9)
        """
        + textwrap.indent(_LOG_PROB, 8 * " "),
    ),
    wrong("ImageFlow.sample", "noise-cut-off-on-one-side", CUT_OFF, "z = z.clamp(max=2.3)" + _SAMPLE),
    wrong("ImageFlow.sample", "noise-standardised", CENTRED, "z = (z - z.mean()) / z.std()" + _SAMPLE),
    wrong("ImageFlow.sample", "seed-set-for-the-next-call", SAME_NOISE, "torch.manual_seed(0)" + _SAMPLE),
    Right("ImageFlow.sample", "last-layer-called-twice", "self.layers[-1].forward(z)" + _SAMPLE),
    coupling(
        "forward",
        [
            (
                "torch.sum((1 - m) * log_scale, dim=(1, 2, 3))",
                "(m + (1 - m) * log_scale.exp()).flatten(1).prod(dim=1).log()",
            )
        ],
        "log-of-the-product-of-scales",
        PRODUCT,
    ),
    coupling(
        "inverse",
        [
            (
                "torch.sum((m - 1) * log_scale, dim=(1, 2, 3))",
                "-(m + (1 - m) * log_scale.exp()).flatten(1).prod(dim=1).log()",
            )
        ],
        "log-of-the-product-of-scales",
        PRODUCT,
    ),
    Right(
        "AffineCoupling.forward",
        "masked-in-place",
        """
        log_scale, shift = self.net(self.mask * z)
        log_scale *= 1 - self.mask
        shift *= 1 - self.mask
        return z * log_scale.exp() + shift, log_scale.sum(dim=(1, 2, 3))
        """,
    ),
    coupling("forward", [("return x, log_det", "return x, log_det.detach()")], "log-det-detached", CUT),
    coupling("forward", [("m = self.mask\n", "m = self.mask\nshift = shift.detach()\n")], "shift-detached", CUT),
    coupling("inverse", [("/ torch.exp(log_scale)", "/ torch.exp(log_scale.detach())")], "scale-detached", CUT),
    wrong("ImageFlow.log_prob", "log-dets-detached", CUT, _LOG_PROB.replace("+ more", "+ more.detach()")),
    wrong(
        "ImageFlow.log_prob",
        "constant-of-one-channel",
        NO_PRIOR,
        _LOG_PROB.replace("v[0].numel()", "v.shape[2] * v.shape[3]"),
    ),
    wrong("ImageFlow.log_prob", "constant-of-the-batch", NO_PRIOR, _LOG_PROB.replace("v[0].numel()", "len(v)")),
    wrong("ImageFlow.log_prob", "two-layers-only", ORDER, _LOG_PROB.replace("self.layers:", "self.layers[:2]:")),
    wrong(
        "ImageFlow.log_prob",
        "log-of-a-product-of-densities",
        PRODUCT,
        _LOG_PROB.replace(
            "log_prior = -0.5 * (v**2).sum(dim=(1, 2, 3)) - 0.5 * v[0].numel() * math.log(2 * math.pi)",
            "log_prior = (torch.exp(-0.5 * v**2) / math.sqrt(2 * math.pi)).flatten(1).prod(dim=1).log()",
        ),
    ),
    wrong(
        "bits_per_dim", "without-the-sign", SIGN_OF_BITS, "return log_likelihood.mean().abs() / n_dims / math.log(2)"
    ),
    wrong(
        "log_likelihood_bound",
        "in-place",
        {
            "misconception": "the log densities are changed in place",
            "hint": "Print what you were given, before your function and after it. Who else may need it?",
        },
        "log_density -= n_dims * math.log(256)\nreturn log_density",
    ),
]
