# What every page shows.
skip = Skip to content
pages = Pages
languages = Language
sessions = My sessions
sign-in = Sign in
sign-out = Sign out
live-newer = There is something newer on this page. What you are working on is unchanged.
live-show = Load again
live-ended = You are not signed in any more.

role-desk-officer = desk officer
role-supervisor = supervisor
role-prosecutor = prosecutor
role-auditor = auditor
role-data-protection-officer = data protection officer
role-operator = operator
role-liaison-officer = liaison officer
role-requester = requesting officer

not-found = There is no such page, or you may not see it.
not-found-help = Check the address, or go on from the overview.
foreign-form = The form was not sent from a page of this service.
foreign-form-help = Nothing was changed. Open the page again and try once more.
failed = That did not work.
failed-help = It is not your fault. Try again in a minute; if it stays like this, ask those who run the service.
to-overview = To the overview
