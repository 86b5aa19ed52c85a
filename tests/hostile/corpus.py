"""All attacks, by kind."""

from tests.hostile import arena, exits, forgeries, liars, patches

KINDS = {
    kind.__name__.rpartition(".")[2]: kind.ATTACKS
    for kind in (exits, patches, forgeries, liars)
}
ATTACKS = {attack.name: attack for attacks in KINDS.values() for attack in attacks}


def fight(chosen):
    """Runs one attack, given (name, wall); returns its `arena.Bout`."""
    name, wall = chosen
    return arena.fight(ATTACKS[name], wall)
