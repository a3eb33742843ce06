"""Writes small result files that ask for more work or memory than they have bytes."""
import json


def head(schema, model, parameters, options):
    return {"schema": f"moebius.{schema}/1", "version": "0", "command": "c", "model": model,
            "parameters": parameters, "options": options}


def branch(columns, kind="equilibrium", **more):
    return {"id": 1, "kind": kind, "from": "", "first": "range_end", "last": "range_end", **more, "columns": columns}


def write(name, document, padding=0):
    """Groups may have as many members as the file has bytes."""
    with open(name + ".json", "w") as file:
        file.write(json.dumps(document) + " " * padding)


TWO = {"feedback": 1.0, "decay": 1.0, "beta": 1.0, "bias": 0.0}
FEEDBACK = {"vary": ["feedback=1:9"]}

for experts in (2000, 50000):
    model = {"feedback": float(experts), "decay": 1.0, "beta": 1.0, "bias_1": 0.0}
    options = {"experts": experts, "vary": [f"feedback=1:{2 * experts}"]}
    columns = {"feedback": [1, 2], "s_1": [0, 0], "load_1": [1 / experts] * 2, "stable": [1, 1]}
    one = branch(columns, groups=f"1-{experts}")
    write(f"many_{experts}", {**head("diagram", "softmax", model, options), "branches": [one], "special_points": []},
          padding=experts)

# a discrete rule of steps so short that it takes 1e15 of them to come to rest
write("still", {**head("diagram", "two-expert", TWO, {**FEEDBACK, "step": 1e-12}),
                "branches": [branch({"feedback": [1, 9], "x": [0, 0], "stable": [1, 1]})], "special_points": []})

fold = branch({"feedback": [1.5, 1.5], "bias": [1, 2]}, kind="fold")
places = [[1 + k % 199 / 199, 1 + k % 211 / 211, k % 3] for k in range(30000)]
write("places", {**head("locus", "two-expert", TWO, {}), "branches": [fold], "special_points": [],
                 "stable_states": {"window": [1, 2, 1, 2], "places": places}})
far = branch({"feedback": [1e5, -1e5] * 500, "bias": [-1e5, 1e5] * 500}, kind="fold")
write("far", {**head("locus", "two-expert", TWO, {}), "branches": [fold, {**far, "id": 2}], "special_points": [],
              "stable_states": {"window": [1, 2, 1, 2], "places": places[:10]}})

point = {"label": "BP1", "type": "BP", "branch": 1, "row": 0, "parameters": {**TWO, "feedback": 12345},
         "state": [0.0], "multiplicity": 1, "eigenvalues": [[0.0, 0.0]], "normal_form": {"omega": 1.0},
         "criticality": "supercritical", "residual": 0.0}
write("start", {**head("diagram", "two-expert", TWO, FEEDBACK), "special_points": [point],
                "branches": [branch({"feedback": [1], "x": [0], "stable": [1]})]})
