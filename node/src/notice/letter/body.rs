//! The letter's text. What the law says is not among its words: those texts are the configuration's.

use super::{
    Block, Grounds, german,
    words::{links_of, number_of_links},
};
use crate::notice::{
    Decision, Force, Kind, Package, Sender,
    answers::{ANSWERS, Answer},
    form, links, xarf,
};

/// Everything from the salutation to the complaints.
pub(super) fn blocks(package: &Package, grounds: &Grounds, list_sha256: &[u8; 32]) -> Vec<Block> {
    let sender = &*package.sender;
    let mut body = vec![Block::Paragraph("Sehr geehrte Damen und Herren,".into())];
    body.extend(opening(package));
    if let Kind::Recall { first_on: _, reason } = &sender.kind {
        recall(&mut body, sender, reason);
    } else {
        body.push(Block::Heading("Sachverhalt und Begründung"));
        body.push(Block::Paragraph(
            "Nach unserer Bewertung sind die Inhalte aus folgenden Gründen strafbar; welcher Grund für welchen Link \
             gilt, steht in der Liste:"
                .into(),
        ));
        body.push(Block::Points(reasons(sender, grounds)));
        body.push(Block::Heading("Rechtsgrundlage"));
        paragraphs(&mut body, &sender.legal_basis.text);
        force(&mut body, &sender.force);
        asked(&mut body, sender);
        if !sender.user_notice.is_empty() {
            body.push(Block::Heading("Unterrichtung Ihrer Nutzer"));
            paragraphs(&mut body, &sender.user_notice);
        }
        answer(&mut body, sender);
    }
    annexes(&mut body, package, list_sha256);
    body.push(Block::Heading("Beschwerden"));
    body.push(Block::Paragraph("Beschwerden über dieses Schreiben und seine Folgen nimmt entgegen:".into()));
    paragraphs(&mut body, &sender.complaints);
    body
}

fn opening(package: &Package) -> Vec<Block> {
    let sender = &*package.sender;
    let links = links_of(package);
    let text = match &sender.kind {
        Kind::First => format!(
            "die Links der Liste am Ende dieses Schreibens ({links}) führen zu Inhalten in Ihrem Angebot."
        ),
        Kind::Reminder { first_on } => format!(
            "mit Schreiben vom {} haben wir Sie auf Inhalte in Ihrem Angebot hingewiesen. Zu den Links der Liste am Ende \
             dieses Schreibens ({links}) liegt uns keine abschließende Antwort vor, oder der Inhalt ist weiterhin \
             abrufbar. Wir erinnern Sie hiermit; unser Schreiben gilt fort und ist nachstehend wiederholt.",
            german(*first_on)
        ),
        Kind::Recall { first_on, reason: _ } => format!(
            "unser Schreiben vom {} nehmen wir für die Links der Liste am Ende dieses Schreibens ({links}) zurück.",
            german(*first_on)
        ),
    };
    if sender.on_behalf_of.is_empty() {
        return vec![Block::Paragraph(text)];
    }
    let for_whom = format!("wir schreiben Ihnen im Auftrag von: {}.", sender.on_behalf_of);
    vec![Block::Paragraph(for_whom), Block::Paragraph(sentence(&text))]
}

/// With a capital letter: only the first line behind the salutation has none.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn recall(body: &mut Vec<Block>, sender: &Sender, reason: &str) {
    body.push(Block::Heading("Grund der Rücknahme"));
    paragraphs(body, reason);
    if let Force::Order { decision, .. } = &sender.force {
        body.push(Block::Paragraph("Die Rücknahme betrifft folgende Anordnung:".into()));
        self::decision(body, decision);
    }
    body.push(Block::Heading("Rechtsgrundlage des zurückgenommenen Schreibens"));
    paragraphs(body, &sender.legal_basis.text);
    body.push(Block::Heading("Was das für Sie bedeutet"));
    body.push(Block::Paragraph(format!(
        "Bitte ergreifen Sie auf unser früheres Schreiben hin zu diesen Links keine weiteren Maßnahmen. Haben Sie bereits \
         Maßnahmen getroffen, teilen Sie uns dies bitte bis zum {} mit dem beiliegenden Antwortbogen ({}) an {} mit. Ob \
         ein entfernter Inhalt wieder zugänglich gemacht wird, entscheiden Sie in eigener Verantwortung.",
        german(sender.reply_by),
        form::NAME,
        sender.agency.email
    )));
}

fn reasons(sender: &Sender, grounds: &Grounds) -> Vec<String> {
    let reason = |(class, (letter, links)): (_, &(char, usize))| {
        format!("Grund {letter} ({}): {}", number_of_links(*links), sender.reasons.of(class).trim())
    };
    grounds.0.iter().map(|(class, ground)| reason((*class, ground))).collect()
}

