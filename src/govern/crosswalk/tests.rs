use super::*;

fn embedded() -> &'static Crosswalk {
    Crosswalk::embedded()
}

fn role(kind: &str, control: &str) -> Option<Role> {
    let kind = embedded().kind(kind).unwrap_or_else(|| panic!("kind {kind}"));
    kind.controls.iter().find(|item| item.control == control).map(|item| item.role)
}

fn numbers(mapping: &Mapping<'_>, role: Role) -> Vec<String> {
    mapping.with_role(role).map(|item| item.control.clone()).collect()
}

#[test]
fn embedded_data_holds_together() {
    assert_eq!(embedded().validate(Catalogue::embedded(), Taxonomies::embedded()), []);
    assert_eq!(embedded().kinds.len(), 27);
    assert_eq!(embedded().modifiers.len(), ModifierId::ALL.len());
}

#[test]
fn editions_agree_with_the_other_files() {
    let editions = &embedded().editions;
    let taxonomies = Taxonomies::embedded();
    assert_eq!(format!("ISO/IEC 27002:{}", editions.iso27002), Catalogue::embedded().edition);
    assert_eq!(editions.cwe, taxonomies.cwe.version);
    assert_eq!(editions.nhi, taxonomies.nhi.version);
    assert_eq!(editions.csf, taxonomies.csf.version);
}

#[test]
fn every_listed_term_is_used() {
    let taxonomies = Taxonomies::embedded();
    let kinds = &embedded().kinds;
    for term in &taxonomies.cwe.entries {
        assert!(kinds.iter().any(|kind| kind.cwe.contains(&term.id)), "{}", term.id);
    }
    for term in &taxonomies.nhi.entries {
        assert!(kinds.iter().any(|kind| kind.nhi.contains(&term.id)), "{}", term.id);
    }
    for term in &taxonomies.csf.entries {
        let in_run = embedded().run.csf.iter().any(|item| item.id == term.id);
        assert!(in_run || kinds.iter().any(|kind| kind.csf.contains(&term.id)), "{}", term.id);
    }
}

#[test]
fn reasons_are_sentences() {
    let kinds = embedded().kinds.iter().flat_map(|kind| &kind.controls);
    let modifiers = embedded().modifiers.iter().flat_map(|modifier| &modifier.adds);
    let run = embedded().run.iso27002.iter().map(|item| &item.why);
    for why in kinds.chain(modifiers).map(|item| &item.why).chain(run) {
        assert!(why.ends_with('.') && why.starts_with(|c: char| c.is_ascii_uppercase()), "{why}");
        assert!(why.len() <= 140, "{why}");
    }
}

