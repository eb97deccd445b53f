#!/usr/bin/env python3
"""Makes weights.txt, the trees that tell how likely a value that is assigned to a name is a secret.

  train.py --binary PATH/straykey --candidates PATH/examples/candidates --credentials DIR [--cases DIR]
           [--write weights.txt] [--folds 5] [--repeats 5] [--seed 1]

Needs numpy and lightgbm. Learns from four sources, of which this repository keeps the last two:

  --credentials  real files with labelled lines (labels.csv, split.csv, files/, score.py: the layout of CredData). Their
                 authors replaced true passwords by random letters and left false ones as they were. Each true
                 password is therefore learnt twice: as it is, and with a password of the kind that people choose in its
                 place, so that being a word does not decide.
  --cases        texts from scanners' tests (cases.jsonl, score_cases.py)
  the corpus of this repository, planted here: passwords that people choose, and what only looks like them
  the code and documentation of this repository, which hold no secret

Always printed: figures by cross-validation, where no repository (and no file of the corpus) is in the training and in the
test; --write learns from all.
"""
import argparse
import csv
import hashlib
import importlib.util
import json
import pathlib
import random
import re
import string
import subprocess
import sys
import tempfile

import lightgbm
import numpy

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parent.parent / "corpus"
SLOT = re.compile(r"<<([a-z][a-z0-9-]*) ~ (.*?)>>(?!>)")
PARAMETERS = dict(objective="binary", learning_rate=0.07, num_leaves=20, min_data_in_leaf=40, bagging_fraction=0.8,
                  bagging_freq=1, feature_fraction=0.5, lambda_l2=3.0, verbose=-1, num_threads=2, deterministic=True,
                  force_row_wise=True)
TREES = 180
# Points of confidence and the likelihood that they stand for; 15, 50 and 80 begin the grades low, medium and high.
KNOTS = [(0, 0.0), (15, 0.15), (50, 0.55), (80, 0.85), (100, 1.0)]


def plant(folder):
    """Fills the slots of the corpus; returns (path, line, first column, end column, is a secret)."""
    letters = string.ascii_letters + string.digits
    alphabets = {"hex": "0123456789abcdef", "HEX": "0123456789ABCDEF", "base62": letters, "base64": letters + "+/",
                 "base64url": letters + "-_", "alnum": string.ascii_lowercase + string.digits, "digits": string.digits,
                 "upper": string.ascii_uppercase, "lower": string.ascii_lowercase}
    labels = []
    for template in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        name = str(template.relative_to(CORPUS))
        rng = random.Random(name)

        def generate(found):
            if found.group(1) == "uuid":
                digits = "".join(rng.choice("0123456789abcdef") for _ in range(32))
                return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
            return "".join(rng.choice(alphabets[found.group(1)]) for _ in range(int(found.group(2))))

        text, filled, at = template.read_text("utf-8"), "", 0
        values = [slot.group(2).replace("{${}{", "") for slot in SLOT.finditer(text)]
        kinds = {kind for value in values for kind in re.findall(r"\{\{(\w+)", value)}
        if template.parent == CORPUS or "keystores" in name or re.search(r"<<[a-z][a-z0-9-]* @", text) or kinds - {*alphabets, "uuid"}:
            continue  # keys and the like are no assignments
        for slot in SLOT.finditer(text):
            filled += text[at:slot.start()]
            value = re.sub(r"\{\{(\w+)(?::(\d+))?\}\}", generate, slot.group(2)).replace("${}", "")
            column = len(filled) - (filled.rfind("\n") + 1) + 1
            labels.append((name, filled.count("\n") + 1, column, column + len(value), slot.group(1) != "decoy"))
            filled += value
            at = slot.end()
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled + text[at:], "utf-8")
    return labels


