CREATE TABLE visits (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), who text NOT NULL);
INSERT INTO visits (who) VALUES ('init');
