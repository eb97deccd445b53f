use super::*;
use crate::govern::modifier::ModifierId::Vendored;

#[test]
fn tables_are_sorted_lower_case_and_short() {
    fn check(name: &str, keys: &[&str]) {
        assert!(keys.is_sorted_by(|a, b| a < b), "{name}: {:?}", keys.windows(2).find(|pair| pair[0] >= pair[1]));
        for key in keys {
            assert!(key.len() <= LONGEST_KEY && *key == key.to_ascii_lowercase(), "{name}: {key}");
        }
    }
    let keys = |table: &[(&'static str, ModifierId)]| table.iter().map(|(key, _)| *key).collect::<Vec<_>>();
    check("DIRECTORIES", &keys(DIRECTORIES));
    check("CONFIGURATION_DIRECTORIES", &keys(CONFIGURATION_DIRECTORIES));
    check("FILES", &keys(FILES));
    check("EXTENSIONS", &keys(EXTENSIONS));
    check("LAST_WORDS", &keys(LAST_WORDS));
    check("FIRST_WORDS", &keys(FIRST_WORDS));
    check("CODE", CODE);
}

#[test]
fn paths_speak_of_their_context() {
    for (path, expect) in PATHS {
        assert_eq!(modifiers_of_path(path), expect.iter().copied().collect(), "{path}");
    }
    assert!(PATHS.len() >= 60);
}

#[test]
fn case_does_not_matter() {
    for path in ["TESTS/a.rs", "Docs/A", "DOCKERFILE", ".GitHub/Workflows/CI.YML", "x.TF", "Node_Modules/x/index.js"] {
        let lower = modifiers_of_path(&path.to_ascii_lowercase());
        assert_eq!(modifiers_of_path(path), lower, "{path}");
        assert!(!lower.is_empty(), "{path}");
    }
}

#[test]
fn odd_paths_do_no_harm() {
    let long = "x".repeat(5000);
    for path in ["", "/", "//", ".", "..", "a//b", ".env", "-", "_", "ünïcödé/ß.ñ", "日本/テスト.md/", &long]
    {
        let _ = modifiers_of_path(path);
    }
    assert_eq!(modifiers_of_path("/tests//a.rs"), [Test].into());
    assert_eq!(modifiers_of_path("日本/docs/鍵.txt"), [Documentation].into());
}

const PATHS: &[(&str, &[ModifierId])] = &[
    // Nothing to say.
    ("src/main.rs", &[]),
    ("src/contest.rs", &[]),
    ("src/Contest.java", &[]),
    ("latest/config.yml", &[]),
    ("attestation/x", &[]),
    ("src/testament.py", &[]),
    ("src/protest/index.ts", &[]),
    ("src/fastest_route.go", &[]),
    ("src/spectrum.rb", &[]),
    ("api/openapi-spec.yaml", &[]),
    ("specs/api.json", &[]),
    ("rpm/package.spec", &[]),
    ("src/sample.rs", &[]),
    ("src/sample_rate.py", &[]),
    ("services/ab-testing/config.json", &[]),
    ("src/docstore/client.go", &[]),
    ("src/catalog.rs", &[]),
    ("src/login.ts", &[]),
    ("src/log.go", &[]),
    ("src/blog/post.ts", &[]),
    ("src/infrastructure/db.ts", &[]),
    ("pkg/kubernetes/client.go", &[]),
    ("pkg/docker/client.go", &[]),
    ("src/components/charts/pie.tsx", &[]),
    ("src/composer.yml", &[]),
    ("src/dockerfile-parser.ts", &[]),
    ("src/mcp.rs", &[]),
    ("src/cursor/position.rs", &[]),
    ("src/distance/metric.rs", &[]),
    ("src/builder/mod.rs", &[]),
    ("src/outbound/mail.py", &[]),
    ("res/values/strings.xml", &[]),
    ("config/production.yml", &[]),
    (".env", &[]),
    (".env.production", &[]),
    (".github/dependabot.yml", &[]),
    (".github/CODEOWNERS", &[]),
    ("bin/deploy", &[]),
    ("readmes", &[]),
    // Tests, fixtures, samples.
    ("tests/api.rs", &[Test]),
    ("test/helper.rb", &[Test]),
    ("src/__tests__/a.js", &[Test]),
    ("pkg/foo_test.go", &[Test]),
    ("src/foo.test.ts", &[Test]),
    ("src/foo-test.js", &[Test]),
    ("src/foo.spec.tsx", &[Test]),
    ("lib/foo_spec.rb", &[Test]),
    ("web/login.cy.js", &[Test]),
    ("pkg/test_foo.py", &[Test]),
    ("app/tests.py", &[Test]),
    ("pkg/conftest.py", &[Test]),
    ("src/FooTest.java", &[Test]),
    ("src/FooTests.cs", &[Test]),
    ("src/FooIT.java", &[Test]),
    ("src/TestFoo.java", &[Test]),
    ("src/FooSpec.scala", &[Test]),
    ("src/FooTest.php", &[Test]),
    ("src/androidTest/java/Foo.kt", &[Test]),
    ("Acme.Api.Tests/Settings.cs", &[Test]),
    ("AcmeUITests/Login.swift", &[Test]),
    ("integration-tests/app.yml", &[Test]),
    ("spec/models/user.rb", &[Test]),
    ("testdata/key.pem", &[Test]),
    ("src/fixtures/user.json", &[Test]),
    ("pkg/fixtures.json", &[Test]),
    ("pkg/mock_server.go", &[Test]),
    ("t/basic.t", &[Test]),
    ("script.bats", &[Test]),
    ("cypress/support/index.js", &[Test]),
    (".env.test", &[Test]),
    (".env.testing", &[Test]),
    ("config.sample.yml", &[Test]),
    ("settings.ini.sample", &[Test]),
    ("samples/app.js", &[Test]),
    ("sample.json", &[Test]),
    // Pipelines.
    (".github/workflows/deploy.yml", &[Ci]),
    (".github/workflows/test.yml", &[Ci]),
    (".github/actions/setup/action.yml", &[Ci]),
    (".gitea/workflows/x.yaml", &[Ci]),
    (".gitlab-ci.yml", &[Ci]),
    (".gitlab-ci.prod.yml", &[Ci]),
    ("templates/build.gitlab-ci.yml", &[Ci]),
    (".gitlab/ci/deploy.yml", &[Ci]),
    (".circleci/config.yml", &[Ci]),
    ("azure-pipelines.yml", &[Ci]),
    ("azure-pipelines-nightly.yml", &[Ci]),
    ("Jenkinsfile", &[Ci]),
    ("Jenkinsfile.release", &[Ci]),
    ("deploy.jenkinsfile", &[Ci]),
    (".buildkite/pipeline.yml", &[Ci]),
    ("bitbucket-pipelines.yml", &[Ci]),
    (".drone.yml", &[Ci]),
    (".travis.yml", &[Ci]),
    ("cloudbuild.yaml", &[Ci]),
    ("buildspec-prod.yml", &[Ci]),
    ("tests/.github/workflows/x.yml", &[Test, Ci]),
    // Infrastructure.
    ("main.tf", &[Iac]),
    ("env/prod.tfvars", &[Iac]),
    ("env/prod.tfvars.json", &[Iac]),
    ("terraform.tfstate", &[Iac]),
    ("terraform.tfstate.backup", &[Iac]),
    ("terraform/scripts/run.sh", &[Iac]),
    ("infra/main.bicep", &[Iac]),
    ("stack.template.yaml", &[Iac]),
    ("cloudformation/db.yml", &[Iac]),
    ("Pulumi.prod.yaml", &[Iac]),
    ("charts/app/values.yaml", &[Iac]),
    ("deploy/values-prod.yml", &[Iac]),
    ("Chart.yaml", &[Iac]),
    ("overlays/prod/kustomization.yaml", &[Iac]),
    ("k8s/secret.yaml", &[Iac]),
    ("group_vars/all.yml", &[Iac]),
    ("roles/db/vars/main.yml", &[Iac]),
    ("ansible/inventory.ini", &[Iac]),
    (".kube/config", &[Iac]),
    ("serverless.yml", &[Iac]),
    ("terraform/test/main.tf", &[Test, Iac]),
    // Containers.
    ("Dockerfile", &[Container]),
    ("api/Dockerfile.prod", &[Container]),
    ("api.dockerfile", &[Container]),
    ("Containerfile", &[Container]),
    ("docker-compose.yml", &[Container]),
    ("docker-compose.override.yml", &[Container]),
    ("docker-compose.test.yml", &[Test, Container]),
    ("compose.yaml", &[Container]),
    ("compose.prod.yml", &[Container]),
    (".devcontainer/devcontainer.json", &[Container]),
    ("docker/nginx.conf", &[Container]),
    ("build/package/Dockerfile", &[Container]),
    // Logs and build output.
    ("app.log", &[LogOrBuildOutput]),
    ("var/app.log.1", &[LogOrBuildOutput]),
    ("var/app.log.gz", &[LogOrBuildOutput]),
    ("logs/today.txt", &[LogOrBuildOutput]),
    ("log/production", &[LogOrBuildOutput]),
    ("dist/app.js", &[LogOrBuildOutput]),
    ("target/release/app", &[LogOrBuildOutput]),
    (".next/server/page.js", &[LogOrBuildOutput]),
    ("static/app.min.js", &[LogOrBuildOutput]),
    ("static/app.js.map", &[LogOrBuildOutput]),
    ("cmake-build-debug/config.h", &[LogOrBuildOutput]),
    (".circleci/run.log", &[Ci, LogOrBuildOutput]),
    // Code of others.
    ("vendor/acme/client.go", &[Vendored]),
    ("third_party/lib/a.c", &[Vendored]),
    ("web/node_modules/x/index.js", &[Vendored]),
    ("venv/lib/python3.12/site-packages/x.py", &[Vendored]),
    ("go/pkg/mod/example.com/x/a.go", &[Vendored]),
    ("vendor/acme/testdata/key.pem", &[Test, Vendored]),
    // Agents.
    (".mcp.json", &[Agent]),
    (".vscode/mcp.json", &[Agent]),
    ("claude_desktop_config.json", &[Agent]),
    (".cursor/mcp.json", &[Agent]),
    (".cursor/rules/a.md", &[Agent]),
    (".continue/config.yaml", &[Agent]),
    (".aider.conf.yml", &[Agent]),
    (".aider.tags.cache.v4/x", &[Agent]),
    (".codex/config.toml", &[Agent]),
    ("AGENTS.md", &[Agent]),
    (".github/copilot-instructions.md", &[Agent]),
    ("docs/.mcp.json", &[Agent, Documentation]),
    // Documentation and examples.
    ("docs/setup.txt", &[Documentation]),
    ("README", &[Documentation]),
    ("README.md", &[Documentation]),
    ("readme.txt", &[Documentation]),
    ("guide/intro.rst", &[Documentation]),
    ("examples/app.py", &[Documentation]),
    (".env.example", &[Documentation]),
    ("config.example.json", &[Documentation]),
    ("example.env", &[Documentation]),
    ("terraform-examples/main.tf", &[Iac, Documentation]),
    ("docs/examples/test/a.py", &[Test, Documentation]),
    ("Dockerfile.example", &[Container, Documentation]),
    (".github/workflows/README.md", &[Ci, Documentation]),
];
