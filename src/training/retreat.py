"""Goes back 50 to 100 steps where the flow's loss has overflowed."""

import torch


class Retreat:
    """Remembers where a training was 50 to 100 steps ago, and goes back there.

    What led to a loss that overflows began steps before: to leave only that step out would be to stand where all the
    next ones overflow too. From further back, other batches lead elsewhere. It is a part of the run, saved with it, so
    that a run that is resumed goes back to where one never stopped would.

    Args:
        vector: torch.nn.Parameter that is trained.
        optimizer: the torch optimiser of this one.
    """

    EVERY = 50  # steps between two places that it remembers

    def __init__(self, vector, optimizer):
        self.vector, self.optimizer = vector, optimizer
        self.steps, self.newer = 0, self._here()
        self.older = self.newer

    def advance(self):
        """Call after each step that was taken."""
        self.steps += 1
        if self.steps % self.EVERY == 0:
            self.older, self.newer = self.newer, self._here()

    def back(self):
        """Puts parameters and optimiser back; its learning rate stays."""
        vector, state = self.older
        with torch.no_grad():
            self.vector.copy_(vector)
        device = self.vector.device
        self.optimizer.state[self.vector] = {name: value.to(device, copy=True) for name, value in state.items()}
        self.steps, self.newer = 0, self.older

    def _here(self):
        state = self.optimizer.state[self.vector]
        return self.vector.detach().clone(), {name: value.clone() for name, value in state.items()}

    def state_dict(self):
        return {"steps": self.steps, "newer": self.newer, "older": self.older}

    def load_state_dict(self, state):
        self.steps, self.newer, self.older = state["steps"], state["newer"], state["older"]
