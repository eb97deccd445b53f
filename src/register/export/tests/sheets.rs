//! The workbook, read back.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use rust_xlsxwriter::Workbook;

use super::*;
use crate::register::export::workbook::{Cell, MARK, MAX_TEXT, fill, fitting};

fn workbook_of(e: &Exported<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    workbook(e, &mut out).unwrap();
    out
}

fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    book.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn said(text: &str) -> Data {
    Data::String(text.to_owned())
}

#[test]
fn a_workbook_is_text_in_four_sheets() {
    let mut hostile = decide(row("SK-1"), &[("notes", "<r><t>a</t></r>")]);
    hostile.kept.title = HOSTILE.into();
    let rows = [hostile, row("SK-2")];
    with_view(&rows, |e| {
        let bytes = workbook_of(e);
        assert!(bytes == workbook_of(e), "equal input gives equal bytes");
        let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes.clone())).unwrap();
        assert_eq!(book.sheet_names(), ["Register", "Controls", "Exceptions", "Coverage"]);
        for name in book.sheet_names() {
            assert_eq!(book.worksheet_formula(&name).unwrap().used_cells().count(), 0, "{name}");
        }
        let register = sheet(&bytes, "Register");
        let at = |name: &str| COLUMNS.iter().position(|column| *column == name).unwrap();
        assert_eq!(register.len(), 3);
        assert_eq!(register[1][at("title")], said(HOSTILE));
        assert_eq!(register[1][at("notes")].to_string().trim(), "<r><t>a</t></r>");
        assert_eq!(register[1][at("due_on")], said("2026-05-01"));
        let controls = sheet(&bytes, "Controls");
        let control = controls.iter().find(|cells| cells[0] == said("A.5.17")).unwrap();
        assert_eq!(control[2], said("contradicting evidence (untriaged)"));
        assert_eq!(control[4..9].iter().map(ToString::to_string).collect::<Vec<_>>(), ["0", "1", "0", "0", "0"]);
        assert_eq!((&control[15], &control[16]), (&said("SK-1; SK-2"), &said("scan-1#0; scan-1#0")));
        assert_eq!(controls.len(), 94);
        assert!(controls[1..].iter().all(|cells| cells[18..].iter().all(|cell| *cell == Data::Empty)));
        let exceptions = sheet(&bytes, "Exceptions");
        assert_eq!((&exceptions[1][0], &exceptions[1][4]), (&said("EX-2"), &said(HOSTILE)));
        let coverage = sheet(&bytes, "Coverage");
        assert_eq!([4, 13, 21].map(|at| coverage[1][at].to_string()), ["yes", "7", "quiet-rule"]);
    });
}

#[test]
fn a_workbook_without_bundles_says_so() {
    let rows = [in_condition("SK-1", Condition::Accepted)];
    let bytes = workbook_of(&exported(&rows));
    for (name, count) in [("Controls", 2), ("Exceptions", 3), ("Coverage", 2)] {
        let sheet = sheet(&bytes, name);
        assert_eq!(sheet.len(), count, "{name}");
        assert!(sheet[1][0].to_string().starts_with("no evidence was given"), "{name}");
    }
    let no_day = Exported { today: "soon", ..exported(&rows) };
    assert!(workbook(&no_day, &mut io::sink()).is_err());
}

#[test]
fn what_does_not_fit_into_a_workbook_is_cut_visibly() {
    let long = fitting("\u{1f511}".repeat(MAX_TEXT));
    assert!(long.encode_utf16().count() <= MAX_TEXT && long.ends_with(MARK));
    assert_eq!(fitting("x".repeat(MAX_TEXT)).len(), MAX_TEXT);
    let rows = || ["a", "b", "c", "d"].map(|text| vec![Cell::from(text)]).into_iter();
    let mut book = Workbook::new();
    fill(&mut book, "Some", &[("Letter", 8)], rows(), 4).unwrap();
    fill(&mut book, "All", &[("Letter", 8)], rows(), 5).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert_eq!(sheet(&bytes, "Some").concat(), ["Letter", "a", "b", "2 more rows do not fit into a sheet"].map(said));
    assert_eq!(sheet(&bytes, "All").concat(), ["Letter", "a", "b", "c", "d"].map(said));
}
