"""Problem 8, extra credit: the table of f-divergences, and the losses of a GAN for any of them."""

from dataclasses import dataclass, field

import numpy as np

from graderUtil import graded
from grading.cases import far, random_images
from grading.problems.gan import BATCHES, FAR, NEAR, LossTest, case_told

# The rows with the parameter a of basic tests: pi of the weighted Jensen-Shannon divergence, alpha of the last two.
ROWS = {
    **dict.fromkeys(("total_variation", "kl", "reverse_kl", "pearson", "neyman", "squared_hellinger", "jeffrey")),
    **{"jensen_shannon": None, "weighted_jensen_shannon": 0.3, "gan": None},
    **{"alpha_below_one": 0.5, "alpha_above_one": 1.5},
}
# And further ones: a is drawn from each of these intervals.
FURTHER = {
    "weighted_jensen_shannon": [(0.1, 0.9)],
    "alpha_below_one": [(-2, -0.2), (0.2, 0.8)],
    "alpha_above_one": [(1.2, 3)],
}
# How far v can go in float32 with f*(g_f(v)) neither too large nor, where it is near its end, too small.
REACH = {
    **dict.fromkeys(("total_variation", "pearson", "jensen_shannon", "gan"), (-100, 100)),
    **{"kl": (-100, 60), "reverse_kl": (-100, 100), "neyman": (-60, 100), "squared_hellinger": (-100, 60)},
    **{"jeffrey": (-60, 30), "weighted_jensen_shannon": (-100, 60), "alpha_below_one": (-100, 30)},
    **{"alpha_above_one": (-100, 100)},
}
# The same for t of f*(t), towards the sides where the domain has no end; of u float32 is to leave more than 10^-38.
REACH_OF_T = {
    "total_variation": (-0.4999, 0.4999),  # both ends are near, and f* is t up to there
    **{"kl": (-60, 60), "pearson": (-100, 100), "jeffrey": (-60, 30), "alpha_above_one": (-100, 100)},
    **dict.fromkeys(("reverse_kl", "neyman", "squared_hellinger", "alpha_below_one"), (-100,)),
    # Where f* is small, but not yet nothing beside 1.
    **{"jensen_shannon": (-8,), "gan": (-8,), "weighted_jensen_shannon": (-2.5,)},
}
# The largest ratio u = f*'(t) at which float32 still tells t from the end of the domain.
REACH_OF_U = {name: 20 if name == "neyman" else 200 for name in ROWS if name != "total_variation"}
# From one of these sizes to the next, v is somewhere where a curve is nearly, but not quite, a straight line. Further
# below zero, of v - log sigma(v) only rounding is left in float32.
ABOVE, BELOW = np.geomspace(3, 20, 7), np.geomspace(3, 8, 4)
# Sizes of v on four real and on four generated images, far out; whatever their signs, neither their mean nor one of e^v
# comes so near to 0 that in float32 only rounding is left of it.
FAR_APART = np.array([[21, 22, 24, 26.2], [19.5, 20.5, 22.5, 24.7]])


@dataclass
class Column:
    """A function of a row of the table, at numbers; `about` is the one that the test is about, if that is another."""

    function: str
    name: str
    a: float | None
    at: np.ndarray
    answer: dict | None = None
    about: str = ""
    known: dict = field(default_factory=dict)

    def title(self):
        """What it is called where something is wrong with it."""
        if self.function == "wright_omega":
            return "the provided wright_omega"
        return f"{'the provided ' * (self.function == 'f')}{self.function} of {_row(self.name, self.a)}"

    def right(self, solution):
        """The answer, with its derivative."""
        arguments = (self.at,) if self.function == "wright_omega" else (self.name, _number(self.a), self.at)
        return dict(zip(("value", "gradient"), getattr(solution, self.function)(*arguments), strict=True))


