"""A training that goes back is where it was, whether it was stopped in between or not."""

import copy

import torch

from training.optimizer import Adam
from training.retreat import Retreat


class Training:
    def __init__(self):
        self.vector = torch.nn.Parameter(torch.zeros(3))
        self.optimizer = Adam([self.vector], lr=0.1)
        self.retreat = Retreat(self.vector, self.optimizer)
        self.seen = [self.vector.detach().clone()]

    def go(self, steps):
        for _ in range(steps):
            self.vector.grad = self.vector.detach() - torch.tensor([1.0, 2.0, 3.0])
            self.optimizer.step()
            self.retreat.advance()
            self.seen.append(self.vector.detach().clone())

    def state(self):
        return copy.deepcopy([self.vector.detach(), self.optimizer.state_dict(), self.retreat.state_dict()])


def test_it_goes_back_50_to_100_steps_and_on_as_before():
    for steps, place in ((10, 0), (60, 0), (100, 50), (149, 50), (150, 100)):
        training = Training()
        training.go(steps)
        training.retreat.back()
        assert torch.equal(training.vector, training.seen[place])
        training.go(5)
        whole = Training()
        whole.go(place + 5)
        assert torch.equal(training.vector, whole.seen[place + 5])


def test_it_goes_back_twice():
    training = Training()
    training.go(120)
    training.retreat.back()
    training.go(20)
    training.retreat.back()
    assert torch.equal(training.vector, training.seen[50])


def test_a_training_that_was_stopped_goes_back_to_the_same_place():
    whole, stopped, resumed = Training(), Training(), Training()
    whole.go(120)
    stopped.go(110)
    vector, optimizer, retreat = stopped.state()
    with torch.no_grad():
        resumed.vector.copy_(vector)
    resumed.optimizer.load_state_dict(optimizer)
    resumed.retreat.load_state_dict(retreat)
    resumed.go(10)
    for training in (whole, resumed):
        training.retreat.back()
        training.go(60)
    for mine, theirs in zip(whole.state(), resumed.state(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
