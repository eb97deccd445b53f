#!/usr/bin/env python3
"""Writes the shell scripts that stand in the CI templates and in action.yml to a folder, for shellcheck.

Usage: scripts.py FOLDER, from the top of the tree. Prints the names of the files it wrote.
"""

import pathlib
import re
import sys
import textwrap

from ruamel.yaml import YAML


def scripts():
    load = YAML(typ="safe").load
    for number, step in enumerate(load(pathlib.Path("action.yml"))["runs"]["steps"]):
        if "run" in step:
            yield f"action-{number}.sh", "bash", step["run"]
    for number, step in enumerate(load(pathlib.Path("templates/github-workflow.yml"))["jobs"]["secrets"]["steps"]):
        if "run" in step:
            yield f"github-{number}.sh", "bash", step["run"]
    for number, line in enumerate(load(pathlib.Path("templates/straykey.gitlab-ci.yml"))["straykey"]["script"]):
        yield f"gitlab-{number}.sh", "sh", line
    for number, step in enumerate(load(pathlib.Path("templates/azure-pipelines.yml"))["steps"]):
        if "bash" in step:
            yield f"azure-{number}.sh", "bash", step["bash"]
    jenkins = pathlib.Path("templates/Jenkinsfile").read_text(encoding="utf-8")
    for number, text in enumerate(re.findall(r"'''#!/bin/sh\n(.*?)'''", jenkins, re.DOTALL)):
        yield f"jenkins-{number}.sh", "sh", textwrap.dedent(text)


folder = pathlib.Path(sys.argv[1])
for name, shell, text in scripts():
    (folder / name).write_text(f"#!/usr/bin/env {shell}\n{text}", encoding="utf-8")
    print(folder / name)