class TableTest(LossTest):
    """What the tests of both questions share."""

    probes = "fgan"
    V = np.array([-1.0, 0, 2])

    def rows(self, function, at, answers=None, further=False):
        """A function in all rows of the table; the answers are values only."""
        columns = []
        for name, a in ROWS.items():
            columns.append(Column(function, name, a, at, answers and {"value": answers[name]}))
            if further:
                columns += [Column(function, name, other, at) for other in further_of(name, self.rng)]
        self.columns(columns)

    def middle(self):
        """Numbers between those of ABOVE, and minus those of BELOW."""
        above, below = (self.rng.uniform(sizes[:-1], sizes[1:]) for sizes in (ABOVE, BELOW))
        return [*above, *-below]

    def columns(self, columns):
        """Asks for columns, and holds them against the answers."""
        questions = [
            (
                {"function": c.about or c.function, "title": c.title(), "at": c.at},
                {"function": c.function, "name": c.name, "a": _number(c.a), "at": c.at, **c.known},
            )
            for c in columns
        ]
        for column, reply in zip(columns, self.ask_each("fgan.column", questions), strict=True):
            self.expect(reply, column.answer or self.solution and column.right(self.solution.fgan))
            self.untouched(reply, at_after="what it is given")


class Test_8a(TableTest):
    T = np.array([-0.4, -0.1])  # in the domain of all rows
    ACTIVATIONS = {
        "total_variation": [-0.3807971, 0, 0.4820138],
        "kl": [-1, 0, 2],
        "reverse_kl": [-2.718282, -1, -0.1353353],
        "pearson": [-1, 0, 2],
        "neyman": [-1.718282, 0, 0.8646647],
        "squared_hellinger": [-1.718282, 0, 0.8646647],
        "jeffrey": [-1, 0, 2],
        "jensen_shannon": [-0.6201145, 0, 0.5662192],
        "weighted_jensen_shannon": [-0.9520698, -0.3319553, 0.2342638],
        "gan": [-1.313262, -0.6931472, -0.126928],
        "alpha_below_one": [0.6867383, 1.306853, 1.873072],
        "alpha_above_one": [-1, 0, 2],
    }
    CONJUGATES = {
        "total_variation": [-0.4, -0.1],
        "kl": [0.246597, 0.3328711],
        "reverse_kl": [-0.08370927, 1.302585],
        "pearson": [-0.36, -0.0975],
        "neyman": [-0.3664319, -0.0976177],
        "squared_hellinger": [-0.2857143, -0.09090909],
        "jeffrey": [-0.3636613, -0.0975611],
        "jensen_shannon": [-0.2849383, -0.09090283],
        "weighted_jensen_shannon": [-0.1920056, -0.08025858],
        "gan": [1.109633, 2.352168],
        "alpha_below_one": [-0.3333333, -0.0952381],
        "alpha_above_one": [-0.3253333, -0.09508333],
    }
    # Far out, each row alone: t, f*(t), and its slope, the ratio u of which t is the slope of f. The first is e^11,
    # the second -1 - log 100.
    FAR = [
        ("kl", None, 12, 59874.14, 59874.14),
        ("reverse_kl", None, -100, -5.60517, 0.01),
        ("pearson", None, 40, 440, 21),
        ("neyman", None, -80, -16, 1 / 9),
        ("squared_hellinger", None, -99, -0.99, 1e-4),
        ("jeffrey", None, 7.906755, 1005.908, 1000),
        ("jensen_shannon", None, -7, -0.6926911, 4.56149e-4),
        ("weighted_jensen_shannon", 0.3, -2.5, -0.249622, 1.682708e-4),
        ("gan", None, -7, 9.12298e-4, 9.127143e-4),
        ("alpha_below_one", 0.5, -100, -1.960784, 3.844675e-4),
        ("alpha_above_one", 1.5, 100, 88433.33, 2601),
        # Another pi and alpha.
        ("alpha_below_one", 0.25, -28 / 3, -2, 1 / 16),
        ("weighted_jensen_shannon", 0.75, 0.1673577, 0.3465736, 5),
        ("alpha_above_one", 2, 2, 4, 3),
        ("total_variation", None, -0.4999, -0.4999, 1),
        ("total_variation", None, 0.4999, 0.4999, 1),
    ]
    SLOPES = {**dict.fromkeys(ROWS, 0.0), "kl": 1.0, "reverse_kl": -1.0, "gan": -0.6931472}
    DOMAINS = {  # log 2, and -0.3 log 0.3
        **dict.fromkeys(("kl", "pearson", "jeffrey", "alpha_above_one"), (-np.inf, np.inf)),
        **dict.fromkeys(("reverse_kl", "gan"), (-np.inf, 0)),
        **dict.fromkeys(("neyman", "squared_hellinger"), (-np.inf, 1)),
        **{"total_variation": (-0.5, 0.5), "jensen_shannon": (-np.inf, 0.6931472)},
        **{"weighted_jensen_shannon": (-np.inf, 0.3611918), "alpha_below_one": (-np.inf, 2)},
    }
    F_OF_THREE = {
        "total_variation": 1,
        "kl": 3.295837,
        "reverse_kl": -1.098612,
        "pearson": 4,
        "neyman": 1.333333,
        "squared_hellinger": 0.5358984,
        "jeffrey": 2.197225,
        "jensen_shannon": 0.5232481,
        "weighted_jensen_shannon": 0.2367453,
        "gan": -2.249341,
        "alpha_below_one": 1.071797,
        "alpha_above_one": 1.59487,
    }

    @graded(is_extra_credit=True)
    def test_0(self):
        """8a-0-basic: activation at v = -1, 0 and 2, at -6, and far out"""
        self.rows("activation", self.V, self.ACTIVATIONS)
        answer = {"value": [-100, 0], "gradient": [1, 0]}
        columns = [Column("activation", "gan", None, np.array([-100.0, 100]), answer)]
        # log 2 - 100, -0.3 log 0.3 - 100 and 2 - 100; then -e^30, beside which 1 is nothing.
        ends = {"jensen_shannon": -99.30685, "weighted_jensen_shannon": -99.63881, "alpha_below_one": -98}
        columns += [
            Column("activation", name, ROWS[name], np.array([-100.0]), {"value": [value], "gradient": [1]})
            for name, value in ends.items()
        ]
        answer = {"value": [-1.068647e13], "gradient": [1.068647e13]}
        columns += [
            Column("activation", name, None, np.array([-30.0]), answer)
            for name in ("reverse_kl", "neyman", "squared_hellinger")
        ]
        columns += [
            Column("activation", name, ROWS[name], np.array([100.0]), {"value": [end], "gradient": [0]})
            for name, end in (("reverse_kl", 0), ("neyman", 1), ("squared_hellinger", 1))
        ]
        answer = {"value": [-0.5, 0.5], "gradient": [0, 0]}
        columns.append(Column("activation", "total_variation", None, np.array([-100.0, 100]), answer))
        answer = {"value": [-100, 100], "gradient": [1, 1]}
        columns += [
            Column("activation", name, ROWS[name], np.array([-100.0, 100]), answer)
            for name in ("kl", "pearson", "jeffrey", "alpha_above_one")
        ]
        # Where log(1 + e^6) is nearly 6, but not quite; and with another pi and alpha: -0.75 log 0.75, and 4/3.
        for name, a, end in (
            ("jensen_shannon", None, 0.6931472),
            ("gan", None, 0),
            ("weighted_jensen_shannon", 0.75, 0.2157616),
            ("alpha_below_one", 0.25, 4 / 3),
        ):
            answer = {"value": [end - 6.002476], "gradient": [0.9975274]}
            columns.append(Column("activation", name, a, np.array([-6.0]), answer))
        self.columns(columns)
        self.again(lambda rng: self.rows("activation", 2 * rng.normal(size=4)))

    @graded(is_extra_credit=True)
    def test_1(self):
        """8a-1-basic: conjugate at t = -0.4 and -0.1, far out, and at t = -2.2 and -3 where f* is constant"""
        self.rows("conjugate", self.T, self.CONJUGATES)
        self.columns(
            [
                Column("conjugate", name, a, np.array([t]), {"value": [value], "gradient": [u]})
                for name, a, t, value, u in self.FAR
            ]
        )
        # Below every slope of f the supremum is at u = 0: -f(0), which is -1 and -1 / alpha.
        self.columns(
            [
                Column("conjugate", name, ROWS[name], np.array([-2.2, -3]), {"value": 2 * [value], "gradient": [0, 0]})
                for name, value in (("pearson", -1), ("alpha_above_one", -2 / 3))
            ]
        )
        self.again(self.conjugates)

    @graded(is_extra_credit=True)
    def test_2(self):
        """8a-2-basic: slope_at_one, and the provided lines as they were"""
        self.slopes(ROWS.items(), self.SLOPES)
        self.domains(ROWS.items(), self.DOMAINS)
        self.domains([("alpha_below_one", 0.25)], {"alpha_below_one": (-np.inf, 4 / 3)})
        # w + log w is 1 at w = 1, and 2 + log 2 at 2; the slope is w / (1 + w).
        answer = {"value": [1, 2], "gradient": [0.5, 2 / 3]}
        omega = Column("wright_omega", "kl", None, np.array([1, 2.693147]), answer, "slope_at_one")
        three = np.array([3.0])
        values = {name: {"value": [value]} for name, value in self.F_OF_THREE.items()}
        self.columns([*(Column("f", name, a, three, values[name], "slope_at_one") for name, a in ROWS.items()), omega])
        self.again(self.provided)

    @graded(is_extra_credit=True)
    def test_3(self):
        """8a-3-hidden: activation and its derivative, also far out, for other pi and alpha"""
        self.rows("activation", 2 * self.rng.normal(size=(2, 5)), further=True)
        low = {**dict.fromkeys(ROWS, -100.0), **dict.fromkeys(("reverse_kl", "neyman", "squared_hellinger"), -60.0)}
        # Each alone: how far a number may be off depends on the largest beside it.
        ends = [(name, end) for name, (_, high) in REACH.items() for end in (low[name], high)]
        self.columns([Column("activation", name, ROWS[name], np.array([end])) for name, end in ends])
        for v in self.middle():
            self.columns([Column("activation", *row, np.array([v])) for row in ROWS.items()])

    @graded(is_extra_credit=True)
    def test_4(self):
        """8a-4-hidden: conjugate and its derivative, also far out, for other pi and alpha"""
        self.conjugates(self.rng, (2, 5), further=True)
        steep = ("pearson", "alpha_above_one")
        places = (-2.05 - 0.3 * self.rng.random(3), -5 - self.rng.random(3))  # just below all slopes, and further
        self.columns([Column("conjugate", name, ROWS[name], at) for name in steep for at in places])
        # Each alone, as in 8a-3-hidden.
        ends = [(name, float(end)) for name, reach in REACH_OF_T.items() for end in reach]
        if self.solution:
            ratios = [(name, u) for name, most in REACH_OF_U.items() for u in (1 / most, most)]
            ratios += [(name, np.exp(sign * self.rng.uniform(1.5, 3))) for name in REACH_OF_U for sign in (1, -1)]
            ends += [(name, self.solution.fgan.f(name, _number(ROWS[name]), np.array(u))[1]) for name, u in ratios]
        self.columns([Column("conjugate", name, ROWS[name], np.array([end])) for name, end in ends])

    def conjugates(self, rng, shape=(4,), further=False):
        """`conjugate` at the slopes of f at random ratios u; further out t is so near the end of some domains that
        float32 does not tell u."""
        columns = []
        for name, a in ROWS.items():
            for parameter in [a, *further_of(name, rng)] if further else [a]:
                if name == "total_variation":
                    at = rng.uniform(*REACH_OF_T[name], size=shape)
                elif self.solution:
                    at = self.solution.fgan.f(name, _number(parameter), np.exp(rng.uniform(-1.5, 1.5, size=shape)))[1]
                else:
                    at = self.T
                columns.append(Column("conjugate", name, parameter, at))
        self.columns(columns)

    def provided(self, rng):
        further = [(name, a) for name in FURTHER for a in further_of(name, rng)]
        self.slopes(further)
        rows = [*ROWS.items(), *further]
        columns = [Column("f", name, a, np.exp(rng.normal(size=3)), about="slope_at_one") for name, a in rows]
        omega = Column("wright_omega", "kl", None, 20 * rng.normal(size=9), about="slope_at_one")
        self.columns([*columns, omega])
        self.domains(rows)

    def slopes(self, rows, answers=None):
        """slope_at_one of rows, (name, a)."""
        for (name, a), reply in zip(rows, self._of_rows("slope_at_one", rows), strict=True):
            answer = answers[name] if answers else self.solution.fgan.slope_at_one(name, _number(a))
            self.expect(reply, {"value": answer})

    def domains(self, rows, answers=None):
        """The provided domain of rows, (name, a)."""
        for (name, a), reply in zip(rows, self._of_rows("domain", rows, "the provided domain"), strict=True):
            right = answers[name] if answers else self.solution.fgan.domain(name, _number(a))
            same = reply["value"].shape == (2,) and np.allclose(reply["value"], right)
            self.require(same, "domain", "it is not as it was handed out")

    def _of_rows(self, probe, rows, title="slope_at_one"):
        questions = [
            (
                {"function": "slope_at_one", "title": f"{title} of {_row(name, a)}"},
                {"name": name, "a": _number(a)},
            )
            for name, a in rows
        ]
        return self.ask_each(f"fgan.{probe}", questions)


