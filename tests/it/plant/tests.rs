//! The planter is what the scanner is measured with; this measures the planter.

use super::generate::crc32;
use super::keys::product;
use super::*;

fn filled(template: &str, encoding: Encoding, newline: Newline) -> Filled {
    fill("a/b.txt", template, encoding, newline, &mut Names::new())
}

#[test]
fn slots_are_recorded_where_they_lie() {
    let it = filled("é=<<some-rule ~ ab${}cd>>;\nx <<decoy ~ {{hex:12}}>>\n", Encoding::Utf8, Newline::Lf);
    let text = String::from_utf8(it.bytes).unwrap();
    assert!(text.starts_with("é=abcd;\nx "), "{text}");
    let first = &it.planted[0];
    assert_eq!((first.rule(), first.value.as_str()), (Some("some-rule"), "abcd"));
    assert_eq!((first.span.clone(), first.line, first.column), (3..7, 1, 3));
    assert_eq!((first.end_line, first.end_column), (1, 7));
    let second = &it.planted[1];
    assert_eq!((second.label.clone(), second.line, second.column), (Label::Decoy, 2, 3));
    assert_eq!(second.span, 11..23);
}

#[test]
fn what_is_no_slot_stays() {
    for text in [
        "cat <<EOF\nx\nEOF\n",
        "cat <<eof >>log\n",
        "  <<: *default\n",
        "$x = <<<EOT\n a: b >> c\nEOT;\n",
        "1 << 2 >> 3: 4",
        "<<word>>",
        "<<never-ends ~ here",
    ] {
        let it = filled(text, Encoding::Utf8, Newline::Lf);
        assert_eq!(String::from_utf8(it.bytes).unwrap(), text);
        assert!(it.planted.is_empty(), "{text}");
    }
    let element = filled("<a><<some-rule ~ b>></a>", Encoding::Utf8, Newline::Lf);
    assert_eq!(element.bytes, b"<a>b</a>");
}

#[test]
fn names_repeat_a_value() {
    let it = filled("<<r @one ~ {{hex:32}}>> <<r @one>>", Encoding::Utf8, Newline::Lf);
    assert_eq!(it.planted[0].value, it.planted[1].value);
    assert_eq!(it.planted[0].value.len(), 32);
}

#[test]
fn spans_are_those_of_the_encoded_file() {
    let template = "# \u{1f511}\nk=<<r ~ abcd>>\n";
    for (encoding, newline, span) in [
        (Encoding::Utf8, Newline::Crlf, 10..14),
        (Encoding::Utf8Bom, Newline::Lf, 12..16),
        (Encoding::Utf16LeBom, Newline::Lf, 16..24),
        (Encoding::Utf16Be, Newline::Crlf, 16..24),
    ] {
        let it = filled(template, encoding, newline);
        let planted = &it.planted[0];
        assert_eq!((planted.span.clone(), planted.line, planted.column), (span.clone(), 2, 3), "{encoding:?}");
        let bytes = &it.bytes[span.start as usize..span.end as usize];
        let ascii: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
        assert_eq!(ascii, b"abcd", "{encoding:?}");
    }
    let latin = filled("ü=<<r ~ größe>>", Encoding::Latin1, Newline::Lf);
    assert_eq!(latin.bytes, b"\xfc=gr\xf6\xdfe");
    assert_eq!(latin.planted[0].span, 2..7);
}

#[test]
fn further_lines_are_indented_like_the_first() {
    let it = filled("a:\n  <<r ~ {{pem:ec}}>>\n", Encoding::Utf8, Newline::Lf);
    let text = String::from_utf8(it.bytes).unwrap();
    assert!(text.lines().skip(1).all(|line| line.starts_with("  ")), "{text}");
    let planted = &it.planted[0];
    assert_eq!((planted.line, planted.column), (2, 3));
    assert_eq!(planted.end_line, text.lines().count() as u64);
}

#[test]
fn known_answers() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(product(&[0xff, 0xff], &[0xff, 0xff]), [0xff, 0xfe, 0x00, 0x01]);
    let token = expand("{{crc32:ghp_}}", &mut Noise::seeded("x")).unwrap();
    assert_eq!(token.len(), 40);
    assert_eq!(token, expand("{{crc32:ghp_}}", &mut Noise::seeded("x")).unwrap());
    assert_ne!(token, expand("{{crc32:ghp_}}", &mut Noise::seeded("y")).unwrap());
    assert!(expand("{{nothing:4}}", &mut Noise::seeded("x")).is_err());
    assert!(expand("{{hex:4", &mut Noise::seeded("x")).is_err());
}

#[test]
fn the_corpus_is_broad() {
    let corpus = whole();
    let rules: std::collections::BTreeSet<&str> = corpus.secrets().filter_map(Planted::rule).collect();
    let provider = rules.iter().filter(|rule| !rule.starts_with("generic-")).count();
    let decoys = corpus.planted.iter().filter(|planted| planted.label == Label::Decoy).count();
    assert!(corpus.files >= 110, "{} files", corpus.files);
    assert!(provider >= 70, "{provider} rules");
    assert!(corpus.secrets().count() >= 180, "{} secrets", corpus.secrets().count());
    assert!(decoys >= 90, "{decoys} decoys");
}
