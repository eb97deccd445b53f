//! What people say of credentials that no scan can tell: that one was made worthless, that a repository is no more.

use jiff::civil::Date;

use super::assess::Setting;
use super::error::RegisterError;
use super::journal::{Attestation, Entry, SeriesRetired};
use super::observe::is_of;
use super::row::{Attested, Rotation, Seen};
use super::update::{Act, Register};
use crate::blob::printable_text;
use crate::evidence::series::Subject;

impl Register {
    /// Records that a credential was made worthless, or that it was not, and judges its row.
    ///
    /// # Errors
    ///
    /// There is no such row, the day is not one on which that can have been done, or there is nothing to be withdrawn.
    pub fn attest(
        &mut self,
        attestation: Attestation,
        setting: Setting<'_>,
        act: Act<'_>,
        today: Date,
    ) -> Result<(), RegisterError> {
        self.notice_decisions(act);
        let id = attestation.id.clone();
        let row = self.table.rows.get_mut(&id).ok_or_else(|| RegisterError::NoRow(id.clone()))?;
        if attestation.on.as_str() > today.to_string().as_str() {
            return Err(RegisterError::Attestation(format!("{} is still to come", attestation.on)));
        }
        let known = row.kept.rotation.as_ref();
        let Attestation { what, on, by, grade, .. } = attestation.clone();
        row.kept.rotation = match (what, known) {
            // It opens the row again, so that nobody's grade has to be held against it.
            (Attested::Withdrawn, Some(_)) => None,
            (Attested::Withdrawn, None) => {
                return Err(RegisterError::Attestation(format!("nothing that counts is attested of {id}")));
            }
            (_, Some(known)) if known.grade > grade => {
                return Err(RegisterError::Attestation(format!(
                    "{id} is attested already by {} on {} ({}), which is more to be relied upon",
                    known.by, known.on, known.grade
                )));
            }
            _ => {
                if let Some(back) = row.kept.back_on.as_ref().filter(|back| on < **back) {
                    return Err(RegisterError::Attestation(format!(
                        "{id} came back on {back}; what was done on {on} was done before"
                    )));
                }
                row.kept.back_on = None;
                Some(Rotation { what, on, by, grade })
            }
        };
        self.record(Entry::Attestation(attestation));
        self.judge(&id, setting, act, today);
        self.date_rows();
        Ok(())
    }

    /// Records that nobody will scan again what some series are of: each that has all parts that the subject of `retired` names. What they
    /// saw last has gone with them, and is no less valid for that.
    ///
    /// # Errors
    ///
    /// There is no such series, or the day is still to come or before the last scan.
    pub fn retire(
        &mut self,
        retired: &SeriesRetired,
        setting: Setting<'_>,
        act: Act<'_>,
        today: Date,
    ) -> Result<Vec<Subject>, RegisterError> {
        self.notice_decisions(act);
        let which = &retired.subject;
        let is_meant = |subject: &Subject| {
            let fits = |wanted: &Option<String>, part: &Option<String>| wanted.is_none() || wanted == part;
            fits(&which.unit, &subject.unit)
                && fits(&which.repository, &subject.repository)
                && fits(&which.branch, &subject.branch)
        };
        let refused = |why: String| Err(RegisterError::Retirement(why));
        if retired.on > today.to_string() {
            return refused(format!("{} is still to come", retired.on));
        }
        let mut meant: Vec<Subject> = Vec::new();
        for (subject, last) in self.journal.last.iter_mut().filter(|(subject, _)| is_meant(subject)) {
            if last.started.get(..10).is_some_and(|scanned| scanned > retired.on.as_str()) {
                return refused(format!("{subject} was scanned at {}, and was still there", last.started));
            }
            if last.retired.is_none() {
                last.retired = Some(retired.on.clone());
                meant.push(subject.clone());
            }
        }
        if meant.is_empty() {
            return refused("there is no such series, or it was retired before".to_owned());
        }
        let said = format!("{}, as {} says", retired.on, printable_text(&retired.by));
        let mut touched = Vec::new();
        for (id, row) in &mut self.table.rows {
            let there = row.kept.observed.iter_mut().filter(|one| meant.iter().any(|subject| is_of(one, subject)));
            for one in there {
                one.seen = Seen::Gone;
                one.on.clone_from(&retired.on);
                one.facts.not_looked = None;
                one.facts.retired = Some(said.clone());
                touched.push(id.clone());
            }
        }
        for subject in &meant {
            self.record(Entry::SeriesRetired(SeriesRetired { subject: subject.clone(), ..retired.clone() }));
        }
        for id in touched {
            self.judge(&id, setting, act, today);
        }
        self.date_rows();
        Ok(meant)
    }
}
