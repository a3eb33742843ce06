# SPDX-License-Identifier: MIT
"""PyTorch's closed loops of the routers that loops_bench times: 65,536 tokens a step, fp32.

    python3 router_loops_torch.py

Each router as its user would write it in PyTorch, eagerly and as a CUDA graph of one step (which
saves the launches); the best of both is what counts. ProbMoE draws its sets by the dynamic program
over experts (arXiv 2606.01509), vectorized over tokens. Microseconds a step.
"""

import torch

T, FEEDBACK, STEP = 65536, 1.5, 0.02
DEVICE = "cuda"


def gumbel(shape):
    return -torch.log(-torch.log(torch.rand(shape, device=DEVICE).clamp_min(1e-30)))


def counted(choice, experts):
    ones = torch.ones(choice.numel(), device=DEVICE)
    return torch.zeros(experts, device=DEVICE).scatter_add_(0, choice.reshape(-1), ones) / choice.numel()


def top_k(k):
    def loads(z):
        return counted((z + gumbel(z.shape)).topk(k, dim=1).indices, z.shape[1])

    return loads


def soft(z):
    return torch.softmax(z, dim=1).mean(dim=0)


def exact_k(low, k):
    """Sets of low to k experts, P(S) ~ exp(sum of z over S)."""

    def loads(z):
        tokens, experts = z.shape
        top = z.topk(k, dim=1).values.mean(dim=1, keepdim=True)
        odds = torch.exp(z - top)
        table = [torch.zeros(tokens, k + 1, device=DEVICE)]
        table[0][:, 0] = 1
        for e in range(experts):  # table[e][:, n]: the weight of all sets of n of the first e
            now = table[-1].clone()
            now[:, 1:] += odds[:, e : e + 1] * table[-1][:, :-1]
            table.append(now)
        if low == k:
            left = torch.full((tokens, 1), k, dtype=torch.int64, device=DEVICE)
        else:
            sizes = torch.arange(low, k + 1, device=DEVICE)
            weight = table[-1][:, low:] * torch.exp(top * sizes)
            left = low + torch.multinomial(weight, 1)
        u = torch.rand(tokens, experts, device=DEVICE)
        chosen = torch.empty(tokens, experts, device=DEVICE)
        for e in reversed(range(experts)):
            before = (left - 1).clamp_min(0)
            inside = odds[:, e : e + 1] * table[e].gather(1, before) * (left > 0)
            member = u[:, e : e + 1] * table[e + 1].gather(1, left) < inside
            chosen[:, e : e + 1] = member
            left = left - member.long()
        counts = chosen.sum(dim=0)
        return counts / counts.sum()

    return loads


def stepper(loads, stored, experts):
    scores = torch.zeros(experts, device=DEVICE)

    def step():
        if stored is None:
            z = scores.expand(T, experts)
        else:
            z = stored[torch.randint(stored.shape[0], (T,), device=DEVICE)] + scores
        scores.add_(STEP * (FEEDBACK * loads(z) - scores))

    return step


def microseconds(call, repeats=200):
    for _ in range(5):
        call()
    torch.cuda.synchronize()
    from_, to = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    from_.record()
    for _ in range(repeats):
        call()
    to.record()
    torch.cuda.synchronize()
    return 1e3 * from_.elapsed_time(to) / repeats


def graphed(call):
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay


def main():
    print(torch.__version__, torch.cuda.get_device_name())
    for experts in (8, 64):
        rows = [
            ("top-k,k=1", top_k(1)),
            ("top-k,k=2 (selective-sinkhorn)", top_k(2)),
            ("probmoe-exact-k,k=2", exact_k(2, 2)),
            ("probmoe-dynamic-k,1..2", exact_k(1, 2)),
            ("soft-moe", soft),
        ]
        if experts == 64:
            rows.append(("probmoe-exact-k,k=8", exact_k(8, 8)))
        for stored in (None, torch.rand(360, experts, device=DEVICE)):
            for name, loads in rows:
                step = stepper(loads, stored, experts)
                times = {"eager": microseconds(step)}
                try:
                    times["graph"] = microseconds(graphed(step))
                except RuntimeError as why:
                    print("  no graph:", str(why).splitlines()[0])
                what = "no tokens" if stored is None else "stored tokens"
                shown = "  ".join(f"{way} {time:9.1f}" for way, time in times.items())
                print(f"{name:40} E {experts:3}  {what:13}  {shown} us a step")


if __name__ == "__main__":
    main()
