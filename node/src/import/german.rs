//! The German sentences of an [`ImportError`].

use super::{
    ImportError,
    limits::{COLUMNS, XLSX_BYTES, XLSX_FILE_BYTES, XLSX_ROWS},
};

impl ImportError {
    /// The error as a German sentence; as little as the English one does it repeat a value.
    pub fn german(&self) -> String {
        match self {
            Self::Io(_) => "die Eingabe lässt sich nicht lesen".to_owned(),
            Self::Empty => "die Eingabe ist leer".to_owned(),
            Self::OldExcel => {
                "das ist eine alte (.xls) oder kennwortgeschützte Excel-Datei; bitte ohne Kennwort als \
                               .xlsx oder als CSV speichern"
                    .to_owned()
            }
            Self::Binary => {
                "das ist weder Text noch eine Excel-Datei; lesbar sind CSV, XLSX, XARF (JSON) und reiner \
                             Text"
                    .to_owned()
            }
            Self::UnknownColumns(columns) => format!(
                "unbekannte Spalten: {}; jede mit --map 'Spalte=Feld' oder --map 'Spalte=ignore' zuordnen",
                columns.iter().map(|column| column.german()).collect::<Vec<_>>().join(", ")
            ),
            Self::NoHeader => "die Tabelle hat keine Kopfzeile; bitte die Feldnamen in die erste Zeile schreiben, die \
                               Spalten über ihre Nummer zuordnen oder die Datei mit --format text als Liste lesen"
                .to_owned(),
            Self::NoLinkColumn => {
                "keine Spalte enthält den Link; eine mit --map 'Spalte=link' zuordnen".to_owned()
            }
            Self::TwiceTheSame(one, other, field) => format!(
                "die Spalten {} und {} bedeuten beide {field}; eine davon mit --map 'Spalte=ignore' auslassen",
                one.german(),
                other.german()
            ),
            Self::NoSuchColumn(column) => {
                format!("--map nennt die Spalte {}, die es in der Tabelle nicht gibt", column.german())
            }
            Self::TooManyColumns => format!("die Tabelle hat mehr als {COLUMNS} Spalten"),
            Self::TooManyRows => format!("das Blatt hat mehr als {XLSX_ROWS} Zeilen"),
            Self::FileTooLarge => {
                format!("die XLSX-Datei ist größer als {} MB; bitte als CSV speichern", XLSX_FILE_BYTES >> 20)
            }
            Self::UnpacksTooLarge => format!(
                "die XLSX-Datei wird entpackt größer als erlaubt (insgesamt {} MB); bitte als CSV speichern",
                XLSX_BYTES >> 20
            ),
            Self::Workbook => "die XLSX-Datei ist beschädigt oder unvollständig".to_owned(),
            Self::NoSuchSheet => "ein solches Blatt gibt es in der XLSX-Datei nicht".to_owned(),
            Self::BrokenJson(line) => {
                format!(
                    "der JSON-Text ist in Zeile {line} beschädigt; was danach kommt, lässt sich nicht trennen"
                )
            }
            Self::OptionMismatch { option, format } => format!("die Option {option} passt nicht zu {format}"),
        }
    }
}
