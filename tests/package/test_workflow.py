"""What the forge runs is what a developer can run: each step of the workflow that makes something is a target."""

import pathlib
import re

import yaml

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
JOBS = yaml.safe_load((TOP / ".github/workflows/test.yml").read_text())["jobs"]
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", (TOP / "Makefile").read_text(), re.M))


def made(job):
    """The targets that the steps of a job make."""
    commands = " ; ".join(step.get("run", "") for step in job["steps"])
    for name, values in job.get("strategy", {}).get("matrix", {}).items():
        commands = commands.replace("${{ matrix.%s }}" % name, " ".join(values))
    return {word for words in re.findall(r"\bmake((?: [a-z0-9-]+)+)", commands) for word in words.split()}


def test_every_target_that_the_workflow_makes_exists():
    wanted = {name: made(job) - {"python3", "git", "grep", "ca-certificates"} for name, job in JOBS.items()}
    assert wanted["test"] == {"test"} and wanted["packages"] == {"ipk", "apk", "deb"}
    assert set().union(*wanted.values()) <= TARGETS


def test_a_release_waits_for_every_other_job():
    assert set(JOBS["release"]["needs"]) == set(JOBS) - {"release"}


def test_everything_is_made_by_one_job_or_another():
    everything = re.search(r"^everything: ([a-z -]+)##", (TOP / "Makefile").read_text(), re.M)[1].split()
    assert set(everything) <= set().union(*(made(job) for job in JOBS.values()))
