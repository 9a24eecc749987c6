//! The help's German texts. English ones stand with the options; a test sees that none is missing here.

use clap::Command;

use crate::text::Lang;

/// Verbs: their path and what they do.
const VERBS: &[(&str, &str)] = &[
    ("init", "Knoten einrichten: Ordner, Konfiguration, Datenbestand"),
    ("backup", "Alles sichern, was dieser Knoten weiß, neben dem laufenden Dienst"),
    ("restore", "Eine Sicherung in einen leeren Ordner zurückholen"),
    (
        "replace",
        "Die Arbeit dieses Knotens an eine neue Maschine übergeben: die letzte Sicherung, und hier ist Schluss",
    ),
    ("serve", "Den Dienst laufen lassen"),
    ("check-config", "Die Konfigurationsdatei prüfen"),
    ("case", "Vorgänge anlegen, auflisten, schließen"),
    ("case open", "Einen Vorgang anlegen; der Hub erfährt ihn vor der ersten Linkmeldung"),
    ("case list", "Die Vorgänge mit dem, was darin gemeldet wurde"),
    ("case close", "Einen Vorgang schließen; der Hub erfährt es, wenn alles Gemeldete beantwortet ist"),
    ("refer", "Eine Liste von Links unter einem Vorgang einreichen"),
    ("report", "Sagen, was aus jeder Zeile einer Einreichung wurde"),
    ("status", "Sagen, was wartet und warum"),
    ("links", "Linkmeldungen auflisten"),
    ("show", "Alles zeigen, was über einen Link oder ein Löschobjekt bekannt ist"),
    ("watch", "Sagen, was geschieht, während es geschieht"),
    ("gate assess", "Bewerten und kennzeichnen: Ist es rechtswidrig, und was ist es?"),
    ("gate evidence", "Die Beweissicherung vermerken; nie den Beweis selbst"),
    ("gate provider-data", "Vermerken, was aus den Daten beim Anbieter wurde, die zum Urheber führen"),
    ("gate release", "Die Freigabe der zuständigen Stelle vermerken, oder warum keine nötig ist"),
    ("gate confirm", "Einen Eintrag der eigenen Behörde als zweite Person bestätigen"),
    ("gate withdraw", "Einen Eintrag der eigenen Behörde zurücknehmen; eine Freigabe widerrufen"),
    ("gate adopt", "Voraussetzungen übernehmen, die vor der Abgabe geschaffen wurden"),
    ("hold place", "Einen Löschaufschub setzen; er gilt, sobald der Hub geantwortet hat"),
    ("hold renew", "Löschaufschüben ein anderes Ende geben; ein abgelaufener gilt wieder"),
    ("hold lift", "Löschaufschübe aufheben"),
    ("hold list", "Löschobjekte mit Löschaufschub auflisten"),
    ("own accept", "Die vorgeschlagene Zuständigkeit annehmen; nur mit dem Hub"),
    ("own decline", "Die vorgeschlagene Zuständigkeit ablehnen; nur mit dem Hub"),
    ("own offer", "Die Zuständigkeit einer anderen Behörde anbieten (Abgabe); nur mit dem Hub"),
    ("own answer-offer", "Eine Abgabe übernehmen oder ablehnen; nur mit dem Hub"),
    ("own withdraw-offer", "Eine angebotene Abgabe zurückziehen; nur mit dem Hub"),
    ("own dispute", "Die Zuständigkeit bestreiten; nur mit dem Hub"),
    ("own withdraw-dispute", "Das eigene Bestreiten zurückziehen; nur mit dem Hub"),
    ("own withdraw", "Den eigenen Vorgang (--case) oder alle eigenen von Löschobjekten zurückziehen"),
    ("own consent", "Als beteiligte Behörde zustimmen"),
    ("own list", "Löschobjekte auflisten, deren Zuständigkeit auf Antwort wartet"),
    ("grant request", "Die Versandberechtigung anfordern; nur mit dem Hub"),
    ("grant return", "Die Versandberechtigung ungenutzt zurückgeben; nur mit dem Hub"),
    ("grant list", "Löschobjekte mit Versandberechtigung auflisten"),
    ("notice intend", "Ankündigen, dass eine Anbietermitteilung hinausgeht; nur mit dem Hub"),
    ("notice remind", "Eine Erinnerung ankündigen; nur mit dem Hub"),
    ("notice recall", "Den Rückruf der Mitteilungen ankündigen; nur mit dem Hub"),
    ("notice sent", "Vermerken, dass Mitteilungen hinausgegangen sind; nur mit dem Hub"),
    ("notice failed", "Vermerken, dass Mitteilungen nicht versandt werden konnten; nur mit dem Hub"),
    (
        "notice resolve",
        "Vermerken, was aus gescheiterten oder ungewissen Mitteilungen wurde; nur mit dem Hub",
    ),
    ("notice incident", "Eine Mitteilung vermerken, die ohne Ankündigung hinausging"),
    ("notice elsewhere", "Vermerken, dass jemand außerhalb des Verbunds benachrichtigt hat"),
    ("notice answer", "Die Antwort des Anbieters vermerken"),
    (
        "notice export",
        "Mitteilungen ankündigen und als Dateien schreiben, je Anbieter ein Ordner; nur mit dem Hub",
    ),
    ("notice answers", "Die Antworten eines Formulars vermerken, das der Anbieter ausgefüllt hat"),
    ("notice list", "Löschobjekte auflisten, deren Mitteilung unterwegs, gescheitert oder ungewiss ist"),
    ("outcome close", "Den Durchgang mit einem Ergebnis beenden"),
    ("outcome check", "Eine Verfügbarkeitsprüfung vermerken"),
    ("outcome complain", "Eine Beschwerde vermerken"),
    ("outcome settle", "Die offene Beschwerde beantworten"),
    ("outcome reopen", "Den nächsten Durchgang öffnen: Der Link wurde wieder gesehen"),
    ("gate", "Die Voraussetzungen einer Versandberechtigung schaffen, bestätigen, zurücknehmen"),
    ("hold", "Löschaufschübe setzen, verlängern, aufheben, auflisten"),
    ("own", "Zuständigkeit annehmen, ablehnen, abgeben, bestreiten, zurückziehen"),
    ("grant", "Versandberechtigungen anfordern, zurückgeben, auflisten"),
    ("notice", "Anbietermitteilungen ankündigen, melden, auflisten"),
    ("outcome", "Durchgänge beenden, Prüfungen und Beschwerden vermerken"),
    (
        "query",
        "Abfragen, ob zu Links und Prüfsummen ein Treffer vorliegt, offen oder blind; für Verbindungsstellen",
    ),
    ("sign-in", "Beim Aussteller der eigenen Stelle anmelden, im Browser"),
    ("sign-out", "Die Anmeldung vergessen"),
    ("query list", "Auflisten, was hier abgefragt wurde: wer, warum, wann"),
    ("query show", "Zeigen, was aus jeder Zeile einer Abfrage wurde"),
    ("query resume", "Eine abgebrochene Abfrage fortsetzen"),
    ("query budget", "Sagen, wie es um blinde Abfragen steht: Rechtsgrundlage, Kontingent, Mengen"),
    ("query open-hits", "Nach den Treffern einer blinden Abfrage offen fragen"),
    (
        "announce",
        "Der Zentralstelle eine beabsichtigte Mitteilung ankündigen oder sie um einen Löschaufschub bitten; für Verbindungsstellen",
    ),
    ("announce notice", "Ankündigen, dass die eigene Stelle den Anbieter selbst benachrichtigen will"),
    ("announce hold", "Um einen Löschaufschub bitten, den die Zentralstelle für die eigene Stelle setzt"),
    ("announce list", "Ankündigungen auflisten, mit dem, was daraus wurde"),
    ("disclosure", "Auskunft zu einem Treffer erbitten, und sie Feld für Feld erteilen"),
    ("disclosure request", "Die zuständige Behörde zu einem Treffer um Auskunft bitten"),
    ("disclosure list", "Auskunftsersuchen auflisten, das am ehesten Fällige zuerst"),
    ("disclosure show", "Ein Auskunftsersuchen zeigen, mit dem, was erteilt wurde"),
    ("disclosure answer", "Felder mitteilen oder ablehnen; nur mit dem Hub"),
    (
        "disclosure restrict",
        "Mitgeteiltes einschränken: Es darf nicht mehr verwendet werden; nur mit dem Hub",
    ),
    ("asked", "Sagen, welche Verbindungsstellen nach Links dieser Behörde gefragt haben"),
    ("decisions", "Entscheidungen auflisten, oder sagen, was aus jedem Löschobjekt einer Entscheidung wurde"),
    ("explain", "Sagen, warum eine Behörde zuständig ist oder war, und was geschah"),
    ("inbox", "Die Arbeitsliste: was fällig ist, das Dringendste zuerst"),
    ("resend", "Noch einmal versuchen, was der Hub abgelehnt hat"),
    ("link", "Zu jeder Zeile der Standardeingabe den kanonischen Link nennen"),
    ("doctor", "Herausfinden, was nicht stimmt"),
    ("keys", "Die eigenen öffentlichen Schlüssel zeigen, und womit die Zentralstelle sie einträgt"),
    ("ledger", "Das Nachweisbuch: Stand, Beweise, Auszug, Prüfung, Alarme"),
    (
        "ledger status",
        "Sagen, wie es um das Nachweisbuch steht: Schlüssel, Prüfpunkt, Eingangsbestätigungen, Alarme",
    ),
    ("ledger show", "Ein Blatt zeigen, bewiesen unter dem neuesten hier geprüften Prüfpunkt"),
    (
        "ledger prove",
        "Sagen, wie weit bewiesen ist, dass die Linkmeldungen zu einem Link im Nachweisbuch stehen",
    ),
    ("ledger export", "In einen Ordner schreiben, was es zur Prüfung anderswo braucht"),
    ("ledger verify", "Einen Auszug prüfen; braucht weder Hub noch Knoten noch Konfiguration"),
    ("ledger alarm", "Auflisten und zur Kenntnis nehmen, was der Zeuge beanstandet"),
    ("ledger alarm list", "Alarme und Hinweise auflisten, die noch niemand zur Kenntnis genommen hat"),
    (
        "ledger alarm ack",
        "Einen Alarm zur Kenntnis nehmen; ohne offene Alarme zeichnet der Knoten wieder mit",
    ),
];

