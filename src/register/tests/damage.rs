//! Files that spreadsheets, crashes and people damaged, and two updates at once.

use std::fs;

use super::*;

/// A register with three rows.
fn register() -> Kept {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a"), secret("b"), secret("c")])], "2026-01-01");
    kept
}

fn fault(kept: &Kept) -> String {
    kept.open().unwrap_err().to_string()
}

#[test]
fn rows_and_columns_of_a_spreadsheet_that_hold_nothing_are_taken() {
    let kept = register();
    let sound = fs::read_to_string(kept.csv()).unwrap();
    let mut lines: Vec<String> = sound.lines().map(|line| format!("{line},,")).collect();
    let cells = ::csv::Reader::from_reader(sound.as_bytes()).headers().unwrap().len() + 2;
    lines.push(",".repeat(cells - 1));
    fs::write(kept.csv(), lines.join("\r\n")).unwrap();
    assert_eq!(kept.rows().len(), 3);
    lines[1].push_str("lost");
    fs::write(kept.csv(), lines.join("\n")).unwrap();
    assert!(fault(&kept).contains("in a column that has no name"), "{}", fault(&kept));
}

#[test]
fn a_damaged_row_is_refused_with_its_line() {
    let kept = register();
    let sound = fs::read_to_string(kept.csv()).unwrap();
    let second = sound.lines().nth(2).unwrap().to_owned();
    for (from, to, part) in [
        // A column that straykey keeps.
        ("\"4 - high\"", "\"1 - very low\"", "is not as straykey wrote it"),
        // Another day, however it is written.
        ("\"2026-01-01\"", "\"02.01.2026\"", "is not as straykey wrote it"),
        ("\"SK-", "\"XK-", "is not as straykey wrote it"),
        // A cell lost.
        ("\"open\",", "", "cells, and the header has"),
    ] {
        assert!(second.contains(from), "{from}");
        fs::write(kept.csv(), sound.replace(&second, &second.replacen(from, to, 1))).unwrap();
        let error = fault(&kept);
        assert!(error.starts_with("line 3: ") && error.contains(part), "{error}");
    }
    fs::write(kept.csv(), sound.replace(&second, &format!("{second}\n{second}"))).unwrap();
    let error = fault(&kept);
    assert!(error.starts_with("line 4: ") && error.ends_with("stands on line 3 already"), "{error}");
    fs::write(kept.csv(), sound.replacen("\"reason\"", "\"Reason\"", 1)).unwrap();
    assert!(fault(&kept).starts_with("line 1: the column `reason`"), "{}", fault(&kept));
    fs::write(kept.csv(), sound.replacen("\"notes\"", "\"owner\"", 1)).unwrap();
    assert!(fault(&kept).starts_with("line 1: the column `owner` is there twice"));
    let mut bytes = sound.clone().into_bytes();
    let at = sound.find(&second).unwrap() + 40;
    bytes[at] = 0xFF;
    fs::write(kept.csv(), bytes).unwrap();
    assert!(fault(&kept).starts_with("line 3: it is not UTF-8"), "{}", fault(&kept));
    fs::write(kept.csv(), "").unwrap();
    assert!(fault(&kept).starts_with("line 1: "));
    fs::write(kept.csv(), &sound).unwrap();
    assert!(kept.open().is_ok());
}

#[test]
fn a_cell_of_peoples_that_cannot_be_is_refused_with_its_line() {
    for (column, cell, part) in [
        ("treatment", "ignore", "is none of open, mitigate"),
        ("likelihood", "6", "has 1 to 5"),
        ("residual_impact", "high", "has 1 to 5"),
        ("due_on", "30.06.2026", "is no day"),
        ("review_on", "2026-02-30", "is no day"),
    ] {
        let kept = register();
        let id = kept.rows().into_keys().nth(1).unwrap();
        kept.write(&id, column, cell);
        let error = fault(&kept);
        assert!(error.starts_with("line 3: ") && error.contains(column) && error.contains(part), "{error}");
    }
}

