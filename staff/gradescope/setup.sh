#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: Python, its packages, and what the wall needs.
set -euo pipefail
home=${AUTOGRADER:-/autograder}
source=$home/source
chmod -R go-rwx "$source"

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 python3-venv python3-pip ca-certificates libseccomp2 bubblewrap

# uv brings a Python of its own where the image's is older than 3.11.
python3 -m venv "$home/uv"
"$home/uv/bin/pip" install --quiet --disable-pip-version-check uv
uv=$home/uv/bin/uv
export UV_PYTHON_INSTALL_DIR=$home/python
"$uv" venv --quiet --python '>=3.11' "$home/venv"
# PyTorch without CUDA is a tenth of the size. Where its own index cannot be reached, the ordinary one has to do.
packages=(--python "$home/venv/bin/python" -r "$source/pyproject.toml" --extra staff)
"$uv" pip install --quiet --torch-backend cpu "${packages[@]}" || "$uv" pip install --quiet "${packages[@]}"

# The folder in which submissions will run, made now and not with the first of them; and a test of the wall.
cd "$source"
"$home/venv/bin/python" -m staff.isolation
