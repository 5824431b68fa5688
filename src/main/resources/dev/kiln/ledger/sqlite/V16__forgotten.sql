-- Leads that are ACCEPTED and were forgotten: nobody waits for them to come back.
CREATE INDEX lead_forgotten ON lead (table_name, run) WHERE state = 'ACCEPTED' AND payload = '{}';
