-- What the text index still has to read. Triggers, so that no table is entered without it: a row
-- says which thing is new or reads differently, and the text index remembers the last row that it
-- has read. Rows stay, for an index that is built anew.

CREATE TABLE text_changes (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    part TEXT NOT NULL,
    -- Whether the thing may have been entered before.
    again INTEGER NOT NULL
);

-- Which filling of these tables this is: numbers mean nothing in another.
INSERT INTO meta VALUES ('incarnation', lower(hex(randomblob(16))));

CREATE TRIGGER text_of_records AFTER INSERT ON records BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('entry', new.log_index, '', 0);
END;

CREATE TRIGGER text_of_accounts AFTER INSERT ON accounts WHEN new.kind <> 'voided' BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('account', new.id, '', 0);
END;

-- Before, because what is replaced is gone afterwards.
CREATE TRIGGER text_of_lines BEFORE INSERT ON lines WHEN NOT EXISTS (
    SELECT 1 FROM lines l WHERE l.id = new.id
    AND l.documents = new.documents AND l.printed_in = new.printed_in
) BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('account', new.id, '', 1);
END;

CREATE TRIGGER text_of_notices AFTER UPDATE OF notice ON accounts
WHEN new.notice <> '' AND new.notice <> old.notice AND NOT EXISTS (
    SELECT 1 FROM accounts a WHERE a.notice = new.notice AND a.id <> new.id
) BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('notice', new.notice, '', 1);
END;

CREATE TRIGGER text_of_organizations AFTER INSERT ON organizations BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('organization', new.code, '', 1);
END;

CREATE TRIGGER text_of_renamed AFTER UPDATE OF name ON organizations
WHEN new.name <> old.name BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('organization', new.code, '', 1);
END;

CREATE TRIGGER text_of_projects BEFORE INSERT ON projects WHEN NOT EXISTS (
    SELECT 1 FROM projects p WHERE p.reference = new.reference AND p.title = new.title
) BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('project', new.reference, '', 1);
END;

CREATE TRIGGER text_of_funds AFTER INSERT ON charity_funds BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('fund', new.host, new.fund, 1);
END;

CREATE TRIGGER text_of_campaigns AFTER INSERT ON campaigns BEGIN
    INSERT INTO text_changes (kind, key, part, again) VALUES ('campaign', new.filing, '', 1);
END;

CREATE TRIGGER text_of_publications BEFORE INSERT ON publications WHEN NOT EXISTS (
    SELECT 1 FROM publications p WHERE p.organization = new.organization
    AND p.number = new.number AND p.title = new.title AND p.topic = new.topic
) BEGIN
    INSERT INTO text_changes (kind, key, part, again)
    VALUES ('publication', new.organization, new.number, 1);
END;

CREATE TRIGGER text_of_complaints BEFORE INSERT ON complaints WHEN NOT EXISTS (
    SELECT 1 FROM complaints c
    WHERE c.organization = new.organization AND c.reference = new.reference
) BEGIN
    INSERT INTO text_changes (kind, key, part, again)
    VALUES ('complaint', new.organization, new.reference, 1);
END;

CREATE TRIGGER text_of_audits AFTER INSERT ON audits BEGIN
    INSERT INTO text_changes (kind, key, part, again)
    VALUES ('audit', new.organization, new.reference, 1);
END;

CREATE TRIGGER text_of_samples BEFORE INSERT ON samples WHEN NOT EXISTS (
    SELECT 1 FROM samples s
    WHERE s.organization = new.organization AND s.reference = new.reference
) BEGIN
    INSERT INTO text_changes (kind, key, part, again)
    VALUES ('sample', new.organization, new.reference, 1);
END;
