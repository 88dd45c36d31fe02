"""What cancels in a network: Σ_j A_ij inv(A)_jk = δ_ik, Σ_i p_i = 1 of a distribution, triangles."""

from __future__ import annotations

from matcalc.algebra.full.networks import Index, Network


def cancelled(net: Network, free: set[int]) -> bool:
    """Whether something was taken out, so that the edges have to be looked at again."""
    places: dict[Index, list[tuple[int, int]]] = {}
    count: dict[int, int] = {}
    for k, (_, args, exponent) in enumerate(net.edges):
        if _at_triangle(net, k):
            return True
        times = exponent if isinstance(exponent, int) and 0 < exponent <= 2 else 3
        for slot, arg in enumerate(args):
            places.setdefault(arg, []).extend([(k, slot)] * times)
            for v in arg:
                count[v] = count.get(v, 0) + times
    for index, met in places.items():
        if not index or any(v in free for v in index):
            continue
        if len(met) == 1 and count[index[0]] == 1 and all(count[v] == 1 for v in index):
            if _summed_to_one(net, met[0][0]):
                return True
        elif len(met) == 2 and all(count[v] == 2 for v in index) and _meet(net, *met):
            return True
    return False


def _summed_to_one(net: Network, k: int) -> bool:
    """Σ_i p_i = 1 for a distribution."""
    atom, args, _ = net.edges[k]
    if len(args) == 1 and "distribution" in net.atoms.atoms[atom].words:
        net.gone.update(args[0])
        del net.edges[k]
        return True
    return False


def _meet(net: Network, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Σ_j A_ij inv(A)_jk = δ_ik and the like."""
    for (k, s), (m, t) in ((first, second), (second, first)):
        (a, left, _), (b, right, _) = net.edges[k], net.edges[m]
        meets = net.atoms.atoms[a].meets
        kind = next((meets[x, b, y] for x in _slots(net, a, s) for y in _slots(net, b, t) if (x, b, y) in meets), None)
        if kind is None:
            continue
        net.gone.update(left[s])
        for place in sorted({k, m}, reverse=True):
            del net.edges[place]
        rest = [arg for slot, arg in enumerate(left) if slot != s], [arg for slot, arg in enumerate(right) if slot != t]
        if kind == "same":
            net.edges.append((a, (rest[0][0], rest[1][0]), 1))
        elif rest[0]:
            net.join(rest[0][0], rest[1][0])
        return True
    return False


def _slots(net: Network, atom: int, slot: int) -> tuple[int, ...]:
    """The slot, and of a symmetric atom the other one."""
    return (slot, 1 - slot) if "symmetric" in net.atoms.atoms[atom].words else (slot,)


def _at_triangle(net: Network, k: int) -> bool:
    """T_ii = 1, T_ij T_ji = δ_ij, and T_ij L_ij = L_ij for a lower triangular L."""
    atom, args, _ = net.edges[k]
    if "triangle" not in net.atoms.atoms[atom].words:
        return False
    if args[0] == args[1]:
        del net.edges[k]
        return True
    for number, other, exponent in net.edges:
        words = net.atoms.atoms[number].words
        same, turned = other == args, other == args[::-1]
        if number != atom and ((same and "lower" in words) or (turned and "upper" in words)) and exponent > 0:
            del net.edges[k]
            return True
        if exponent > 0 and ((turned and (number == atom or "lower" in words)) or (same and "upper" in words)):
            del net.edges[k]
            net.join(args[0], args[1])
            return True
    return False
