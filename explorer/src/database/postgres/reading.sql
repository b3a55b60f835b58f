-- What readers see: names of donors, only while the explorer that writes hears of orders to erase
-- them. It says until when; a server that broke down has forgotten it.

CREATE UNLOGGED TABLE reading.attended (
    one integer PRIMARY KEY CHECK (one = 1),
    until timestamptz NOT NULL
);

CREATE VIEW reading.is_attended AS
SELECT EXISTS (SELECT 1 FROM reading.attended WHERE now() < until) AS so;

CREATE VIEW reading.donor_names AS
SELECT * FROM main.donor_names WHERE (SELECT so FROM reading.is_attended);

-- Answers without names are other answers.
CREATE VIEW reading.meta AS
SELECT * FROM main.meta WHERE key <> 'names' OR (SELECT so FROM reading.is_attended);
