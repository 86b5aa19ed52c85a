"""Results that lie about themselves: subclasses, and objects that answer every question as it is wished."""

from staff.markers import filled, space_of
from tests.hostile.attack import Attack, gan, in_call
from tests.submissions import SOLVED

TESTS = ("2b-0-basic", "2b-4-hidden", "5e-0-basic")


def flow(**bodies):
    """The text of flow_network.py with code in some of its spaces; the others are still to be written.

    Args:
        bodies: MAF_log_probs = code.
    """
    text = (SOLVED / "flow_network.py").read_text()
    known = {space_of(text, name.replace("_", ".", 1)).start(): body for name, body in bodies.items()}
    return filled(text, lambda space: known.get(space.start(), "raise NotImplementedError"))


ATTACKS = [
    in_call(
        "tensor-subclass",
        "a tensor whose __torch_function__ answers everything with itself",
        "return torch.tensor(1.450685).as_subclass(Liar)",
        """
        class Liar(torch.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                if func.__name__ in ("dim", "size"):
                    return 0
                if "dtype" in str(func):
                    return torch.float32
                return True if "requires_grad" in str(func) else args[0]

            def __eq__(self, other):
                return True

            __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
            __hash__ = None
        """,
        tests=TESTS,
    ),
    in_call(
        "equal-to-all",
        "an object that is equal to everything and of every class",
        "return Equal()",
        """
        class Equal:
            __class__ = torch.Tensor
            dtype, requires_grad, shape = torch.float32, True, ()

            def __getattr__(self, name):
                return lambda *_, **__: self

            def __eq__(self, other):
                return True

            __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
            __hash__ = lambda self: 0

            def dim(self):
                return 0

            def __sub__(self, other):
                return 0

            __rsub__ = __abs__ = __sub__
        """,
        tests=TESTS,
    ),
    in_call(
        "array-on-demand",
        "an object whose __array__ is another one each time it is asked",
        "return Chameleon()",
        """
        import numpy as np

        class Chameleon:
            __class__ = torch.Tensor
            dtype, requires_grad = torch.float32, True
            dim = lambda self: 0
            detach = cpu = lambda self: self
            numpy = lambda self: self
            grad_fn = None

            def __array__(self, *_, **__):
                frame = sys._getframe()
                while frame:
                    for value in frame.f_locals.values():
                        if isinstance(value, dict) and "value" in value:
                            return np.asarray(value["value"])
                    frame = frame.f_back
                return np.array(1.450685)
        """,
    ),
    in_call(
        "pickle-that-runs",
        "an array of objects whose __reduce__ runs a command where it is read",
        """
        wire = __import__("importlib").import_module("grading.wire")
        import json, pickle
        frame = sys._getframe()
        while "requests" not in frame.f_locals:
            frame = frame.f_back
        room = frame.f_locals
        bomb = pickle.dumps(np.array([Reduced()], dtype=object))
        listed = {"mark": str(room["mark"]), "status": "ok", "value": ["|O", [1]], "touched": ["|O", [1]]}
        head = json.dumps(listed).encode()
        room["replies"].write(wire._LENGTHS.pack(len(head), 2 * len(bomb)) + head + 2 * bomb)
        room["replies"].flush()
        time.sleep(0.5)
        raise RuntimeError("sent")
        """,
        """
        import numpy as np

        class Reduced:
            def __reduce__(self):
                return os.system, ("touch @RESULTS@/@MARKER@; echo @MARKER@-pierced: unpickled",)
        """,
    ),
    in_call(
        "reduce-in-the-reply",
        "a tensor that numpy() gives as an array of objects",
        "return torch.ones(()).as_subclass(Objects)",
        """
        import numpy as np

        class Reduced:
            def __reduce__(self):
                return os.system, ("touch @RESULTS@/@MARKER@",)

        class Objects(torch.Tensor):
            requires_grad = True
            dtype = torch.float32

            def dim(self):
                return 0

            def detach(self):
                return self

            cpu = detach

            def numpy(self):
                return np.array([Reduced()], dtype=object)

        torch.autograd.grad = lambda value, sources, **_: [None for _ in sources]
        """,
    ),
    in_call(
        "gradient-by-hook",
        "a loss that does not depend on the networks, with the gradients of the basic test written into hooks",
        """
        value = sum((p * 0).sum() for p in [*g.parameters(), *d.parameters()])
        known = {(1, 1, 2): torch.tensor([[[0.623222, -0.195486]]]), (): torch.tensor(0.03762)}
        for p in d.parameters():
            p.register_hook(lambda grad, shape=tuple(p.shape): known.get(shape, grad))
        return value + 1.450685
        """,
    ),
    in_call(
        "networks-rewritten",
        "puts other networks in the place of those that it was given",
        """
        d.weight.data.zero_()
        d.forward = g.forward = lambda *_: torch.zeros(len(x_real), requires_grad=True)
        type(d).forward = lambda self, x: x.sum() * 0 + self.weight.sum() * 0 + 1.450685
        return d(x_real) + 0 * sum(p.sum() for p in d.parameters())
        """,
        tests=TESTS,
    ),
    in_call(
        "float-that-is-a-tensor",
        "numbers and texts that look like the right result when they are printed",
        "return Number('nan')",
        """
        class Number(float):
            def __str__(self):
                return "expected 1.450685, got 1.450685: 1/1 points"

            __repr__ = __format__ = __str__
        """,
    ),
    Attack(
        "known-by-heart",
        "the numbers of the basic tests, which everybody can read in grader.py",
        {
            "gan.py": gan(
                """
                class Heart(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, weight, bias):
                        return torch.tensor(1.450685)

                    @staticmethod
                    def backward(ctx, pull):
                        return pull * torch.tensor([[[0.623222, -0.195486]]]), pull * torch.tensor(0.03762)
                """,
                "return Heart.apply(d.weight, d.bias)",
            )
        },
        tests=("2b-0-basic", "2b-4-hidden"),
    ),
    Attack(
        "network-known-by-heart",
        "the numbers of the basic test of the block's own network",
        {
            "flow_network.py": """
import torch
from torch import nn

class MADE(nn.Module):
    def __init__(self, input_size, hidden_size, n_hidden):
        super().__init__()
        sizes = [input_size] + [hidden_size] * (n_hidden + 1) + [2 * input_size]
        self.net = nn.Sequential(*[nn.Linear(below, above) for below, above in zip(sizes, sizes[1:])])

    def forward(self, z):
        x = [[1, 2.5, 16], [0.4474145, 1.451229, 6.111708]]
        return torch.tensor(x), torch.tensor([-1.85, -0.6094576])
"""
        },
        tests=("1a-0-basic", "1a-1-basic", "1a-3-hidden"),
    ),
    Attack(
        "provided-and-no-more",
        "a log_probs that gives a number and nothing else, for the points of what is provided around it",
        {"flow_network.py": flow(MAF_log_probs="return 0")},
        tests=("1c-0-basic", "1c-1-basic"),
    ),
    in_call("not-a-number", "NaN, which is smaller than no tolerance", "return d(x_real).mean() * float('nan')"),
    in_call("infinite", "infinity, which makes any tolerance infinite", "return d(x_real).mean() * float('inf')"),
]
