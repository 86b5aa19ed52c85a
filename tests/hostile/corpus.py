"""All attacks, by kind."""

import traceback

from tests.hostile import (
    archives,
    arena,
    bombs,
    exits,
    forgeries,
    liars,
    neighbours,
    network,
    output,
    patches,
    powers,
    shadows,
    spies,
    writers,
)

_MODULES = (
    exits,
    patches,
    forgeries,
    liars,
    spies,
    writers,
    shadows,
    powers,
    bombs,
    network,
    archives,
    neighbours,
    output,
)
KINDS = {kind.__name__.rpartition(".")[2]: kind.ATTACKS for kind in _MODULES}
ATTACKS = {attack.name: attack for attacks in KINDS.values() for attack in attacks}


def fight(chosen):
    """Runs one attack, given (name, wall); returns its `arena.Bout`."""
    name, wall = chosen
    try:
        return arena.fight(ATTACKS[name], wall)
    except Exception as error:  # one attack is not to end the table
        traceback.print_exc()
        return arena.Bout(name, wall, repr(error), 0, 0, [("invalid results", "the arena itself stumbled")])
