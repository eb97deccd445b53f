#!/usr/bin/env python3
"""Makes letter-pairs.tsv: how much likelier each pair of letters is within words than in random text.

  letter-pairs.py DIR... > letter-pairs.tsv

Reads the source and prose files below each DIR (a registry of crates, a clone of a repository), splits them into words
as names of programs are split (at what is no letter, and at changes of case), and counts each distinct word of three
letters or more by the logarithm of its frequency, so that no single project's vocabulary decides. A cell is the
logarithm to base 2 of P(second | first) * 26, in eighths of a bit, cut off at -40 and 40: 0 is what random letters give.
Words met fewer than three times are left out, as random text in tests and data would be among them.
"""
import collections
import math
import pathlib
import re
import sys

SUFFIXES = {".rs", ".py", ".js", ".ts", ".java", ".go", ".c", ".h", ".md", ".txt", ".toml"}
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def main():
    words = collections.Counter()
    files = 0
    for root in sys.argv[1:]:
        for path in sorted(pathlib.Path(root).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file() or path.stat().st_size > 1 << 20:
                continue
            files += 1
            words.update(word.lower() for word in WORD.findall(path.read_text(errors="replace")))
    pairs = collections.Counter()
    kept = 0
    for word, count in words.items():
        if len(word) < 3 or count < 3:
            continue
        kept += 1
        for pair in zip(word, word[1:]):
            pairs[pair] += math.log2(1 + count)
    print(f"# made by letter-pairs.py from {kept} words of {files} files; eighths of a bit; rows: first letter, columns: second")
    for first in LETTERS:
        total = sum(pairs[first, second] for second in LETTERS) + 26 * 0.5
        cells = (8 * math.log2((pairs[first, second] + 0.5) / total * 26) for second in LETTERS)
        print("\t".join([first, *(str(max(-40, min(40, round(cell)))) for cell in cells)]))


main()
