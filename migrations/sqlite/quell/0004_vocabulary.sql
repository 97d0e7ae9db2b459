-- Words that occur, to know which ones begin with what somebody types.
CREATE VIRTUAL TABLE alert_words USING fts5vocab('alert_text', 'row');
CREATE VIRTUAL TABLE incident_words USING fts5vocab('incident_text', 'row');