/// Options and arguments by their name, whatever the verb.
const OPTIONS: &[(&str, &str)] = &[
    ("config", "Die Konfigurationsdatei [sonst: ./node.toml, dann /etc/meldeverbund/node.toml]"),
    ("socket", "Der Anschluss des Dienstes [sonst: wie die Konfiguration sagt]"),
    ("lang", "Die Sprache der Texte, `de` oder `en` [sonst: nach der Umgebung]"),
    ("json", "In JSON antworten"),
    ("help", "Hilfe zeigen"),
    ("version", "Stand des Programms zeigen"),
    (
        "dir",
        "Der Ordner des Knotens mit seiner Konfigurationsdatei `node.toml`; liegt beim Zurückholen schon eine dort, gilt sie",
    ),
    ("agency", "Die Kennung dieser Behörde, etwa de-nw-lka"),
    ("liaison", "Diese Behörde ist eine Verbindungsstelle: Sie fragt ab und meldet nichts"),
    ("hub", "Die Adresse des Hubs, https://Rechner:Port; einmal für jede seiner Maschinen"),
    ("hub_agency", "Die Behörde, die den Hub betreibt"),
    ("trust_domain", "Die Vertrauensdomäne des Verbunds"),
    ("certificate", "Das Zertifikat des Knotens"),
    ("key", "Der private Schlüssel des Knotens"),
    ("trust_anchors", "Die Stellen, denen vertraut wird"),
    ("revocations", "Die Sperrlisten"),
    ("proxy", "Ein HTTP-CONNECT-Proxy, http://[Benutzer:Kennwort@]Rechner:Port"),
    ("officer_name", "Ihr Name, wie er in den Unterlagen stehen soll [sonst: der Name des Kontos]"),
    ("number", "Die Vorgangsnummer"),
    ("kind", "Wozu der Vorgang geführt wird"),
    ("unit", "Die Dienststelle"),
    ("review_on", "Tag der Aussonderungsprüfung, JJJJ-MM-TT"),
    ("delete_on", "Tag der Löschung, JJJJ-MM-TT"),
    ("prosecutor_reference", "Das Aktenzeichen der Staatsanwaltschaft"),
    ("officer", "Für wen Sie handeln; nur ein Vermerk"),
    ("reason", "Der Grund"),
    ("file", "Die Liste: CSV, XLSX, reiner Text oder XARF; `-` liest die Standardeingabe"),
    ("case", "Der Vorgang (Vorgangsnummer)"),
    ("mappings", "Was eine Spalte bedeutet: `Spalte=Feld` (Name oder Nummer der Spalte); mehrfach möglich"),
    ("format", "csv, xlsx, text oder xarf [sonst: nach dem Inhalt]"),
    ("encoding", "Der Zeichensatz eines Textes, etwa utf-8 oder windows-1252 [sonst: nach dem Inhalt]"),
    ("separator", "Was die Felder einer CSV-Tabelle trennt: `;`, `,` oder `tab` [sonst: nach dem Inhalt]"),
    ("sheet", "Das Blatt einer XLSX-Datei [sonst: das erste sichtbare]"),
    ("dry_run", "Nur sagen, was daraus würde; nichts wird festgehalten"),
    ("report", "Das Ergebnis jeder Zeile in diese CSV-Datei schreiben"),
    ("table", "Das Ergebnis jeder Zeile als Tabelle zeigen"),
    ("full", "Links so zeigen, wie sie sind, anklickbar"),
    ("no_wait", "Zurückkehren, sobald alles am Knoten gesichert ist; der Hub antwortet später"),
    ("again", "Noch einmal einreichen, was schon vollständig eingereicht war"),
    ("hand_in", "Die Nummer der Einreichung, wie refer und status sie nennen"),
    ("stage", "Nur dieser Stand"),
    ("owner", "Nur diese zuständige Behörde (Kennung)"),
    ("verdict", "Nur dieses Ergebnis"),
    ("state", "Nur dieser Weg-Stand"),
    ("limit", "Zeilen einer Seite"),
    ("after", "Nach einer früheren Seite weitermachen, wie sie sagt"),
    ("all", "Alle"),
    ("link", "Ein Link in jeder Schreibweise, auch entschärft, oder die Kennung eines Löschobjekts"),
    ("submission", "Nur dieses Einreichungspaket (status nennt es)"),
    ("host", "Mit einem Link auf diesem Rechner"),
    ("role", "Mit dieser Rolle der Behörde"),
    ("due", "Was fällig ist"),
    ("targets", "Dieses Löschobjekt; mehrfach möglich"),
    ("links", "Das Löschobjekt dieses Links in jeder Schreibweise; mehrfach möglich"),
    ("finding", "Was die Bewertung ergab"),
    ("offence", "Der Straftatbestand; nötig, wenn es rechtswidrig ist"),
    ("means", "Mit welchen Mitteln"),
    ("reference", "Das Zeichen der Behörde oder der Gegenseite"),
    ("automatic", "Vorschlag eines Programms; zählt nie als Bewertung"),
    ("at", "Wann [sonst, wo es geht: jetzt]"),
    ("custodian", "Wer den Beweis verwahrt"),
    ("sha256", "SHA-256 des Beweisbehälters, 64 Hexadezimalziffern"),
    ("provider_data", "Was aus den Daten wurde"),
    ("authority", "Die Stelle, die entschieden hat"),
    ("person", "Die Person, die entschieden hat"),
    ("form", "In welcher Form"),
    ("scope", "Wie weit die Freigabe reicht"),
    ("until", "Bis wann; ein Tag zählt ganz"),
    ("conditions", "Auflagen"),
    ("not_needed", "Warum keine Freigabe nötig ist"),
    ("gate", "Welche Voraussetzung"),
    ("gates", "Diese Voraussetzung, mehrfach möglich; ohne Angabe alle außer der Freigabe"),
    ("hold_reason", "Warum noch nicht"),
    ("note", "Ein Vermerk; nötig bei dem Grund `other`"),
    ("on_behalf_of", "Für welche andere Stelle"),
    ("hold_id", "Nur dieser Löschaufschub; ohne Angabe alle eigenen"),
    ("to", "An welche Behörde"),
    ("take", "Übernehmen"),
    ("refuse", "Ablehnen, und warum"),
    ("responsible", "Welche Behörde zuständig sein soll; auch die eigene"),
    ("window_of", "Wessen Frist; nur die Zentralstelle nennt eine andere"),
    ("intent", "Nur diese Ankündigung; ohne Angabe die Mitteilungen, die unterwegs sind"),
    ("was_sent", "Sie ging hinaus"),
    ("not_sent", "Sie ging nicht hinaus"),
    ("recipient", "Wer sie bekommt oder bekam"),
    ("by", "Wer, in einem Wort"),
    ("answer", "Die Antwort"),
    ("outcome", "Wie der Durchgang endet"),
    ("result", "Was die Prüfung ergab"),
    ("upheld", "Die Beschwerde hat Erfolg"),
    ("rejected", "Die Beschwerde hat keinen Erfolg"),
    ("force", "Löschanregung oder Anordnung"),
    ("legal_basis", "Rechtsgrundlage: ein Kürzel aus der Liste des Hubs"),
    ("channel", "Auf welchem Weg: mail, form, platform, letter"),
    ("file_reference", "Das Aktenzeichen (BKAG § 25 Abs. 3)"),
    ("at_leaf", "Zeitpunkt: die Nummer des letzten Eintrags im Nachweisbuch"),
    ("decision", "Die Nummer der Entscheidung"),
    ("open", "Nur die, die auf den Hub oder auf eine Person warten"),
    ("before", "Nur die vor dieser Nummer"),
    ("held", "Nur mit Löschaufschub"),
    ("in_doubt", "Nur mit gescheiterter oder ungewisser Mitteilung"),
    ("out", "Der Ordner, der angelegt wird; es darf ihn noch nicht geben"),
    ("sent", "Als versandt melden, sobald die Dateien vollständig sind"),
    (
        "resume",
        "Die Dateien von Mitteilungen schreiben, die von diesem Knoten aus unterwegs sind; ohne neue Ankündigung",
    ),
    ("order", "Anordnung statt Löschanregung"),
    ("decision_reference", "Das Aktenzeichen der Entscheidung, die die Anordnung übermittelt"),
    ("decision_authority", "Das Gericht oder die Behörde, die entschieden hat"),
    ("decision_date", "Das Datum der Entscheidung"),
    ("reminder", "Eine Erinnerung zur selben Mitteilung"),
    ("recall", "Der Rückruf der Mitteilungen"),
    ("first_on", "Das Datum der ersten Mitteilung; für Erinnerung und Rückruf"),
    (
        "else_offence",
        "Der Straftatbestand von Löschobjekten, die hier weder bewertet noch mit einem gemeldet wurden",
    ),
    ("with_access_hints", "Die Zugangshinweise der Linkmeldungen an den Anbieter geben"),
    ("preserve_data", "Um die Sicherung der Daten bitten, die zum Urheber führen (so auch ohne Angabe)"),
    ("no_preserve_data", "Nicht darum bitten: sie werden nicht gebraucht"),
    ("filled_in", "Das Formular, wie es zurückkam: CSV in jeder Spielart"),
    ("came_at", "Wann das Formular kam, für Zeilen ohne Datum [sonst: jetzt]"),
    ("partial", "Die lesbaren Zeilen vermerken, obwohl andere es nicht sind"),
    ("verb", "Der Befehl"),
    ("folder", "Der Ordner; zum Schreiben neu, der eines Auszugs auch leer"),
    ("backup", "Der Ordner der Sicherung"),
    ("check", "Nur sagen, ob die Sicherung vollständig ist und dieses Programm sie zurückholen kann"),
    (
        "with_keys",
        "Auch der Schlüssel der Aussagen und die Dateien von [tls]: wer diese Sicherung hat, spricht für die Behörde. Nie der der Mitzeichnung",
    ),
    ("index", "Die Nummer des Blatts, ab 0"),
    (
        "hub_key",
        "Ein Schlüssel des Hubs, dem vertraut wird; mehrfach möglich [sonst: die im Auszug genannten]",
    ),
    (
        "witness",
        "Der Schlüssel eines Zeugen, eine Stimme je Behörde; mehrfach möglich [sonst: die im Auszug genannten]",
    ),
    (
        "selectors",
        "Links in jeder Schreibweise oder Prüfsummen: `sha256:…`, `sha1:…`, `md5:…` oder nur die Ziffern",
    ),
    ("list", "Eine Liste, je Zeile ein Link oder eine Prüfsumme; `-` liest die Standardeingabe"),
    ("purpose", "Der Zweck: ein Kürzel aus der Liste des Hubs"),
    ("own_case", "Der eigene Vorgang"),
    ("blind", "Blind: Der Hub erfährt nicht, wonach gefragt wird"),
    ("csv", "Als CSV-Tabelle"),
    (
        "token_file",
        "Die Datei mit Ihrem ID-Token, nur für Sie lesbar [sonst: die Variable MELDEVERBUND_TOKEN, dann die Anmeldung]",
    ),
    (
        "kept_in",
        "Die Datei für das Token, nur für Sie lesbar [sonst: in XDG_RUNTIME_DIR, bis Sie sich abmelden]",
    ),
    (
        "port",
        "Der Port dieses Rechners, zu dem der Browser zurückkommt [sonst: irgendeiner, oder wie konfiguriert]",
    ),
    ("question", "Die Nummer der Abfrage, wie query list sie nennt"),
    ("row", "Die Zeile des Treffers, wie query show sie nennt"),
    ("hits", "Nur Treffer"),
    ("about", "Der Link in jeder Schreibweise, oder `link-id:…`"),
    (
        "announced_for",
        "Ein Löschaufschub: bis wann; eine Mitteilung: wann sie hinausgehen soll; ein Tag zählt ganz",
    ),
    ("to_centre", "An die Zentralstelle"),
    ("fields", "Was gewünscht wird; mehrfach möglich [sonst: was möglich ist]"),
    ("disclosure", "Die Kennung des Auskunftsersuchens"),
    ("answered", "Auch beantwortete"),
    (
        "release",
        "Was mitgeteilt wird: `FELD=TEXT`; mehrfach möglich. Felder: case-number, prosecutor-reference, officer, offence-class, found-where, found-at, content-hashes, notices, uploader, note",
    ),
    ("refuse_disclosure", "Ablehnen, und warum"),
    ("beside", "Was neben dem Mitgeteilten zu sagen ist"),
    ("restricted", "Welches Feld; mehrfach möglich [sonst: alle mitgeteilten]"),
    ("alarm", "Die Nummer des Alarms; ohne Angabe alle"),
];

