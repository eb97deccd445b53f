//! Where, for whom and by whom a scan is run, for the record: from the variables of pipelines, the host, and git.
//!
//! Variables are what somebody says; what straykey measured itself is marked as verified.

use std::env;
use std::path::Path;

use crate::evidence::{Ci, Claim, RunContext, TargetContext};
use crate::report::{Target, TargetKind};
use crate::source::git;

/// Characters of a variable that go into a record, at most.
const MAX_VALUE: usize = 512;

/// The variables by which a system of pipelines describes a run. Where several are named, the first that is set counts.
struct System {
    name: &'static str,
    /// Set wherever the system runs something.
    sign: &'static str,
    run: &'static [&'static str],
    actor: &'static [&'static str],
    trigger: &'static [&'static str],
    commit: &'static [&'static str],
    branch: &'static [&'static str],
    repository: &'static [&'static str],
}

/// From the systems' own lists of predefined variables.
const SYSTEMS: [System; 7] = [
    System {
        name: "github-actions",
        sign: "GITHUB_ACTIONS",
        run: &["GITHUB_RUN_ID"],
        actor: &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"],
        trigger: &["GITHUB_EVENT_NAME"],
        commit: &["GITHUB_SHA"],
        branch: &["GITHUB_REF_NAME"],
        repository: &["GITHUB_REPOSITORY"],
    },
    System {
        name: "gitlab-ci",
        sign: "GITLAB_CI",
        run: &["CI_JOB_ID", "CI_PIPELINE_ID"],
        actor: &["GITLAB_USER_LOGIN"],
        trigger: &["CI_PIPELINE_SOURCE"],
        commit: &["CI_COMMIT_SHA"],
        branch: &["CI_COMMIT_REF_NAME"],
        repository: &["CI_PROJECT_PATH"],
    },
    System {
        name: "azure-pipelines",
        sign: "TF_BUILD",
        run: &["BUILD_BUILDID"],
        actor: &["BUILD_REQUESTEDFOR"],
        trigger: &["BUILD_REASON"],
        commit: &["BUILD_SOURCEVERSION"],
        branch: &["BUILD_SOURCEBRANCHNAME"],
        repository: &["BUILD_REPOSITORY_NAME"],
    },
    System {
        name: "circleci",
        sign: "CIRCLECI",
        run: &["CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"],
        actor: &["CIRCLE_USERNAME"],
        trigger: &[],
        commit: &["CIRCLE_SHA1"],
        branch: &["CIRCLE_BRANCH", "CIRCLE_TAG"],
        repository: &["CIRCLE_PROJECT_REPONAME"],
    },
    System {
        name: "bitbucket-pipelines",
        sign: "BITBUCKET_BUILD_NUMBER",
        run: &["BITBUCKET_PIPELINE_UUID", "BITBUCKET_BUILD_NUMBER"],
        actor: &["BITBUCKET_STEP_TRIGGERER_UUID"],
        trigger: &[],
        commit: &["BITBUCKET_COMMIT"],
        branch: &["BITBUCKET_BRANCH", "BITBUCKET_TAG"],
        repository: &["BITBUCKET_REPO_FULL_NAME"],
    },
    System {
        name: "buildkite",
        sign: "BUILDKITE",
        run: &["BUILDKITE_BUILD_ID"],
        actor: &["BUILDKITE_BUILD_CREATOR"],
        trigger: &["BUILDKITE_SOURCE"],
        commit: &["BUILDKITE_COMMIT"],
        branch: &["BUILDKITE_BRANCH", "BUILDKITE_TAG"],
        repository: &["BUILDKITE_PIPELINE_SLUG"],
    },
    System {
        name: "jenkins",
        sign: "JENKINS_URL",
        run: &["BUILD_TAG"],
        actor: &["BUILD_USER_ID", "CHANGE_AUTHOR"],
        trigger: &[],
        commit: &["GIT_COMMIT"],
        branch: &["BRANCH_NAME", "GIT_BRANCH"],
        repository: &["JOB_NAME"],
    },
];

/// What is known of this run over `targets`; `unit` is what the operator says.
pub(super) fn run_context(unit: Option<Claim<String>>, targets: &[Target]) -> RunContext {
    let system = system();
    let host = gethostname::gethostname().into_string().ok().filter(|name| !name.is_empty());
    RunContext {
        unit,
        host: host.map(|name| Claim::verified(name, "operating system")),
        actor: account(system),
        ci: system.map(|system| Ci {
            system: Claim::asserted(system.name.to_owned(), system.sign),
            run: variable(system.run),
            trigger: variable(system.trigger),
            commit: variable(system.commit),
            branch: variable(system.branch),
            repository: variable(system.repository),
        }),
        targets: targets.iter().map(target_context).collect(),
    }
}

/// The system of pipelines that runs this, if one does.
fn system() -> Option<&'static System> {
    SYSTEMS.iter().find(|system| variable(&[system.sign]).is_some())
}

/// The branch that the pipeline says it runs for, where it is about this commit.
pub(super) fn branch_of(commit: Option<&str>) -> Option<String> {
    let system = system()?;
    let same = commit.is_some() && variable(system.commit).as_ref().map(|claim| claim.value.as_str()) == commit;
    variable(system.branch).filter(|_| same).map(|claim| claim.value)
}

fn account(system: Option<&System>) -> Option<Claim<String>> {
    system.and_then(|system| variable(system.actor)).or_else(|| variable(&["USER", "LOGNAME", "USERNAME"]))
}

/// Who, or what account, runs the scan, and where that is said.
pub(super) fn actor() -> String {
    account(system()).map_or_else(|| "unknown".to_owned(), |claim| format!("{} ({})", claim.value, claim.source))
}

/// The first of these variables that is set to something.
fn variable(names: &[&'static str]) -> Option<Claim<String>> {
    names.iter().find_map(|name| {
        let value = env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(Claim::asserted(value.chars().take(MAX_VALUE).collect(), *name))
    })
}

fn target_context(target: &Target) -> TargetContext {
    let Some(info) = &target.git else { return TargetContext::default() };
    let checkout = git_target(target).and_then(git::checkout);
    let changed = checkout.as_ref().map(|checkout| checkout.changed.clone());
    let unchanged = matches!(changed, Some(Ok(0)));
    let (changed_files, changed_files_unknown) = match changed {
        Some(Ok(count)) => (Some(Claim::verified(count, "index, objects and tracked files")), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, Some("the repository cannot be read".to_owned())),
    };
    TargetContext {
        repository: info.repository.clone().map(|url| Claim::asserted(url, ".git/config")),
        commit: info.revision.clone().map(|commit| {
            if unchanged {
                Claim::verified(commit, ".git/HEAD, compared")
            } else {
                Claim::asserted(commit, ".git/HEAD")
            }
        }),
        branch: info.branch.clone().map(|branch| Claim::asserted(branch, ".git/HEAD")),
        changed_files,
        changed_files_unknown,
        shallow_boundaries: checkout
            .as_ref()
            .map(|checkout| Claim::verified(checkout.shallow_boundaries, ".git/shallow")),
        clone_depth: checkout
            .as_ref()
            .and_then(|checkout| checkout.depth)
            .map(|depth| Claim::verified(depth, ".git/shallow and commits")),
        refspecs: checkout.map_or_else(Vec::new, |checkout| {
            checkout.refspecs.into_iter().map(|spec| Claim::asserted(spec, ".git/config")).collect()
        }),
    }
}

fn git_target(target: &Target) -> Option<&Path> {
    (target.kind != TargetKind::Stdin).then_some(target.given.as_path())
}