def candidates(binary, root, names=None):
    if names is None:
        names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    done = subprocess.run([binary, str(root)], input="\n".join(names), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def module(path):
    spec = importlib.util.spec_from_file_location("scorer", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class Rows:
    """What is learnt from: features, labels, weights, and the group that may not be torn apart."""

    def __init__(self):
        self.features, self.labels, self.weights, self.groups = [], [], [], []

    def add(self, features, label, weight, group):
        self.features.append(features)
        self.labels.append(label)
        self.weights.append(weight)
        self.groups.append(group)

    def arrays(self):
        return (numpy.array(self.features, dtype=numpy.float32), numpy.array(self.labels),
                numpy.array(self.weights), numpy.array(self.groups))


class Credentials:
    """The labelled files, with what their scorer needs."""

    def __init__(self, folder, binary, lister):
        self.scorer = module(folder / "score.py")
        with open(folder / "split.csv", newline="") as split:
            self.repositories = {row["repo"] for row in csv.DictReader(split) if row["split"] == "dev"}
        self.files = self.scorer.load_labels(folder / "labels.csv", self.repositories, "core")
        self.candidates = candidates(lister, folder / "files")
        modelled = {row["rule"] for row in self.candidates}
        with tempfile.TemporaryDirectory() as place:
            sarif = pathlib.Path(place) / "all.sarif"
            subprocess.run([binary, "scan", str(folder / "files"), "--output", f"sarif={sarif}", "--fail-on", "never",
                            "--allow-gaps"], capture_output=True, check=True)
            found = list(self.scorer.load_findings(sarif, self.repositories))
        self.others = [(path, item) for path, item in found if item["rule"] not in modelled]

    def label(self, row):
        """True, false, or none where the row is no evidence: an identifier, or beside a true value on one line."""
        width = len(row["value"])
        met = [label for label in self.files.get(row["path"], []) if label[0] <= row["line"] <= label[1]]

        def columns(label):
            known = label[0] == label[1] and 0 <= label[2] < label[3]
            return not known or row["column"] - 1 < label[3] and row["column"] - 1 + width >= label[2]

        true = [label for label in met if label[4] == "T"]
        if any(columns(label) for label in true):
            return True
        return None if true or any(label[4] == "I" for label in met) else False

    def figures(self, accepted):
        """Figures of the scorer for the findings of other rules and the candidates that are accepted."""
        item = lambda row: {"path": row["path"], "line_start": row["line"], "line_end": row["line"], "rule": row["rule"]}
        found = self.others + [(row["path"], item(row)) for row in accepted]
        hit, false, unknown, _ = self.scorer.score(self.files, found, False)
        true = sum(row[4] == "T" for rows in self.files.values() for row in rows)
        figures = self.scorer.figures(len(hit), true - len(hit), len(false), len(unknown))
        return figures, self.scorer.macro_recall(self.files, hit)


def fit(features, labels, weights):
    data = lightgbm.Dataset(features, labels, weight=weights, params={"verbose": -1})
    return lightgbm.train(dict(PARAMETERS, seed=7), data, num_boost_round=TREES)


def nodes(node):
    """A tree as words of weights.txt, with the mean of what came to it."""
    if "leaf_value" in node:
        value = round(node["leaf_value"] * 1e6)
        return [str(value)], value, node.get("leaf_count", 1)
    left, left_value, left_count = nodes(node["left_child"])
    right, right_value, right_count = nodes(node["right_child"])
    count = left_count + right_count
    value = round((left_value * left_count + right_value * right_count) / count)
    threshold = round(node["threshold"], 4)
    return [f"{node['split_feature']}:{threshold:g}:{value}"] + left + right, value, count


def calibrate(margins, labels):
    """Platt's scaling (Platt 1999): the slope and the intercept that fit the likelihoods, by Newton's method."""
    slope, intercept = 1.0, 0.0
    for _ in range(50):
        likelihood = 1 / (1 + numpy.exp(-(slope * margins + intercept)))
        fault, spread = likelihood - labels, likelihood * (1 - likelihood)
        gradient = numpy.array([(fault * margins).sum(), fault.sum()])
        curve = numpy.array([[(spread * margins ** 2).sum(), (spread * margins).sum()],
                             [(spread * margins).sum(), spread.sum()]])
        slope, intercept = numpy.array([slope, intercept]) - numpy.linalg.solve(curve, gradient)
    return slope, intercept


def cuts(slope, intercept):
    """The least margin for 1 to 100 points."""
    points, likelihoods = zip(*KNOTS)
    wanted = numpy.clip(numpy.interp(range(1, 101), points, likelihoods), 0.001, 0.9995)
    return [round(1e6 * (float(numpy.log(p / (1 - p))) - intercept) / slope) for p in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--candidates", required=True)
    parser.add_argument("--credentials", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    rows, tested = Rows(), []
    credentials = Credentials(options.credentials, options.binary, options.candidates)
    for row in credentials.candidates:
        label = credentials.label(row)
        if row["excluded"] or label is None:
            continue
        group = row["path"].split("/")[0]
        tested.append((len(rows.labels), row))
        rows.add(row["features"], label, 1.0, group)
        if label and row["chosen"]:
            rows.add(row["chosen"], True, 1.0, group)

    with tempfile.TemporaryDirectory() as place:
        planted = pathlib.Path(place)
        slots = plant(planted)
        corpus = candidates(options.candidates, planted)
    by_line = {}
    for number, (path, line, *_rest) in enumerate(slots):
        by_line.setdefault((path, line), []).append(number)
    corpus_rows = []
    for row in corpus:
        end = row["column"] + len(row["value"])
        here = [n for n in by_line.get((row["path"], row["line"]), []) if slots[n][2] < end and slots[n][3] > row["column"]]
        secret = any(slots[n][4] for n in here)
        if row["excluded"]:
            continue
        corpus_rows.append((len(rows.labels), row, here))
        rows.add(row["features"], secret, 1.0, "corpus/" + row["path"])

    # Our own tree holds no secret: what the rules match in its code and documentation is none.
    tree = HERE.parent.parent
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=tree, capture_output=True,
                            text=True, check=True).stdout.splitlines()
    own = [name for name in listed if name.startswith(("src/", "tests/", "patterns/", "docs/", "benches/", "build/"))
           and (tree / name).is_file()]
    for row in candidates(options.candidates, tree, own):
        if not row["excluded"]:
            rows.add(row["features"], False, 1.0, "own/" + row["path"])

    if options.cases:
        scorer = module(options.cases / "score_cases.py")
        cases = scorer.load(options.cases / "cases.jsonl")
        with tempfile.TemporaryDirectory() as place:
            scorer.write(cases, pathlib.Path(place))
            for row in candidates(options.candidates, pathlib.Path(place)):
                case = cases[int(pathlib.Path(row["path"]).name[:6])]
                secret = case.get("expected_secret")
                if row["excluded"] or case["kind"] == "positive" and not secret:
                    continue
                value = row["value"]
                true = case["kind"] == "positive" and (value in secret or secret in value)
                if true or case["kind"] != "positive":
                    rows.add(row["features"], true, 0.6 if true else 1.5, "cases/" + case["provider"])

    features, labels, weights, groups = rows.arrays()
    print(f"{len(labels)} rows, {int(labels.sum())} of them true, {features.shape[1]} features")
    margins = numpy.zeros((options.repeats, len(labels)))
    for repeat in range(options.repeats):
        # By digest, so that a group stays in its fold when others come in.
        drawn = lambda group: hashlib.sha256(f"{options.seed + repeat} {group}".encode()).digest()
        fold_of = {group: int.from_bytes(drawn(group)[:4]) % options.folds for group in set(groups)}
        folds = numpy.array([fold_of[group] for group in groups])
        for fold in range(options.folds):
            test = folds == fold
            model = fit(features[~test], labels[~test], weights[~test])
            margins[repeat, test] = model.predict(features[test], raw_score=True)
    slope, intercept = calibrate(margins.ravel(), numpy.tile(labels, options.repeats))
    likelihoods = 1 / (1 + numpy.exp(-(slope * margins + intercept)))

    print(f"cross-validated, {options.folds} folds, means of {options.repeats} splits from seed {options.seed} on")
    for least in (0.3, 0.4, 0.5, 0.55, 0.6, 0.7):
        sums = numpy.zeros(6)
        for given in likelihoods:
            figures, macro = credentials.figures([row for at, row in tested if given[at] >= least])
            reached = {number for at, _, here in corpus_rows if given[at] >= least for number in here}
            found = [sum(slots[number][4] == secret for number in reached) for secret in (True, False)]
            sums += [figures["R"], figures["P_strict"], figures["F1_strict"], macro, *found]
        recall, precision, f1, macro, secrets, decoys = sums / options.repeats
        total = sum(slot[4] for slot in slots)
        print(f"  likelihood {least:.2f}: recall {recall:.3f} strict precision {precision:.3f} strict F1 {f1:.3f} macro recall "
              f"{macro:.3f}; corpus, by these rules alone: {secrets:.0f}/{total} secrets, {decoys:.0f}/{len(slots) - total} decoys")
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        here = (likelihoods >= low) & (likelihoods < high)
        if here.any():
            share = numpy.tile(labels, (options.repeats, 1))[here].mean()
            print(f"  said {low:.1f} to {high:.1f}: {share:.3f} of {int(here.sum())} are secrets")

    if not options.write:
        return
    model = fit(features, labels, weights)
    importance = model.feature_importance("gain")
    trees = [nodes(tree["tree_structure"])[0] for tree in model.dump_model()["tree_info"]]
    named = subprocess.run([options.candidates, "--features"], capture_output=True, text=True, check=True).stdout.split()
    body = [f"features {' '.join(named)}", "base 0", "cuts " + " ".join(map(str, cuts(slope, intercept)))]
    body += ["tree " + " ".join(tree) for tree in trees]
    text = "\n".join(body) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    head = ["# Trees of the model of assignments; src/check/model/forest.rs reads them. Made by train.py, not by hand.",
            f"# SHA-256 of what follows these lines: {digest}",
            f"# Learnt from {len(labels)} rows ({int(labels.sum())} true): half of CredData (Samsung, Apache-2.0), labelled texts of",
            "# scanners' tests, our corpus and our own code. LightGBM " + lightgbm.__version__ + f", {TREES} trees."]
    options.write.write_text("\n".join(head) + "\n" + text, "utf-8")
    strongest = sorted(zip(importance, named), reverse=True)[:24]
    print("strongest:", ", ".join(f"{name} {gain:.0f}" for gain, name in strongest))
    print(f"{options.write}: {len(text)} bytes")


if __name__ == "__main__":
    sys.exit(main())