/// The frame of the help.
const FRAME: &str = "{about-with-newline}\nAufruf: {usage}\n\n{all-args}{after-help}";

/// The language that `--lang` asks for, before the arguments are parsed.
pub(super) fn asked_for(args: impl Iterator<Item = String>) -> Option<Lang> {
    let mut args = args.skip(1);
    while let Some(arg) = args.next() {
        if arg == "--lang" {
            return args.next()?.parse().ok();
        }
        if let Some(lang) = arg.strip_prefix("--lang=") {
            return lang.parse().ok();
        }
    }
    None
}

/// The command with its texts in a language.
pub(super) fn in_language(command: Command, lang: Lang) -> Command {
    match lang {
        Lang::En => command,
        Lang::De => german(command.about("Der Knoten einer Behörde im Meldeverbund"), ""),
    }
}

fn german(command: Command, path: &str) -> Command {
    let arguments: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let mut command = command
        .help_template(FRAME)
        .subcommand_help_heading("Befehle")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(flag("version", 'V', clap::ArgAction::Version))
        .arg(flag("help", 'h', clap::ArgAction::Help));
    for name in arguments {
        let heading = |arg: clap::Arg| {
            let heading = if arg.is_positional() { "Angaben" } else { "Optionen" };
            arg.help(text(OPTIONS, &name)).help_heading(heading)
        };
        command = command.mut_arg(&name, heading);
    }
    for name in verbs {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(&name, |verb| german(verb.about(text(VERBS, &path)), &path));
    }
    command
}

