//! Tables for the terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A line below the header and no others: a long table stays readable.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with these column names.
pub(super) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// Puts the numbers of some columns to the right.
pub(super) fn right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// A link that no terminal or mail program makes clickable.
pub(super) fn defanged(link: &str) -> String {
    let Some((scheme, rest)) = link.split_once("://") else { return link.replace('.', "[.]") };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let scheme = match scheme {
        "http" => "hxxp",
        "https" => "hxxps",
        "ftp" => "fxp",
        other => other,
    };
    format!("{scheme}://{}{path}", host.replace('.', "[.]"))
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::link::refang;

    use super::*;

    #[test]
    fn a_defanged_link_can_be_mended_again() {
        assert_eq!(defanged("https://h.example/a.html"), "hxxps://h[.]example/a.html");
        for link in ["https://h.example/a.html", "http://a.b.example:8080", "ftp://u@h.example/x?y=z.w"] {
            assert_eq!(refang(&defanged(link)), link);
        }
    }
}