class Test_8b(TableTest):
    # Each alone: v; g_f(v); f* of it, taken one after the other in float32; f*(g_f(v)), which is the same where that
    # leaves enough of it; the slopes of g_f and f*(g_f(v)). At 6, log(1 + e^6) is nearly 6, but not quite.
    FAR = [
        ("total_variation", None, 100, 0.5, 0.5, 0.5, 0, 0),
        ("total_variation", None, -100, -0.5, -0.5, -0.5, 0, 0),
        ("kl", None, 40, 40, 8.65934e16, 8.65934e16, 1, 8.65934e16),
        ("reverse_kl", None, 100, 0, np.inf, 99, 0, 1),
        ("reverse_kl", None, -100, -np.inf, -np.inf, -101, np.inf, 1),
        ("neyman", None, 17.5, 1, 2, 1.999683, 2.510999e-8, 1.584613e-4),
        ("squared_hellinger", None, -60, -1.142007e26, -1, -1, 1.142007e26, 8.756511e-27),
        ("squared_hellinger", None, 60, 1, np.inf, 1.142007e26, 8.756511e-27, 1.142007e26),
        ("jeffrey", None, 7.906755, 7.906755, 1005.908, 1005.908, 1, 1000),
        ("jensen_shannon", None, 6, 0.6906715, 5.309329, 5.309329, 0.002472623, 0.9975274),
        ("weighted_jensen_shannon", 0.3, 60, 0.3611918, np.inf, 40.90755, 0, 0.7),
        ("gan", None, 6, -0.002475685, 6.002476, 6.002476, 0.002472623, 0.9975274),
        ("alpha_below_one", 0.5, 30, 2, np.inf, 4.27459e13, 9.357623e-14, 4.27459e13),
        ("alpha_above_one", 1.5, 100, 100, 88433.33, 88433.33, 1, 2601),
    ]
    COMPOSED = {
        "total_variation": [-0.3807971, 0, 0.4820138],
        "kl": [0.1353353, 0.3678794, 2.718282],
        "reverse_kl": [-2, -1, 1],
        "pearson": [-0.75, 0, 3],
        "neyman": [-1.297443, 0, 1.264241],
        "squared_hellinger": [-0.6321206, 0, 6.389056],
        "jeffrey": [-0.8006537, 0, 3.869586],
        "jensen_shannon": [-0.3798855, 0, 1.433781],
        "weighted_jensen_shannon": [-0.2408275, -0.1765323, 0.4953106],
        "gan": [0.3132617, 0.6931472, 2.126928],
        "alpha_below_one": [1.045851, 3.77078, 29.51393],
        "alpha_above_one": [-0.5833333, 0, 4.666667],
    }
    # On the images of NEAR v is 1/4, 2, -1 for the real and 1, -3, 1/2 for the fakes. There your table is not asked:
    # these are the values and slopes of g_f and f* of the row.
    PEARSON = {
        "points": np.array([0.25, 2, -1, 1, -3, 0.5]),
        "activations": np.array([0.25, 2, -1, 1, -3, 0.5]),
        "activation_slopes": np.ones(6),
        "composed": np.array([0.265625, 3, -0.75, 1.25, -1, 0.5625]),
        "composed_slopes": np.array([1.125, 2, 0.5, 1.5, 0, 1.25]),
        "conjugates": np.array([0.265625, 3, -0.75, 1.25, -1, 0.5625]),
    }
    GAN = {
        "points": PEARSON["points"],
        "activations": np.array([-0.5759394, -0.126928, -1.313262, -0.3132617, -3.048587, -0.474077]),
        "activation_slopes": np.array([0.4378235, 0.1192029, 0.7310586, 0.2689414, 0.9525741, 0.3775407]),
        "composed": np.array([0.8259394, 2.126928, 0.3132617, 1.313262, 0.04858735, 0.974077]),
        "composed_slopes": np.array([0.5621765, 0.8807971, 0.2689414, 0.7310586, 0.04742587, 0.6224593]),
        "conjugates": np.array([0.8259394, 2.126928, 0.3132617, 1.313262, 0.04858735, 0.974077]),
    }

    # At v = -120 and 120. Of g_f(120) float32 has nothing left, and f* is infinite there.
    FAR_GAN = {
        "points": np.array([-120.0, 120]),
        "activations": np.array([-120.0, 0]),
        "activation_slopes": np.array([1.0, 0]),
        "composed": np.array([0.0, 120]),
        "composed_slopes": np.array([0.0, 1]),
        "conjugates": np.array([0, np.inf]),
    }
    # The same with log 2 in it.
    FAR_JENSEN_SHANNON = {
        **FAR_GAN,
        "activations": np.array([-119.30685, 0.6931472]),
        "composed": np.array([-0.6931472, 119.30685]),
        "conjugates": np.array([-0.6931472, np.inf]),
    }
    # A row with a parameter, pi = 0.3, on two of the images.
    TWO = {**NEAR, "real": NEAR["real"][:2], "images": NEAR["images"][:2]}
    WEIGHTED = {
        "points": np.array([0.25, 2, 1, -3]),
        "activations": np.array([-0.2147476, 0.2342638, 0.04793015, -2.687396]),
        "activation_slopes": np.array([0.4378235, 0.1192029, 0.2689414, 0.9525741]),
        "composed": np.array([-0.1386736, 0.4953106, 0.05400175, -0.2496454]),
        "composed_slopes": np.array([0.1755432, 0.528104, 0.3408376, 8.582427e-5]),
        "conjugates": np.array([-0.1386736, 0.4953106, 0.05400175, -0.2496454]),
    }

    @graded(is_extra_credit=True)
    def test_0(self):
        """8b-0-basic: conjugate_of_activation at v = -1, 0 and 2, where f* is constant, and far out"""
        columns = []
        for name, a in ROWS.items():
            known = {"activations": Test_8a.ACTIVATIONS[name], "composed": self.COMPOSED[name]}
            known["conjugates"] = self.COMPOSED[name]
            columns.append(self.composed(name, a, self.V, {"value": self.COMPOSED[name]}, known))
        # In float32, log(1 - exp(-0.0)) is all that is left of 100.
        known = {"activations": [-100, 0], "composed": [0, 100], "conjugates": [0, np.inf]}
        columns.append(self.composed("gan", None, np.array([-100.0, 100]), {"value": [0, 100]}, known))
        # The same, log 2 less, which is all that is left of the activation.
        known = {"activations": [0.6931472], "composed": [99.30685], "conjugates": [np.inf]}
        columns.append(self.composed("jensen_shannon", None, np.array([100.0]), {"value": [99.30685]}, known))
        # Below every slope of f, as in 8a-1-basic; and with another alpha.
        for name, a, v, activation, value in (
            ("pearson", None, -3, -3, -1),
            ("alpha_above_one", 1.5, -3, -3, -2 / 3),
            ("alpha_below_one", 0.25, 2, 1.206405, 4.760329),
        ):
            known = {"activations": [activation], "composed": [value], "conjugates": [value]}
            columns.append(self.composed(name, a, np.array([float(v)]), {"value": [value]}, known))
        for name, a, v, *numbers, value, activation_slope, slope in self.FAR:
            known = dict(zip(("activations", "conjugates"), ([number] for number in numbers), strict=True))
            known |= {"activation_slopes": [activation_slope], "composed_slopes": [slope], "composed": [value]}
            answer = {"value": [value], "gradient": [slope]}
            columns.append(self.composed(name, a, np.array([float(v)]), answer, known))
        self.columns(columns)
        self.again(lambda rng: self.columns([self.composed(*row, 2 * rng.normal(size=4)) for row in ROWS.items()]))

    @graded(is_extra_credit=True)
    def test_1(self):
        """8b-1-basic: f_gan_loss_d for Pearson's divergence and the GAN's, with pi = 0.3, and far out"""
        # T of the real: 1/4, 2, -1. f*(T) of the fakes: 5/4, -1, 9/16.
        answer = {"value": -0.1458333, "grad_weight": [[[0.75, -0.4583333]]], "grad_bias": -0.0833333}
        self.f_gan_losses("f_gan_loss_d", NEAR, ["pearson"], self.PEARSON, answer)
        # The loss of problem 2: the numbers of 2b-0-basic.
        answer = {"value": 1.450685, "grad_weight": [[[0.623222, -0.195486]]], "grad_bias": 0.03762}
        self.f_gan_losses("f_gan_loss_d", NEAR, ["gan"], self.GAN, answer)
        # Those of 2b-2-basic.
        answer = {"value": 160, "grad_weight": [[[60, 100]]], "grad_bias": 0}
        self.f_gan_losses("f_gan_loss_d", FAR, ["gan"], self.FAR_GAN, answer)
        answer = {**answer, "value": 158.6137}  # 2 log 2 less
        self.f_gan_losses("f_gan_loss_d", FAR, ["jensen_shannon"], self.FAR_JENSEN_SHANNON, answer)
        # The mean of 0.05400 and -0.24965, less that of -0.21475 and 0.23426.
        answer = {"value": -0.1075800, "grad_weight": [[[0.0560036, -0.0596444]]], "grad_bias": -0.1080515}
        self.f_gan_losses("f_gan_loss_d", self.TWO, ["weighted_jensen_shannon"], self.WEIGHTED, answer)
        self.again(lambda rng: self.f_gan_losses("f_gan_loss_d", random_images(rng, 3, (1, 1, 2)), ["kl"]))

    @graded(is_extra_credit=True)
    def test_2(self):
        """8b-2-basic: f_gan_loss_g for Pearson's divergence and the GAN's, with pi = 0.3, and far out"""
        gradient = np.repeat([-0.5, 0, -1.25 / 3], 2).reshape(3, 1, 1, 2)
        answer = {"value": -0.2708333, "grad_images": gradient}
        self.f_gan_losses("f_gan_loss_g", NEAR, ["pearson"], self.PEARSON, answer)
        gradient = np.repeat([-0.2436862, -0.01580862, -0.2074864], 2).reshape(3, 1, 1, 2)
        answer = {"value": -0.7786421, "grad_images": gradient}
        self.f_gan_losses("f_gan_loss_g", NEAR, ["gan"], self.GAN, answer)
        # Those of 7a-1-basic, the minimax loss, and log 2 more.
        gradient = np.repeat([0, -1 / 3, -1 / 3], 2).reshape(3, 1, 1, 2)
        for name, known, value in (
            ("gan", self.FAR_GAN, -80),
            ("jensen_shannon", self.FAR_JENSEN_SHANNON, -79.30685),
        ):
            self.f_gan_losses("f_gan_loss_g", FAR, [name], known, {"value": value, "grad_images": gradient})
        gradient = np.repeat([-0.1704188, -4.291214e-5], 2).reshape(2, 1, 1, 2)
        answer = {"value": 0.0978218, "grad_images": gradient}
        self.f_gan_losses("f_gan_loss_g", self.TWO, ["weighted_jensen_shannon"], self.WEIGHTED, answer)
        self.again(lambda rng: self.f_gan_losses("f_gan_loss_g", random_images(rng, 3, (1, 1, 2)), ["kl"]))

    @graded(is_extra_credit=True)
    def test_3(self):
        """8b-3-hidden: conjugate_of_activation and its derivative, also far out, for other pi and alpha"""
        at = 2 * self.rng.normal(size=(2, 5))
        far = {name: np.array(REACH[name], dtype=float)[:, None] for name in ROWS}  # each alone, as in 8a-3-hidden
        self.columns([self.composed(name, a, place) for name, a in ROWS.items() for place in (at, *far[name])])
        for v in self.middle():
            self.columns([self.composed(*row, np.array([v])) for row in ROWS.items()])
        self.columns([self.composed(name, a, at) for name in FURTHER for a in further_of(name, self.rng)])

    @graded(is_extra_credit=True)
    def test_4(self):
        """8b-4-hidden: f_gan_loss_d for all rows, other images and batches"""
        self.many("f_gan_loss_d")

    @graded(is_extra_credit=True)
    def test_5(self):
        """8b-5-hidden: f_gan_loss_g for all rows, other images and batches"""
        self.many("f_gan_loss_g")

    @graded(is_extra_credit=True)
    def test_6(self):
        """8b-6-hidden: the noise of both losses, and the device on which they make things"""
        self.noise_and_device("f_gan_loss_d")
        self.noise_and_device("f_gan_loss_g")

    def many(self, function):
        for size, shape in BATCHES:
            case = random_images(self.rng, size, shape)
            case = {
                **case,
                "weight": case["weight"] / np.sqrt(case["weight"].size),
                "curvature": case["curvature"] / 10,
            }
            self.f_gan_losses(function, far(case), ["gan"])
            self.f_gan_losses(function, case, ("kl", "reverse_kl") if size > 4 else ROWS)
        sizes = FAR_APART + self.rng.uniform(0, 0.1, size=FAR_APART.shape)
        self.f_gan_losses(function, far(random_images(self.rng, *BATCHES[1]), *sizes), ROWS)

    def composed(self, name, a, at, answer=None, known=None):
        """A column of `conjugate_of_activation`, where the other two are known at the points where they are asked."""
        if self.solution:
            known = self.solution.fgan.known(name, _number(a), at.reshape(-1))
        known = known or dict.fromkeys(("activations", "composed", "conjugates"), np.zeros(at.size))
        slopes = dict.fromkeys(("activation_slopes", "composed_slopes"), np.ones(at.size))
        known = {"points": at.reshape(-1), **slopes, **{key: np.array(values) for key, values in known.items()}}
        known["composed"] = np.zeros(at.size)  # what is asked for does not travel with the question
        return Column("conjugate_of_activation", name, a, at, answer, known=known)

    def f_gan_losses(self, function, case, names, known=None, answer=None):
        """A loss for several divergences, where the student's table is one that is known at the points where it is
        asked."""
        if not self.solution and known is None:
            names, case, known = ["gan"], NEAR, self.GAN  # something to run the code on, where no answers are
        questions = []
        for name in names:
            on = {"name": name, "a": _number(ROWS[name]), **case, **(self._known(name, case) or known)}
            title = f"{function} of {_row(name, ROWS[name])}"
            subject = {"function": function, "title": title, **case_told(function, case)}
            questions.append((subject, {"function": function, **on}))
        for name, reply in zip(names, self.ask_each("fgan.loss", questions), strict=True):
            self.expect(reply, answer or self._right_loss(function, name, case), len(case["real"]))
            self.untouched(reply, real_after="x_real")

    def _known(self, name, case):
        """What stands in for the student's table, where the answers are."""
        if not self.solution:
            return None
        columns = self.solution.fgan
        coefficients = {key: case[key] for key in ("weight", "curvature", "bias")}
        points = np.concatenate([columns.values(case[images], **coefficients) for images in ("real", "images")])
        return columns.known(name, _number(ROWS[name]), points)

    def _right_loss(self, function, name, case):
        if not self.solution:
            return None
        answer = getattr(self.solution.fgan, function)(name, _number(ROWS[name]), **case)
        if not case["curvature"].any():
            answer.pop("grad_curvature", None)
        return answer


def further_of(name, rng):
    """Other parameters of a row, if it has any."""
    return [rng.uniform(*interval) for interval in FURTHER.get(name, ())]


def _number(a):
    return np.nan if a is None else a


def _row(name, a):
    return name if a is None else f"{name} with a = {a:.3g}"
