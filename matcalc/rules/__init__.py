"""The mathematics, as data: functions, identities, properties; each record is a line that a book could print."""
