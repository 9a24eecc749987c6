# Was jede Seite zeigt.
skip = Zum Inhalt
pages = Seiten
languages = Sprache
sessions = Meine Sitzungen
sign-in = Anmelden
sign-out = Abmelden
live-newer = Auf dieser Seite gibt es Neueres. Was Sie gerade bearbeiten, ist unverändert.
live-show = Neu laden
live-ended = Sie sind nicht mehr angemeldet.

role-desk-officer = Sachbearbeitung
role-supervisor = Leitung
role-prosecutor = Staatsanwaltschaft
role-auditor = Prüfung
role-data-protection-officer = Datenschutz
role-operator = Betrieb
role-liaison-officer = Verbindungsbeamter
role-requester = Anfragende Person

not-found = Diese Seite gibt es nicht, oder Sie dürfen sie nicht sehen.
not-found-help = Prüfen Sie die Adresse, oder gehen Sie von der Übersicht aus weiter.
foreign-form = Das Formular wurde nicht von einer Seite dieses Dienstes gesendet.
foreign-form-help = Es wurde nichts geändert. Öffnen Sie die Seite neu und versuchen Sie es noch einmal.
failed = Das hat nicht funktioniert.
failed-help = Es liegt nicht an Ihnen. Versuchen Sie es in einer Minute noch einmal; bleibt es dabei, hilft der Betrieb.
to-overview = Zur Übersicht
