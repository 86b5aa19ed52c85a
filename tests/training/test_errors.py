"""What a student's function gets wrong is said in terms of that function."""

import pytest
import torch

from training.errors import TrainingStopped, checked_loss, unwritten_function

WEIGHT = torch.ones(3, requires_grad=True)


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        (None, "NoneType: None"),
        (0.5, "float: 0.5"),
        (2 * WEIGHT, r"a tensor of shape \(3,\)"),
        (WEIGHT.sum().detach(), "a tensor without a gradient"),
    ],
)
def test_a_loss_that_cannot_be_minimised_is_described(loss, found):
    with pytest.raises(TrainingStopped, match=f"my_loss must return a 0-d tensor .* returned {found}"):
        checked_loss("my_loss", loss)


def test_a_good_loss_passes():
    loss = WEIGHT.sum()
    assert checked_loss("my_loss", loss) is loss


def test_only_functions_of_the_submission_are_taken_for_unwritten():
    try:
        raise NotImplementedError
    except NotImplementedError as error:
        assert unwritten_function(error) is None