#[test]
fn what_spreadsheets_do_to_a_file_as_a_whole_is_taken() {
    let kept = register();
    let before = kept.rows();
    let sound = fs::read_to_string(kept.csv()).unwrap();
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(sound.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    for (delimiter, mark, end) in [(b';', "\u{feff}", "\r\n"), (b',', "\u{feff}", "\n"), (b',', "", "\r\n")] {
        let mut out = mark.as_bytes().to_vec();
        let terminator = if end == "\n" { ::csv::Terminator::Any(b'\n') } else { ::csv::Terminator::CRLF };
        let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(&mut out);
        // The rows in another order, as somebody sorted them.
        writer.write_record(&records[0]).unwrap();
        records[1..].iter().rev().for_each(|record| writer.write_record(record).unwrap());
        drop(writer);
        fs::write(kept.csv(), out).unwrap();
        assert_eq!(kept.rows(), before);
    }
    assert_eq!(kept.update(&[], "2026-01-01").restored, Vec::<String>::new());
    assert_eq!(fs::read_to_string(kept.csv()).unwrap(), sound);
}

/// The file as a spreadsheet saves it that takes days for days, in the form `form` of year, month and day.
fn with_days(text: &str, form: impl Fn(&str, &str, &str) -> String) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let cell = |cell: &str| match cell.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] if cell.parse::<Date>().is_ok() => form(year, month, day),
        _ => cell.to_owned(),
    };
    reader.records().map(|record| record.unwrap().iter().map(cell).collect()).collect()
}

#[test]
fn days_in_the_order_of_a_country_are_days() {
    let kept = register();
    let id = kept.rows().into_keys().next().unwrap();
    kept.write(&id, "due_on", "2026-03-04");
    kept.write(&id, "notes", "2026-03-04, or later");
    kept.update(&[scan("shop", "2026-02-03", &[secret("a"), secret("b")])], "2026-02-03");
    let (before, sound) = (kept.rows(), fs::read_to_string(kept.csv()).unwrap());
    let forms: [fn(&str, &str, &str) -> String; 4] = [
        |year, month, day| format!("{}/{}/{year}", month.trim_start_matches('0'), day.trim_start_matches('0')),
        |year, month, day| format!("{day}/{month}/{}", &year[2..]),
        |year, month, day| format!("{day}.{month}.{year}"),
        |year, month, day| format!("{year}/{month}/{day}"),
    ];
    for form in forms {
        let saved = with_days(&sound, form);
        assert_ne!(saved, with_days(&sound, |year, month, day| format!("{year}-{month}-{day}")));
        let mut writer = ::csv::Writer::from_path(kept.csv()).unwrap();
        saved.iter().for_each(|record| writer.write_record(record).unwrap());
        drop(writer);
        assert_eq!(kept.rows(), before, "{:?}", saved[1]);
        // What was saved in one country's order cannot be read in another's.
        assert_eq!(kept.rows()[&id].decided.get("due_on"), "2026-03-04");
        kept.update(&[], "2026-02-03");
        assert_eq!(fs::read_to_string(kept.csv()).unwrap(), sound, "it is written as before");
    }
}

/// Where all days of straykey's are like 2 February, they do not tell in which order those of people are.
#[test]
fn days_that_can_be_read_in_two_ways_are_not_guessed() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    kept.update(&[scan("shop", "2026-02-02", &[])], "2026-02-02");
    let id = kept.row().kept.id;
    kept.attest(&id, "2026-02-02").unwrap();
    assert_eq!(kept.row().kept.status, Status::Closed);
    let save = |form: fn(&str, &str, &str) -> String| {
        let saved = with_days(&fs::read_to_string(kept.csv()).unwrap(), form);
        let mut writer = ::csv::Writer::from_path(kept.csv()).unwrap();
        saved.iter().for_each(|record| writer.write_record(record).unwrap());
    };
    let forms: [fn(&str, &str, &str) -> String; 2] =
        [|year, month, day| format!("{month}/{day}/{year}"), |year, month, day| format!("{day}/{month}/{year}")];
    for form in forms {
        // Where people wrote no such day, both are the same.
        let sound = fs::read(kept.csv()).unwrap();
        save(form);
        assert_eq!(kept.row().kept.closed_on.as_deref(), Some("2026-02-02"));
        fs::write(kept.csv(), sound).unwrap();
        kept.write(&id, "review_on", "2026-03-04");
        let sound = fs::read(kept.csv()).unwrap();
        save(form);
        let RegisterError::Table(error) = kept.open().unwrap_err() else { panic!() };
        assert_eq!(
            (error.line, error.what.starts_with(&format!("{id} does not tell whether its days"))),
            (2, true),
            "{error}"
        );
        fs::write(kept.csv(), sound).unwrap();
        // There is no month 14.
        kept.write(&id, "review_on", "2026-03-14");
        let sound = fs::read(kept.csv()).unwrap();
        save(form);
        assert_eq!(kept.row().decided.get("review_on"), "2026-03-14");
        fs::write(kept.csv(), sound).unwrap();
        kept.write(&id, "review_on", "");
    }
    // Another row of the file tells.
    kept.update(&[scan("shop", "2026-02-03", &[secret("b")])], "2026-02-03");
    kept.write(&id, "review_on", "2026-03-04");
    for form in forms {
        let sound = fs::read(kept.csv()).unwrap();
        save(form);
        assert_eq!(kept.rows()[&id].decided.get("review_on"), "2026-03-04");
        fs::write(kept.csv(), sound).unwrap();
    }
    // What straykey wrote outranks what somebody typed in another order.
    let sound = fs::read(kept.csv()).unwrap();
    save(forms[0]);
    kept.write(&id, "review_on", "14/03/2026");
    let told = fault(&kept);
    assert!(told.contains(&id) && told.contains("`review_on` is no day"), "{told}");
    fs::write(kept.csv(), sound).unwrap();
}