#[test]
fn ids_of_other_frameworks_have_their_form() {
    let dotted = |id: &str| {
        id.contains('.') && id.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let sp800_53 = |id: &str| {
        let (base, enhancement) = id.split_once('(').map_or((id, None), |(base, rest)| (base, Some(rest)));
        let enhancement_ok =
            enhancement.is_none_or(|rest| rest.strip_suffix(')').is_some_and(|n| n.parse::<u8>().is_ok()));
        let base_ok = base.split_once('-').is_some_and(|(family, n)| family.len() == 2 && n.parse::<u8>().is_ok());
        base_ok && enhancement_ok
    };
    for kind in &embedded().kinds {
        assert!(kind.sp800_53.iter().all(|id| sp800_53(id)), "{}: {:?}", kind.id, kind.sp800_53);
        assert!(kind.pci.iter().chain(&kind.cis).all(|id| dotted(id)), "{}", kind.id);
        assert!(kind.soc2.iter().all(|id| id.strip_prefix("CC").is_some_and(dotted)), "{}: {:?}", kind.id, kind.soc2);
    }
    assert!(embedded().run.sp800_53.iter().all(|item| sp800_53(&item.id)));
}

#[test]
fn roles_are_as_decided() {
    use Role::{Affected, Contradicts, ResponseDue};
    for (kind, control, expect) in [
        ("third-party-token", "5.19", Some(Affected)),
        ("third-party-token", "5.17", Some(Contradicts)),
        ("private-key-encrypted", "8.24", Some(Affected)),
        ("private-key-unencrypted", "8.24", Some(Contradicts)),
        ("ci-plaintext-secret", "8.25", Some(Affected)),
        ("ci-plaintext-secret", "8.9", Some(Contradicts)),
        ("secret-in-test-fixture", "8.33", Some(Affected)),
        ("secret-in-test-fixture", "5.17", Some(Contradicts)),
        ("secret-in-git-history", "5.26", Some(ResponseDue)),
        ("cloud-root-admin-key", "5.26", Some(ResponseDue)),
        ("hardcoded-password", "5.17", Some(Contradicts)),
        ("hardcoded-password", "8.28", Some(Contradicts)),
        ("hardcoded-password", "8.5", Some(Affected)),
        ("hardcoded-generic-token", "8.28", Some(Contradicts)),
        ("hardcoded-generic-token", "5.23", None),
        ("hardcoded-provider-key", "5.23", Some(Affected)),
        ("orphaned-owner", "5.17", Some(Affected)),
        ("orphaned-owner", "6.5", Some(Contradicts)),
        ("ai-agent-mcp-token", "5.23", Some(Contradicts)),
    ] {
        assert_eq!(role(kind, control), expect, "{kind} {control}");
    }
}

#[test]
fn response_controls_have_no_other_role() {
    for kind in &embedded().kinds {
        for item in &kind.controls {
            let response = ["5.24", "5.25", "5.26", "5.27"].contains(&item.control.as_str());
            assert_eq!(response, item.role == Role::ResponseDue, "{} {}", kind.id, item.control);
        }
    }
}

#[test]
fn what_holds_of_every_scan_is_attached_to_the_run() {
    let run: Vec<&str> = embedded().run.iso27002.iter().map(|item| item.control.as_str()).collect();
    assert_eq!(run, ["5.9", "5.16", "5.28", "5.33", "5.36", "5.37", "8.8", "8.16", "8.29"]);
    let record = |id: &str| embedded().run.csf.iter().find(|item| item.id == id).map(|item| item.record);
    assert_eq!(record("GV.OC-01"), Some(Record::Scope));
    assert_eq!(record("ID.IM-01"), Some(Record::Comparison));
    assert_eq!(record("ID.RA-01"), Some(Record::Scan));
}

#[test]
fn a_mapping_is_sorted_by_role_and_number() {
    let mapping = embedded().map("cloud-root-admin-key", ModifierSet::EMPTY).unwrap();
    assert_eq!(numbers(&mapping, Role::Contradicts), ["5.17", "5.18", "8.2"]);
    assert_eq!(numbers(&mapping, Role::Affected), ["5.3", "5.23", "8.5", "8.15", "8.16"]);
    assert_eq!(numbers(&mapping, Role::ResponseDue), ["5.26"]);
    assert_eq!(mapping.controls.first().map(|item| item.title.as_str()), Some("Authentication information"));
    assert_eq!(mapping.headline_cwe(), Some("CWE-798"));
    let all: Vec<_> = mapping.controls.iter().map(|item| (item.role, item.order)).collect();
    assert!(all.is_sorted());
}

#[test]
fn modifiers_add_controls() {
    let set = [ModifierId::Test, ModifierId::Container].into();
    let mapping = embedded().map("hardcoded-provider-key", set).unwrap();
    assert_eq!(numbers(&mapping, Role::Contradicts), ["5.17", "8.28"]);
    assert_eq!(
        numbers(&mapping, Role::Affected),
        ["5.16", "5.18", "5.23", "8.4", "8.9", "8.12", "8.31", "8.32", "8.33"]
    );
}

#[test]
fn a_modifier_never_takes_a_stronger_role_away() {
    for kind in &embedded().kinds {
        let everything = ModifierId::ALL.iter().copied().collect();
        let mapping = embedded().map(&kind.id, everything).unwrap();
        for item in &kind.controls {
            let mapped: Vec<_> = mapping.controls.iter().filter(|other| other.control == item.control).collect();
            // The one modifier that brings a stronger role than some kinds have.
            if item.control == "8.10" {
                assert_eq!((mapped.len(), mapped[0].role), (1, Role::Contradicts), "{}", kind.id);
                let others = ModifierId::ALL.iter().copied().filter(|id| *id != ModifierId::History).collect();
                let mapping = embedded().map(&kind.id, others).unwrap();
                assert!(mapping.controls.contains(&item), "{}", kind.id);
                continue;
            }
            assert_eq!(mapped, [&item], "{} {}", kind.id, item.control);
        }
    }
}

#[test]
fn a_modifier_may_bring_a_stronger_role() {
    let mut crosswalk = embedded().clone();
    let test = crosswalk.modifiers.iter_mut().find(|modifier| modifier.id == ModifierId::Test).unwrap();
    let stronger = ControlReason { control: "5.26".to_owned(), why: "Because.".to_owned() };
    test.adds.push(ControlRef::new(stronger, Role::Affected, Catalogue::embedded()));
    let mapping = crosswalk.map("secret-in-git-history", [ModifierId::Test].into()).unwrap();
    assert_eq!(numbers(&mapping, Role::ResponseDue), [""; 0]);
    assert!(numbers(&mapping, Role::Affected).contains(&"5.26".to_owned()));
}

#[test]
fn an_unknown_kind_has_no_mapping() {
    assert_eq!(embedded().map("no-such-kind", ModifierSet::EMPTY), None);
}

#[test]
fn a_mapping_serialises() {
    let mapping = embedded().map("weak-crypto-key", ModifierSet::EMPTY).unwrap();
    let json = serde_json::to_value(&mapping).unwrap();
    assert_eq!(json["controls"][0]["control"], "8.24");
    assert_eq!(json["controls"][0]["role"], "contradicts");
    assert_eq!(json["controls"][0].as_object().unwrap().len(), 4);
    assert_eq!(json["cwe"][0], "CWE-326");
}

#[test]
fn severity_falls_one_step_in_test_and_documentation() {
    use LiveOrProduction::{Proven, Unproven};
    use Severity::{Critical, High, Info, Low, Medium};
    let set = |ids: &[ModifierId]| ids.iter().copied().collect::<ModifierSet>();
    for (base, ids, facts, expect) in [
        (Critical, &[ModifierId::Test][..], Unproven, High),
        (High, &[ModifierId::Documentation], Unproven, Medium),
        (High, &[ModifierId::Test, ModifierId::Documentation], Unproven, Medium),
        (Medium, &[ModifierId::Test], Unproven, Low),
        (Low, &[ModifierId::Test], Unproven, Info),
        (Info, &[ModifierId::Test], Unproven, Info),
        (High, &[ModifierId::Test], Proven, High),
        (High, &[], Unproven, High),
        (High, &[ModifierId::Ci, ModifierId::Iac, ModifierId::Container], Unproven, High),
        (High, &[ModifierId::LogOrBuildOutput, ModifierId::Vendored, ModifierId::Agent], Unproven, High),
    ] {
        assert_eq!(effective_severity(base, set(ids), facts), expect, "{base:?} {ids:?} {facts:?}");
    }
}

#[test]
fn pci_key_management_is_conditional() {
    for (id, expect) in
        [("3.6.1", true), ("3.6.1.2", true), ("3.7.5", true), ("3.6", true), ("3.60", false), ("8.3.6", false)]
    {
        assert_eq!(pci_needs_account_data(id), expect, "{id}");
    }
}

#[test]
fn validation_reports_each_defect() {
    fn problems(change: impl FnOnce(&mut Crosswalk)) -> Vec<String> {
        let mut broken = embedded().clone();
        change(&mut broken);
        let found = broken.validate(Catalogue::embedded(), Taxonomies::embedded());
        found.iter().map(ToString::to_string).collect()
    }
    let at = "kind `hardcoded-provider-key`";
    assert_eq!(
        problems(|c| c.kinds[0].controls[0].control = "5.99".to_owned()),
        [format!("{at}: the catalogue has no control 5.99")]
    );
    assert_eq!(
        problems(|c| c.kinds[0].controls[0].control = "8.28".to_owned()),
        [format!("{at}: 8.28 occurs more than once")]
    );
    assert_eq!(problems(|c| drop(c.aspects.remove(1))), ["aspects: 5.17 missing"]);
    assert_eq!(
        problems(|c| c.aspects.push(Aspect { control: "7.2".to_owned(), text: "whether doors are shut".to_owned() })),
        ["kinds that contradict: 7.2 missing"]
    );
    assert_eq!(problems(|c| c.kinds[0].cwe[0] = "CWE-16".to_owned()), [format!("{at}: CWE has no entry CWE-16")]);
    assert_eq!(
        problems(|c| c.kinds[0].csf[0] = "PR.AA-1".to_owned()),
        [format!("{at}: NIST Cybersecurity Framework has no entry PR.AA-1")]
    );
    assert_eq!(problems(|c| c.kinds[0].nhi[0] = "NHI2".to_owned()).len(), 1);
    assert_eq!(problems(|c| c.kinds[0].cwe.clear()), [format!("{at}: a CWE missing")]);
    assert_eq!(problems(|c| c.kinds[0].controls.clear()).len(), 1);
    assert_eq!(problems(|c| c.kinds[0].controls[0].why.clear()), [format!("{at}: a reason missing")]);
    assert_eq!(problems(|c| c.kinds.push(c.kinds[1].clone())), ["crosswalk: hardcoded-password occurs more than once"]);
    assert_eq!(problems(|c| drop(c.modifiers.pop())), ["modifiers: history missing"]);
    assert_eq!(problems(|c| c.run.iso27002[0].control = "9.2".to_owned()).len(), 1);
    assert_eq!(problems(|c| c.run.csf[0].id = "ID.RA-1".to_owned()).len(), 1);
}

#[test]
fn unknown_keys_and_names_are_refused() {
    let text = include_str!("../../../patterns/controls/crosswalk.toml");
    for (from, to, expect) in [
        ("severity = \"high\"", "severity = \"awful\"", "awful"),
        ("id = \"ci\"", "id = \"weather\"", "weather"),
        ("record = \"scope\"", "record = \"vinyl\"", "vinyl"),
        ("[run]", "[run]\ncolour = 1", "colour"),
        ("[[kind]]", "[[kind]]\ncolour = 1", "colour"),
    ] {
        let error = Crosswalk::parse(&text.replacen(from, to, 1), "mine.toml", Catalogue::embedded())
            .err()
            .unwrap_or_else(|| panic!("{to} was accepted"))
            .to_string();
        assert!(error.starts_with("mine.toml: ") && error.contains(expect), "{error}");
    }
}
