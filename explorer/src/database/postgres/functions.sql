-- Empties the database's schemas, and lays what queries use of SQLite beside the tables to come.

DO $$ BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database is not in UTF8';
    END IF;
    IF to_regclass('main.meta') IS NULL
        AND EXISTS (SELECT 1 FROM pg_tables WHERE schemaname IN ('main', 'pinned')) THEN
        RAISE EXCEPTION 'the schema main holds something else than an index';
    END IF;
END $$;

DROP SCHEMA IF EXISTS reading, pinned, main CASCADE;
CREATE SCHEMA main;
-- Views of the tables at an earlier height, under the tables' names.
CREATE SCHEMA pinned;
-- Views that readers see in place of tables (reading.sql).
CREATE SCHEMA reading;

-- SQLite numbers a row one above the highest.
CREATE FUNCTION main.next_number(of_table text, of_column text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    above bigint;
BEGIN
    EXECUTE format('SELECT coalesce(max(%I), 0) + 1 FROM main.%I', of_column, of_table) INTO above;
    RETURN above;
END $$;

-- A sum of integers is one, and no decimal number.
CREATE AGGREGATE main.sum(bigint) (
    SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE
);

CREATE FUNCTION main.max(one bigint, other bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT greatest(one, other) $$;

CREATE FUNCTION main.iif(condition boolean, one anycompatible, other anycompatible)
RETURNS anycompatible LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN condition THEN one ELSE other END $$;

CREATE FUNCTION main.hex(bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT upper(encode(bytes, 'hex')) $$;

-- At most 16 bytes.
CREATE FUNCTION main.randomblob(bytes integer) RETURNS bytea LANGUAGE sql VOLATILE AS $$
    SELECT substring(uuid_send(gen_random_uuid()) FOR bytes)
$$;

-- Only of the year, and of seconds since 1970.
CREATE FUNCTION main.strftime(form text, seconds bigint, since text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_char(to_timestamp(seconds) AT TIME ZONE 'UTC', 'YYYY')
    WHERE form = '%Y' AND since = 'unixepoch'
$$;
