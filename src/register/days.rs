//! Days as spreadsheets write them back. They take `2026-01-31` for a day, and save it in the order of their user's country.

use jiff::civil::Date;

/// The order of the parts of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `1/31/2026`
    Mdy,
    /// `31.01.2026`, `31/1/26`
    Dmy,
    /// `2026/1/31`
    Ymd,
}

impl Spelling {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Mdy, Self::Dmy, Self::Ymd];

    /// The day that `cell` names in this order, `YYYY-MM-DD`; none where it names none. A year of two digits is one of this century.
    pub(super) fn day(self, cell: &str) -> Option<String> {
        let parts = cell.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty());
        let parts: Vec<i16> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [first, second, third] = parts[..] else { return None };
        let (year, month, day) = match self {
            Self::Mdy => (third, first, second),
            Self::Dmy => (third, second, first),
            Self::Ymd => (first, second, third),
        };
        let year = if (0..100).contains(&year) { 2000 + year } else { year };
        let day = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some(day.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_countries() {
        for (spelling, cell) in [
            (Spelling::Mdy, "1/31/2026"),
            (Spelling::Mdy, "01-31-26"),
            (Spelling::Dmy, "31.01.2026"),
            (Spelling::Dmy, "31/1/26"),
            (Spelling::Ymd, "2026/1/31"),
            (Spelling::Ymd, "2026. 01. 31."),
            (Spelling::Ymd, "2026-01-31"),
        ] {
            assert_eq!(spelling.day(cell).as_deref(), Some("2026-01-31"), "{cell}");
        }
        assert_eq!(Spelling::Dmy.day("1/31/2026"), None);
        for cell in ["", "31.01.", "1.1.1.2026", "soon", "40/40/2026", "1/2/x", "99999/1/1"] {
            assert!(Spelling::ALL.iter().all(|spelling| spelling.day(cell).is_none()), "{cell}");
        }
    }
}
