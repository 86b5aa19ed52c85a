"""The training loop as a starter writes it, with the same networks and the same losses: what ours is held against.

    python bench/starter.py flow|gan|cgan|wgan-gp --out_dir FOLDER [--data FOLDER] [--seed 0] [--n_epochs 50]

Everything is imported, every image goes through PIL each time, every backward pass goes through both networks with
the graph retained, Adam is the plain one, and each loss is fetched each step. Writes its pictures as often as ours,
and the parameters that it ends with.
"""

import argparse
import sys
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from sklearn.datasets import make_moons  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402
from torchvision import datasets, transforms  # noqa: E402
from torchvision.utils import save_image  # noqa: E402
from tqdm import tqdm  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import network  # noqa: E402
from submission import flow_network, gan  # noqa: E402

LOSSES = {
    "gan": (gan.loss_nonsaturating_d, gan.loss_nonsaturating_g),
    "cgan": (gan.conditional_loss_nonsaturating_d, gan.conditional_loss_nonsaturating_g),
    "wgan-gp": (gan.loss_wasserstein_gp_d, gan.loss_wasserstein_gp_g),
}


def train_flow(flags):
    points, _ = make_moons(30_000, noise=0.05, random_state=np.random.RandomState(1))
    points = torch.tensor(StandardScaler().fit_transform(points), dtype=torch.float32)
    train, valid, _ = points.split([24_000, 3_000, 3_000])
    train_loader = DataLoader(TensorDataset(train), batch_size=100, shuffle=True)
    valid_loader = DataLoader(TensorDataset(valid), batch_size=100)
    flow = flow_network.MAF(2, 100, 1, 5)
    optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3, weight_decay=1e-6)
    for epoch in range(1, flags.n_epochs + 1):
        flow.train()
        total = 0.0
        for (x,) in tqdm(train_loader, desc=f"epoch {epoch}", mininterval=10):
            optimizer.zero_grad()
            loss = flow.loss(x)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        flow.eval()
        with torch.no_grad():
            nll = np.mean([flow.loss(x).item() for (x,) in valid_loader])
        print(f"epoch {epoch}: train {total / len(train):.4f}, valid {nll:.4f}")
        if epoch % 10 == 0 or epoch == flags.n_epochs:
            samples = flow.sample(torch.device("cpu"), 1000)
            plt.figure(figsize=(5, 5))
            plt.scatter(samples[:, 0], samples[:, 1], s=6)
            plt.savefig(flags.out_dir / f"samples_epoch{epoch}.png")
            plt.close()
    torch.save({"flow": flow.state_dict()}, flags.out_dir / "starter.pt")


def train_gan(flags):
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])
    loader = DataLoader(
        datasets.FashionMNIST(flags.data, train=True, transform=transform), batch_size=64, shuffle=True, drop_last=True
    )
    conditional = flags.model == "cgan"
    g = network.ConditionalGenerator() if conditional else network.Generator()
    d = network.ConditionalDiscriminator() if conditional else network.Discriminator()
    loss_d, loss_g = LOSSES[flags.model]
    g_optimizer = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.999))
    noise = (torch.randn(100, g.dim_z), torch.arange(100) % 10)[: 1 + conditional]
    device = torch.device("cpu")
    with tqdm(loader, mininterval=10) as bar:
        for step, (x, y) in enumerate(bar, start=1):
            batch = (x, y) if conditional else (x,)
            d_loss = loss_d(g, d, *batch, device=device)
            d_optimizer.zero_grad()
            d_loss.backward(retain_graph=True)
            d_optimizer.step()
            g_loss = loss_g(g, d, *batch, device=device)
            g_optimizer.zero_grad()
            g_loss.backward(retain_graph=True)
            g_optimizer.step()
            bar.set_postfix(d=d_loss.item(), g=g_loss.item())
            if step == 1:
                save_image(x, flags.out_dir / "real.png", nrow=10, normalize=True)
            if step % 50 == 0 or step == len(loader):
                g.eval()
                with torch.no_grad():
                    save_image(g(*noise), flags.out_dir / f"fake_{step:04d}.png", nrow=10, normalize=True)
                g.train()
    torch.save({"generator": g.state_dict(), "discriminator": d.state_dict()}, flags.out_dir / "starter.pt")


def main():
    parser = argparse.ArgumentParser(description="Trains as a starter does.")
    parser.add_argument("model", choices=["flow", *LOSSES])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder with FashionMNIST/raw/, as torchvision has it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n_epochs", type=int, default=50, help="of the flow (50)")
    flags = parser.parse_args()
    flags.out_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(flags.seed)
    (train_flow if flags.model == "flow" else train_gan)(flags)


if __name__ == "__main__":
    main()