/// One of the two options that clap would add in English.
fn flag(name: &'static str, short: char, action: clap::ArgAction) -> clap::Arg {
    let arg = clap::Arg::new(name).short(short).long(name).action(action);
    arg.help(text(OPTIONS, name)).help_heading("Optionen")
}

fn text(texts: &'static [(&'static str, &'static str)], name: &str) -> &'static str {
    texts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn missing(command: &Command, path: &str, out: &mut Vec<String>) {
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            if text(OPTIONS, name).is_empty() {
                out.push(format!("{path} {name}"));
            }
        }
        for verb in command.get_subcommands() {
            let path = format!("{path} {}", verb.get_name());
            if text(VERBS, path.trim()).is_empty() {
                out.push(path.clone());
            }
            missing(verb, &path, out);
        }
    }

    #[test]
    fn every_verb_and_option_has_a_german_text() {
        let mut out = Vec::new();
        missing(&Cli::command(), "", &mut out);
        assert!(out.is_empty(), "without a German text: {out:?}");
        let mut german = in_language(Cli::command(), Lang::De);
        german.build();
        let help = german.find_subcommand_mut("refer").unwrap().render_long_help().to_string();
        assert!(help.contains("Vorgangsnummer") && help.contains("Optionen:"), "{help}");
        Cli::command().debug_assert();
    }

    #[test]
    fn the_language_is_seen_before_parsing() {
        let args = |text: &str| asked_for(text.split(' ').map(str::to_owned).collect::<Vec<_>>().into_iter());
        assert_eq!(args("node --lang de status"), Some(Lang::De));
        assert_eq!(args("node status --lang=en"), Some(Lang::En));
        assert_eq!(args("node status"), None);
    }
}
