"""Changes to the lines of flow_network.py that a student is given (problem 1).

The masks, MaskedLinear and MADE.__init__ count as part of MADE.forward, the rest as part of MAF.log_probs.
"""

from functools import partial

from staff.mistakes.entry import Right, Wrong

right = partial(Right, "MAF.log_probs")
right_block = partial(Right, "MADE.forward")
wrong = partial(Wrong, "MAF.log_probs")
wrong_block = partial(Wrong, "MADE.forward")

LINEAR = "return F.linear(x, self.mask * self.weight, self.bias)"
HIDDEN_DEGREES = "hidden = torch.arange(self.hidden_size) % max(self.input_size - 1, 1)"
CONNECTED = "(above[:, None] >= below).float()"
DEGREES = "degrees = [inputs] + [hidden] * (self.n_hidden + 1) + [inputs - 1]"
FIRST_LAYER = "layers = [MaskedLinear(input_size, hidden_size, masks[0]), nn.ReLU()]"
HIDDEN_LAYER = "layers += [MaskedLinear(hidden_size, hidden_size, mask), nn.ReLU()]"
LAST_LAYER = "layers.append(MaskedLinear(hidden_size, 2 * input_size, masks[-1].repeat(2, 1)))"
NET = "self.net = nn.Sequential(*layers)"
NF = "self.nf = nn.Sequential(*layers)"
PERM = 'self.register_buffer("perm", torch.arange(num_inputs - 1, -1, -1))'
PERMUTED = "return z[:, self.perm], torch.zeros(z.shape[0], dtype=z.dtype, device=z.device)"
FLOWS = "for _ in range(n_flows):"
BLOCK = "layers += [MADE(input_size, hidden_size, n_hidden), PermuteLayer(input_size)]"
LOSS = "return -self.log_probs(x)"
NOISE = "x = torch.randn(n, self.input_size, device=device)"
WAY = "for layer in reversed(self.nf):"
STEP = "x, _ = layer.forward(x)"
SAMPLES = "return x.cpu().numpy()"