/// Must or may.
fn force(body: &mut Vec<Block>, force: &Force) {
    match force {
        Force::Request { effect } => {
            body.push(Block::Heading("Art dieses Schreibens: freiwillige Anregung"));
            body.push(Block::Paragraph(
                "Dieses Schreiben ist keine Anordnung, sondern eine Anregung. Ob Sie ihr folgen, entscheiden Sie in \
                 eigener Verantwortung."
                    .into(),
            ));
            paragraphs(body, effect);
            body.push(Block::Paragraph(
                "Wir erklären, dass wir in gutem Glauben davon überzeugt sind, dass die Angaben und Anführungen in \
                 diesem Schreiben richtig und vollständig sind."
                    .into(),
            ));
        }
        Force::Order { decision, scope, remedies } => {
            body.push(Block::Heading("Art dieses Schreibens: Anordnung"));
            body.push(Block::Paragraph("Dieses Schreiben übermittelt folgende Entscheidung:".into()));
            self::decision(body, decision);
            body.push(Block::Paragraph("Räumlicher Geltungsbereich:".into()));
            paragraphs(body, scope);
            body.push(Block::Heading("Rechtsbehelfe"));
            paragraphs(body, remedies);
        }
    }
}

/// Who decided, when, under which number.
fn decision(body: &mut Vec<Block>, decision: &Decision) {
    let Decision { authority, on, reference, text } = decision;
    body.push(Block::Points(vec![
        format!("Stelle: {authority}"),
        format!("Datum: {}", german(*on)),
        format!("Aktenzeichen: {reference}"),
    ]));
    paragraphs(body, text);
}

fn asked(body: &mut Vec<Block>, sender: &Sender) {
    let mut points = Vec::new();
    if sender.preserve_data {
        points.push(
            "Wir bitten Sie, vor der Löschung die bei Ihnen vorhandenen Daten zu sichern, die zu der Person führen, die \
             den Inhalt eingestellt hat, und sie bis zu einer gesonderten Anfrage aufzubewahren. Bitte übersenden Sie \
             uns diese Daten und den Inhalt nicht unaufgefordert."
                .to_owned(),
        );
    }
    let removal = match sender.force {
        Force::Request { .. } => {
            body.push(Block::Heading("Worum wir Sie bitten"));
            "Bitte prüfen Sie die Links der Liste unverzüglich und entfernen Sie die Inhalte oder sperren Sie den Zugang \
             zu ihnen."
        }
        Force::Order { .. } => {
            body.push(Block::Heading("Was Sie zu tun haben"));
            "Nach der genannten Entscheidung haben Sie die Inhalte, auf die die Links der Liste verweisen, zu entfernen \
             oder den Zugang zu ihnen zu sperren."
        }
    };
    points.push(removal.to_owned());
    let by = german(sender.reply_by);
    points.push(match sender.force {
        Force::Request { .. } => format!("Bitte bestätigen Sie uns das Ergebnis für jeden Link bis zum {by}."),
        Force::Order { .. } => format!(
            "Teilen Sie uns für jeden Link unverzüglich, spätestens bis zum {by}, mit, ob und wann Sie die Anordnung \
             ausgeführt haben."
        ),
    });
    body.push(Block::Points(points));
}

fn answer(body: &mut Vec<Block>, sender: &Sender) {
    body.push(Block::Heading("Ihre Antwort"));
    body.push(Block::Paragraph(format!(
        "Bitte tragen Sie in den Antwortbogen {} zu jeder Kennung (Spalte „reference“) eine der folgenden Antworten \
         (Spalte „answer“) und das Datum Ihrer Maßnahme (Spalte „date“) ein und senden Sie ihn an {}:",
        form::NAME,
        sender.agency.email
    )));
    let line = |answer: &Answer| format!("{}: {}", answer.words, answer.means);
    body.push(Block::Points(ANSWERS.iter().map(line).collect()));
}

fn annexes(body: &mut Vec<Block>, package: &Package, list_sha256: &[u8; 32]) {
    body.push(Block::Heading("Anlagen"));
    body.push(Block::Paragraph(
        "In diesem Schreiben sind die Links entschärft wiedergegeben, damit niemand sie versehentlich aufruft. \
         Maßgeblich sind die genauen Links in den Anlagen. Bitte behandeln Sie die Anlagen vertraulich."
            .into(),
    ));
    let mut points = vec![format!(
        "{}: die genauen Links ({}; SHA-256 der Datei: {})",
        links::NAME,
        links_of(package),
        hex::encode(list_sha256)
    )];
    match package.xarf_links() {
        0 => {}
        all if all == package.items.len() => points.push(format!(
            "{}: dieselben Links zur automatischen Verarbeitung (XARF {})",
            xarf::NAME,
            xarf::VERSION
        )),
        some => points.push(format!(
            "{}: {} davon zur automatischen Verarbeitung (XARF {})",
            xarf::NAME,
            number_of_links(some),
            xarf::VERSION
        )),
    }
    points.push(format!("{}: Antwortbogen", form::NAME));
    body.push(Block::Points(points));
}

fn paragraphs(body: &mut Vec<Block>, text: &str) {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    body.extend(lines.map(|line| Block::Paragraph(line.to_owned())));
}
