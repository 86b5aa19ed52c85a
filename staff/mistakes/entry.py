"""One entry of the catalogue: a way of writing the submission, wrong or right.

An entry replaces what stands between the markers of one function of the solved submission (`body`), or changes
other lines of its files (`edits`), and so is a complete submission.
"""

from dataclasses import dataclass

from staff import SOURCE
from staff.markers import filled, space_of

SUBMISSION = SOURCE / "submission"

# function -> (file, question)
FUNCTIONS = {
    "MADE.forward": ("flow_network.py", "1a"),
    "MADE.inverse": ("flow_network.py", "1b"),
    "MAF.log_probs": ("flow_network.py", "1c"),
    "loss_nonsaturating_d": ("gan.py", "2b"),
    "loss_nonsaturating_g": ("gan.py", "2b"),
    "conditional_loss_nonsaturating_d": ("gan.py", "4b"),
    "conditional_loss_nonsaturating_g": ("gan.py", "4b"),
    "loss_wasserstein_gp_d": ("gan.py", "5e"),
    "loss_wasserstein_gp_g": ("gan.py", "5e"),
    "sample_gaussian": ("vae.py", "6a"),
    "kl_normal": ("vae.py", "6b"),
    "log_bernoulli_with_logits": ("vae.py", "6c"),
    "negative_elbo_bound": ("vae.py", "6d"),
    "negative_iwae_bound": ("vae.py", "6e"),
    "loss_minimax_g": ("gan.py", "7a"),
    "activation": ("fgan.py", "8a"),
    "conjugate": ("fgan.py", "8a"),
    "slope_at_one": ("fgan.py", "8a"),
    "conjugate_of_activation": ("fgan.py", "8b"),
    "f_gan_loss_d": ("fgan.py", "8b"),
    "f_gan_loss_g": ("fgan.py", "8b"),
    "dequantise": ("image_flow.py", "9a"),
    "log_likelihood_bound": ("image_flow.py", "9a"),
    "bits_per_dim": ("image_flow.py", "9a"),
    "checkerboard_mask": ("image_flow.py", "9b"),
    "channel_mask": ("image_flow.py", "9b"),
    "AffineCoupling.forward": ("image_flow.py", "9b"),
    "AffineCoupling.inverse": ("image_flow.py", "9b"),
    "ImageFlow.log_prob": ("image_flow.py", "9c"),
    "ImageFlow.sample": ("image_flow.py", "9c"),
}


@dataclass(frozen=True)
class Entry:
    """A way of writing one function.

    Args:
        function: the function that it is about, a key of FUNCTIONS.
        name: unique among the entries of the function.
        body: code for the space between the function's markers; indentation is taken care of.
        edits: pairs (old, new) applied to the function's file; each old text occurs there exactly once.
    """

    function: str
    name: str
    body: str = ""
    edits: tuple = ()

    @property
    def file(self):
        return FUNCTIONS[self.function][0]

    @property
    def question(self):
        return FUNCTIONS[self.function][1]

    @property
    def questions(self):
        """Those of all functions of its file."""
        return {question for file, question in FUNCTIONS.values() if file == self.file}

    def sources(self):
        """Returns {file name: text}, the whole submission."""
        texts = {path.name: path.read_text() for path in sorted(SUBMISSION.glob("*.py"))}
        text = texts[self.file]
        if self.body:
            text = with_body(text, self.function, self.body)
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {text.count(old)} places in {self.file} read {old!r}; one is wanted")
            text = text.replace(old, new)
        texts[self.file] = text
        return texts


@dataclass(frozen=True)
class Right(Entry):
    """A correct way; it must get full marks."""


@dataclass(frozen=True)
class Wrong(Entry):
    """A wrong way; it must lose points in its question, and nowhere else.

    Args:
        misconception: what the student has got wrong, in a few words; entries that share it are variants.
        hint: what helps the student without giving the line away.
    """

    misconception: str = ""
    hint: str = ""


def with_body(text, function, body):
    """Returns the source with the lines between a function's markers replaced by `body`."""
    start = space_of(text, function).start()
    return filled(text, lambda space: body if space.start() == start else None)


def function_at(file, text, line):
    """The function between whose markers a line (from 0) of the source of a file stands, or None."""
    for function, (home, _) in FUNCTIONS.items():
        if home == file:
            space = space_of(text, function)
            if text.count("\n", 0, space.start("inside")) <= line < text.count("\n", 0, space.end("inside")):
                return function
    return None