ENTRIES = [
    right(
        "permutation-log-det-as-a-column",
        edits=((PERMUTED, "return z[:, self.perm], torch.zeros(z.size(0), 1, device=z.device)"),),
    ),
    right(
        "permutation-by-flip",
        edits=((PERMUTED, "return z.flip(dims=(1,)), torch.zeros_like(z[:, 0])"),),
    ),
    right(
        "permutation-as-a-list",
        edits=((PERM, "self.perm = list(reversed(range(num_inputs)))"),),
    ),
    right(
        "layers-called",
        edits=((STEP, "x, _ = layer(x)"), (SAMPLES, "return x.detach().cpu().numpy()")),
    ),
    right_block(
        "masked-weight-by-hand",
        edits=((LINEAR, "return x @ (self.weight * self.mask).T + self.bias"),),
    ),
    right_block(
        "masks-stacked",
        edits=((LAST_LAYER, LAST_LAYER.replace("masks[-1].repeat(2, 1)", "torch.cat([masks[-1], masks[-1]])")),),
    ),
    # Masks, MaskedLinear and MADE.__init__: 1a.
    wrong_block(
        "mask-not-applied",
        edits=((LINEAR, "return F.linear(x, self.weight, self.bias)"),),
        misconception="mask not applied to the weight",
        hint="Change the last coordinate of x and look at the network's output for the first one: it should stay as "
        "it is. Compare MaskedLinear with the file as it was handed out.",
    ),
    wrong_block(
        "mask-applied-at-the-start-only",
        edits=(
            (
                'self.register_buffer("mask", mask)',
                'self.register_buffer("mask", mask)\n        self.weight.data.mul_(mask)',
            ),
            (LINEAR, "return super().forward(x)"),
        ),
        misconception="mask not applied to the weight",
        hint="Your weights start out masked. Are they still after a step of the optimiser, or when others are loaded?",
    ),
    wrong_block(
        "bias-dropped",
        edits=((LINEAR, "return F.linear(x, self.mask * self.weight)"),),
        misconception="bias left out of the masked layer",
        hint="With x = 0 every layer should still return something. Compare MaskedLinear with the file as it was "
        "handed out.",
    ),
    wrong_block(
        "strictly-greater",
        edits=((CONNECTED, "(above[:, None] > below).float()"),),
        misconception="units connected only where the degree above is strictly greater",
        hint="Count the connections for n = 2. Does the second coordinate still hear anything of the first? The masks "
        "were given; compare them with the file as it was handed out.",
    ),
    wrong_block(
        "smaller-or-equal",
        edits=((CONNECTED, "(above[:, None] <= below).float()"),),
        misconception="units connected where the degree above is smaller",
        hint="Which outputs may look at the first input, and which at the last? Draw the masks for n = 3.",
    ),
    wrong_block(
        "output-sees-its-own-input",
        edits=((DEGREES, DEGREES.replace("[inputs - 1]", "[inputs]")),),
        misconception="output i connected to input i itself",
        hint="mu_1 should be the same for every x. Is it? Look at the degrees of the outputs in the masks.",
    ),
    wrong_block(
        "hidden-degrees-mod-n",
        edits=((HIDDEN_DEGREES, "hidden = torch.arange(self.hidden_size) % self.input_size"),),
        misconception="hidden degrees counted modulo n instead of n - 1",
        hint="Some hidden units now lead to no output at all. Compare `create_masks` with the file as it was handed "
        "out.",
    ),
    wrong_block(
        "hidden-degrees-random",
        edits=(
            (
                HIDDEN_DEGREES,
                "hidden = torch.randint(0, max(self.input_size - 1, 1), (self.hidden_size,))",
            ),
        ),
        misconception="hidden degrees drawn at random",
        hint="Random degrees keep the autoregressive property, but the handout's masks are in sequential order. Build "
        "the block twice and compare.",
    ),
    wrong_block(
        "output-mask-interleaved",
        edits=((LAST_LAYER, LAST_LAYER.replace("repeat(2, 1)", "repeat_interleave(2, dim=0)")),),
        misconception="output mask laid out in pairs instead of two halves",
        hint="Print the last mask for n = 2. Which rows belong to mu, and which to alpha?",
    ),
    wrong_block(
        "alpha-not-masked",
        edits=(
            (
                LAST_LAYER,
                LAST_LAYER.replace("masks[-1].repeat(2, 1)", "torch.cat([masks[-1], torch.ones_like(masks[-1])])"),
            ),
        ),
        misconception="alpha not masked",
        hint="Change x_2 and watch alpha_1. Both halves of the output have to keep to the order of the coordinates.",
    ),
    wrong_block(
        "first-relu-missing",
        edits=((FIRST_LAYER, FIRST_LAYER.replace(", nn.ReLU()", "")),),
        misconception="ReLU after the first layer left out",
        hint="Print the block's network. What stands between its first two linear layers, and what stood there in the "
        "file as it was handed out?",
    ),
    wrong_block(
        "tanh-in-the-network",
        edits=(
            (FIRST_LAYER, FIRST_LAYER.replace("ReLU", "Tanh")),
            (HIDDEN_LAYER, HIDDEN_LAYER.replace("ReLU", "Tanh")),
        ),
        misconception="Tanh in place of ReLU",
        hint="Print the block's network: which activation did the file have when it was handed out?",
    ),
    wrong_block(
        "relu-after-the-last-layer",
        edits=((NET, "self.net = nn.Sequential(*layers, nn.ReLU())"),),
        misconception="ReLU after the last layer",
        hint="Can mu and alpha still be negative? Print the block's network and look at its end.",
    ),
    wrong_block(
        "one-hidden-layer-too-many",
        edits=((DEGREES, DEGREES.replace("self.n_hidden + 1", "self.n_hidden + 2")),),
        misconception="one hidden layer too many",
        hint="n_hidden counts the layers from hidden to hidden. How many linear layers does your network have for "
        "n_hidden = 1?",
    ),
    wrong_block(
        "input-size-fixed",
        edits=(
            (
                "self.n_hidden = n_hidden\n\n        masks = self.create_masks()",
                "self.n_hidden = n_hidden\n        self.input_size = 2\n\n        masks = self.create_masks()",
            ),
        ),
        misconception="block's input_size fixed at 2",
        hint="Build a block for three coordinates and print its input_size.",
    ),
    # PermuteLayer, MAF.__init__, MAF.loss and MAF.sample: 1c.
    wrong(
        "permutation-does-nothing",
        edits=((PERM, 'self.register_buffer("perm", torch.arange(num_inputs))'),),
        misconception="variables never reversed between blocks",
        hint="Give the layer a row 1, 2, 3 and look at what comes back. Its name and docstring say what should.",
    ),
    wrong(
        "batch-reversed",
        edits=((PERMUTED, PERMUTED.replace("z[:, self.perm]", "z.flip(0)")),),
        misconception="variables never reversed between blocks",
        hint="Give the layer two rows of three numbers. Are the numbers of a row turned around, or the rows?",
    ),
    wrong(
        "no-permutation-between-blocks",
        edits=((BLOCK, "layers += [MADE(input_size, hidden_size, n_hidden)]"),),
        misconception="variables never reversed between blocks",
        hint="Print the layers of the flow. What should stand between two blocks, so that the first coordinate is not "
        "always the first?",
    ),
    wrong(
        "permutation-rotates",
        edits=((PERM, 'self.register_buffer("perm", torch.arange(num_inputs).roll(1))'),),
        misconception="variables rotated instead of reversed",
        hint="With two variables the two are the same thing, so try three. And does doing it twice lead back?",
    ),
    wrong(
        "permutation-drawn-at-random",
        edits=(
            (
                PERM,
                "order = torch.randperm(num_inputs, generator=torch.Generator().manual_seed(0))\n"
                '        self.register_buffer("perm", order)',
            ),
        ),
        misconception="variables put into a random order that is not undone",
        hint="Apply `forward` and then `inverse` of the layer to a row 1, 2, 3, 4, 5. Do you get the row back?",
    ),
    wrong(
        "permutation-log-det-of-ones",
        edits=((PERMUTED, PERMUTED.replace("torch.zeros(", "torch.ones(")),),
        misconception="log-det of a permutation taken to be 1",
        hint="A permutation has determinant 1 or -1. What is the log of its absolute value?",
    ),
    wrong(
        "permutation-log-det-per-variable",
        edits=((PERMUTED, PERMUTED.replace("z.shape[0]", "z.shape[1]")),),
        misconception="permutation's log-det with one entry per variable instead of per point",
        hint="Print the shape of the log-det for a batch of 4 with n = 3. The docstring says which of the two it "
        "counts.",
    ),
    wrong(
        "permutation-without-log-det",
        edits=((PERMUTED, "return z[:, self.perm]"),),
        misconception="permutation returns no log-det",
        hint="All layers of the flow are used alike. How many things do the others return?",
    ),
    wrong(
        "permutation-first",
        edits=((BLOCK, "layers += [PermuteLayer(input_size), MADE(input_size, hidden_size, n_hidden)]"),),
        misconception="reversal before each block instead of after",
        hint="Print the layers of the flow and compare their order with the docstring of the class.",
    ),
    wrong(
        "one-block-too-few",
        edits=((FLOWS, "for _ in range(n_flows - 1):"),),
        misconception="one block too few",
        hint="Build a flow with n_flows = 1 and print it. How many blocks does it have?",
    ),
    wrong(
        "one-block-for-all",
        edits=((f"{FLOWS}\n            {BLOCK}", BLOCK.replace("]", "] * n_flows")),),
        misconception="one and the same block used n_flows times",
        hint="Count the parameters of a flow with one block and of one with five. Does multiplying a list copy what "
        "is in it?",
    ),
    wrong(
        "layers-in-a-plain-list",
        edits=((NF, "self.nf = layers"),),
        misconception="layers kept in a plain Python list",
        hint="Print list(flow.parameters()). How does a PyTorch module learn which other modules belong to it?",
    ),
    wrong(
        "loss-without-the-minus",
        edits=((LOSS, "return self.log_probs(x)"),),
        misconception="loss is the log-likelihood without the minus sign",
        hint="Training makes the loss small. Should the likelihood of the data become small?",
    ),
    wrong(
        "loss-times-batch-size",
        edits=((LOSS, "return -self.log_probs(x) * x.shape[0]"),),
        misconception="loss multiplied by the batch size",
        hint="The mean over the batch has been taken already. What does the docstring of `loss` say?",
    ),
    wrong(
        "loss-detached",
        edits=((LOSS, "return -self.log_probs(x).detach()"),),
        misconception="loss cut off from the gradient",
        hint="The optimiser starts from this number. Call backward on it and see what happens.",
    ),
    wrong(
        "sample-first-to-last",
        edits=((WAY, "for layer in self.nf:"),),
        misconception="layers run first to last when sampling",
        hint="Draw noise, sample with it, and map the samples back with the inverses. You should get the noise again.",
    ),
    wrong(
        "sample-by-inverse",
        edits=((WAY, "for layer in self.nf:"), (STEP, "x, _ = layer.inverse(x)")),
        misconception="samples made with the inverse mapping",
        hint="Which direction of the flow leads from noise to data?",
    ),
    wrong(
        "sample-from-uniform-noise",
        edits=((NOISE, NOISE.replace("randn", "rand")),),
        misconception="uniform noise in place of normal noise",
        hint="Which prior does `log_probs` put on z? Samples have to start from the same one.",
    ),
    wrong(
        "samples-as-a-tensor",
        edits=((SAMPLES, "return x"),),
        misconception="samples returned as a tensor",
        hint="The docstring of `sample` says which type of array it returns.",
    ),
    wrong(
        "sample-two-coordinates",
        edits=((NOISE, "x = torch.randn(n, 2, device=device)"),),
        misconception="samples with two coordinates whatever the dimension",
        hint="Moons has two coordinates. How many should the samples of a flow of dimension 5 have?",
    ),
]
