"""Trains the classifier in whose feature space images are compared, and states how good it is.

    python bench/classifier.py

Writes src/training/fashion_mnist_classifier.pt; prints its accuracy on the test images, and what the metrics give
for real images in the place of generated ones: no generator can be expected to do better.
"""

import argparse
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from data import load_images, to_unit_range  # noqa: E402
from training.quality import WEIGHTS, Classifier, load_classifier, real_against_real  # noqa: E402

N_EPOCHS, BATCH, PEAK_LEARNING_RATE = 5, 128, 4e-3


def train(images, labels):
    classifier = Classifier().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.01)
    steps = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=N_EPOCHS * steps)
    for epoch in range(N_EPOCHS):
        for indices in torch.randperm(len(images))[: steps * BATCH].split(BATCH):
            batch = to_unit_range(images[indices])
            if epoch % 2:  # clothes look the same in a mirror
                batch = batch.flip(3)
            loss = F.cross_entropy(classifier(batch), labels[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss of the last batch {loss:.3f}", flush=True)
    return classifier


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    torch.manual_seed(0)
    data = load_images("fashion-mnist")
    classifier = train(data.train_images, data.train_labels)
    torch.save({name: _half(tensor) for name, tensor in classifier.state_dict().items()}, WEIGHTS)
    with torch.no_grad():  # as it is read: rounded to float16
        predicted = load_classifier("cpu")(to_unit_range(data.test_images)).argmax(1)
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")
    print(f"accuracy on the test images {(predicted == data.test_labels).float().mean():.4f}")
    for name, value in real_against_real(data).items():
        print(f"real against real: {name} {value:.4f}")


def _half(tensor):
    return tensor.half() if tensor.is_floating_point() else tensor


if __name__ == "__main__":
    main()