/// Names of columns and cells of people's, as bytes of the file: what was read once is written so that it is read as the same.
#[test]
fn what_is_read_is_written_as_it_is_read_again() {
    let kept = register();
    let id = kept.rows().into_keys().next().unwrap();
    for text in ["=1+1", "'=x", "''@", "'\r\nx", "a\r\r\r\nb\r\n", "ends\r", "'", "''", "x\ty", "\u{ff1d}1"] {
        kept.write(&id, "notes", text);
        kept.write(&id, text, "mine");
        let table = Table::read(&fs::read(kept.csv()).unwrap(), SCALES).unwrap();
        let bytes = table.bytes();
        assert_eq!(Table::read(&bytes, SCALES).unwrap(), table, "{text:?}");
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        let mut cells =
            reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
        assert!(cells.all(|cell| crate::report::csv::inert(&cell) == cell), "a spreadsheet must not run it: {text:?}");
    }
}

/// A register that is read as another than it was written would refuse itself.
#[test]
fn what_a_scope_says_in_odd_lines_is_kept() {
    let mut kept = Kept::new();
    let odd = "a\r\nb\r\r\n'=c\r";
    for unit in kept.directory.units.values_mut() {
        (unit.owner, unit.risk_owner) = (Some(odd.to_owned()), Some(odd.to_owned()));
    }
    assert_eq!(kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01").created.len(), 1);
    let row = kept.row();
    assert_eq!((row.owner(), row.risk_owner()), ("a\nb\n'=c\r", "a\nb\n'=c\r"));
    let changes = kept.update(&[], "2026-01-01");
    assert_eq!((changes.changed.len(), changes.decided), (0, 0));
}

#[test]
fn a_file_that_is_not_ascii_tells_spreadsheets_so() {
    let kept = register();
    assert!(fs::read(kept.csv()).unwrap().starts_with(b"\"id\""));
    let id = kept.rows().into_keys().next().unwrap();
    kept.write(&id, "owner", "M\u{fc}ller");
    kept.update(&[], "2026-01-01");
    let text = fs::read_to_string(kept.csv()).unwrap();
    assert!(text.starts_with("\u{feff}\"id\""));
    assert_eq!(kept.rows()[&id].owner(), "M\u{fc}ller");
    // Who reads semicolons gets them again.
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut writer = ::csv::WriterBuilder::new().delimiter(b';').from_path(kept.csv()).unwrap();
    reader.records().for_each(|record| writer.write_record(&record.unwrap()).unwrap());
    drop(writer);
    kept.update(&[], "2026-01-01");
    assert!(fs::read_to_string(kept.csv()).unwrap().starts_with("\u{feff}\"id\";\"status\";"));
}

#[test]
fn what_a_crash_kept_from_being_written_is_brought_back() {
    let kept = register();
    let first = fs::read(kept.csv()).unwrap();
    let id = kept.rows().into_keys().next().unwrap();
    kept.update(&[scan("shop", "2026-01-02", &[secret("d")])], "2026-01-02");
    let after = kept.rows();
    // The journal was written, the file was not.
    fs::write(kept.csv(), &first).unwrap();
    kept.write(&id, "notes", "written meanwhile");
    let changes = kept.update(&[], "2026-01-02");
    assert_eq!(changes.restored.len(), 4, "three that have gone, and a new one");
    let mut expected = after;
    expected.get_mut(&id).unwrap().decided.set("notes", "written meanwhile".to_owned());
    assert_eq!(kept.rows(), expected);
    // The same where the file has gone altogether; what people wrote is in the journal.
    fs::remove_file(kept.csv()).unwrap();
    kept.update(&[], "2026-01-02");
    assert_eq!(kept.rows(), expected);
    // A line that a crash cut off counts for nothing.
    let journal = fs::read(kept.journal()).unwrap();
    fs::write(kept.journal(), [&journal[..], b"{\"body\":{\"ty"].concat()).unwrap();
    kept.update(&[scan("shop", "2026-01-03", &[secret("e")])], "2026-01-03");
    assert_eq!(kept.rows().len(), 5);
}

#[test]
fn an_update_that_was_cut_off_is_done_once_more() {
    let kept = register();
    let (csv, journal) = (fs::read(kept.csv()).unwrap(), fs::read(kept.journal()).unwrap());
    let second = scan("shop", "2026-01-02", &[secret("a"), secret("d"), secret("e")]);
    kept.update(std::slice::from_ref(&second), "2026-01-02");
    let (rows, whole) = (kept.rows(), fs::read(kept.journal()).unwrap());
    let cuts =
        memchr::memchr_iter(b'\n', &whole).map(|end| end + 1).filter(|cut| (journal.len()..whole.len()).contains(cut));
    let cuts: Vec<usize> = cuts.collect();
    assert!(cuts.len() > 4);
    for cut in cuts {
        fs::write(kept.csv(), &csv).unwrap();
        fs::write(kept.journal(), &whole[..cut]).unwrap();
        assert_eq!(kept.update(std::slice::from_ref(&second), "2026-01-02").applied, 1, "cut at {cut}");
        assert_eq!((kept.rows(), fs::read(kept.journal()).unwrap()), (rows.clone(), whole.clone()));
    }
}

#[test]
fn a_journal_that_does_not_fit_is_refused() {
    let kept = register();
    let (csv, journal) = (fs::read(kept.csv()).unwrap(), fs::read_to_string(kept.journal()).unwrap());
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    for (text, part) in [
        (lines[..lines.len() - 1].concat(), "is not there or is empty"),
        (journal.replacen("sample-key", "sample-kex", 1), "has the hash"),
        ([&lines[..2], &lines[3..]].concat().concat(), "stands in its place"),
        (String::new(), "is not there or is empty"),
    ] {
        fs::write(kept.journal(), text).unwrap();
        let error = fault(&kept);
        assert!(error.contains(part), "{error}");
        assert_eq!(fs::read(kept.csv()).unwrap(), csv);
    }
    // An end that is missing shows in the rows that it changed.
    fs::write(kept.journal(), &journal).unwrap();
    kept.update(&[scan("shop", "2026-01-02", &[])], "2026-01-02");
    fs::write(kept.journal(), &journal).unwrap();
    assert!(fault(&kept).contains("its end is missing"), "{}", fault(&kept));
}

#[test]
fn updates_at_once_lose_nothing() {
    let kept = Kept::new();
    let names: Vec<String> = (0..8).map(|number| format!("{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let kept = &kept;
            scope.spawn(move || {
                // What the commands do: the journal is had first, then the file is read.
                let journal = Journal::open(&kept.journal(), Access::Create).unwrap();
                let file = fs::read(kept.csv()).ok();
                let mut register = Register::open(file.as_deref(), journal, SCALES).unwrap();
                let reading = scan(&format!("unit{name}"), "2026-01-01", &[secret(name)]);
                register.apply(&reading, kept.setting(), ACT).unwrap();
                register.judge_all(kept.setting(), ACT, day("2026-01-01"));
                kept.close(register);
            });
        }
    });
    assert_eq!(kept.rows().len(), names.len());
}
