"""A smaller adapter in place of one whose rank has grown over many updates."""

import torch

from clinical_sdft.models.adapters import Adapter


@torch.no_grad()
def compacted(adapter: Adapter, most: int | None) -> tuple[Adapter, float]:
    """Return an adapter of rank `most` at most, and the share of the deltas' squared Frobenius norm that it lost.

    Of each module's delta B A the largest singular values stay: no matrix of that rank is nearer (Eckart and Young
    1936). Only matrices of the old rank are decomposed: with B = Q_b R_b and Aᵀ = Q_a R_a, the singular values of B A
    are those of R_b R_aᵀ. An adapter that is small enough comes back as it is.
    """
    if most is None or adapter.rank <= most:
        return adapter, 0.0
    factors: dict[str, torch.Tensor] = {}
    whole = lost = 0.0
    for module in adapter.modules:
        a, b = (factor.double() for factor in adapter.pair(module))
        q_b, r_b = torch.linalg.qr(b)
        q_a, r_a = torch.linalg.qr(a.T)
        u, values, v = torch.linalg.svd(r_b @ r_a.T, full_matrices=False)
        # A module narrower than `most` has fewer values; the rest of its factors are nothing.
        kept = values[:most]
        root = torch.nn.functional.pad(kept.sqrt(), (0, most - len(kept)))
        left = torch.nn.functional.pad(q_b @ u[:, :most], (0, most - len(kept)))
        right = torch.nn.functional.pad(v[:most] @ q_a.T, (0, 0, 0, most - len(kept)))
        factors[f"{module}.lora_A.weight"] = (root[:, None] * right).float()
        factors[f"{module}.lora_B.weight"] = (left * root).float()
        whole += float(values.square().sum())
        lost += float(values[most:].square().sum())
    return Adapter(factors, adapter.scale), lost / whole if whole else 0.0
