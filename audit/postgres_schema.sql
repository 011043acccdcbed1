-- The log in PostgreSQL. Idempotent. The writer may INSERT everywhere and UPDATE head and
-- index_progress; auditors may SELECT; what was recorded cannot be changed by either. Only what
-- stands aside of a record can be taken away, for good.

CREATE SCHEMA IF NOT EXISTS audit;

-- One row an entry. `at` and `department` repeat what the record says, for searching.
-- `subjects` is tag(32) || field set(4) of each subject; `commitment` is the entry in the tree.
-- `aside` is sealed, is in no commitment, and may be destroyed: then it is null.
CREATE TABLE IF NOT EXISTS audit.record (
    seq        bigint      PRIMARY KEY CHECK (seq >= 0),
    at         timestamptz NOT NULL,
    kind       smallint    NOT NULL,
    department text,
    record     bytea       NOT NULL,
    secret     bytea       NOT NULL,
    subjects   bytea       NOT NULL,
    commitment bytea       NOT NULL,
    aside      bytea
);
ALTER TABLE audit.record ADD COLUMN IF NOT EXISTS aside bytea;
ALTER TABLE audit.record ALTER COLUMN aside SET STORAGE EXTERNAL;
-- Entries come in nearly the order of time, so a few bytes for each range of pages are enough.
CREATE INDEX IF NOT EXISTS record_at ON audit.record USING brin (at) WITH (pages_per_range = 16);
-- The dictionary (kind 9) is read whole at each start.
CREATE INDEX IF NOT EXISTS record_dictionary ON audit.record (seq) WHERE kind = 9;

-- Full tiles only: 256 hashes of 32 bytes.
CREATE TABLE IF NOT EXISTS audit.tile (
    level  smallint NOT NULL,
    n      bigint   NOT NULL,
    hashes bytea    NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (level, n)
);

-- The one row that every writer locks. Much room in the page, so that it is updated in place.
CREATE TABLE IF NOT EXISTS audit.head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    size     bigint  NOT NULL,
    frontier bytea   NOT NULL,
    note     text
) WITH (fillfactor = 10);
INSERT INTO audit.head (size, frontier) VALUES (0, '') ON CONFLICT DO NOTHING;

-- Checkpoints that are kept for good: about one a second while the log is written to.
CREATE TABLE IF NOT EXISTS audit.checkpoint (
    size bigint      PRIMARY KEY,
    at   timestamptz NOT NULL,
    note text        NOT NULL
);

-- From subject to entries, in segments (`audit.segments`): the postings of the entries from `start`
-- to `stop` whose tags begin with the byte `bucket`. Follows behind the log, can be rebuilt from it.
CREATE TABLE IF NOT EXISTS audit.subject_segment (
    bucket   smallint NOT NULL,
    start    bigint   NOT NULL,
    stop     bigint   NOT NULL,
    postings bytea    NOT NULL,
    PRIMARY KEY (bucket, start)
);
-- Tags are random: trying to compress them costs time and saves nothing.
ALTER TABLE audit.subject_segment ALTER COLUMN postings SET STORAGE EXTERNAL;
ALTER TABLE audit.record ALTER COLUMN subjects SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS audit.index_progress (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    next bigint  NOT NULL
);
INSERT INTO audit.index_progress (next) VALUES (0) ON CONFLICT DO NOTHING;
-- The index used to have a row for each posting; it is built anew from the log.
DO $$ BEGIN
    IF to_regclass('audit.subject_index') IS NOT NULL THEN
        DROP TABLE audit.subject_index;
        UPDATE audit.index_progress SET next = 0;
    END IF;
END $$;

-- From facets to entries, in spans (`audit.facet_index`), as the segments above: follows behind the
-- log, can be rebuilt from it. `form` says how facets were read; its row is the builders' lock.
CREATE TABLE IF NOT EXISTS audit.facet_progress (
    one  boolean  PRIMARY KEY DEFAULT true CHECK (one),
    form smallint NOT NULL
);
INSERT INTO audit.facet_progress (form) VALUES (0) ON CONFLICT DO NOTHING;
-- `moments`: of each entry the milliseconds since 1970, 8 bytes little-endian; 0 where there is none.
CREATE TABLE IF NOT EXISTS audit.facet_span (
    start    bigint PRIMARY KEY,
    stop     bigint NOT NULL,
    earliest bigint NOT NULL,
    latest   bigint NOT NULL,
    moments  bytea  NOT NULL
);
-- The postings of a span (`audit.postings`): of one key, and of all rare keys that begin with a byte.
CREATE TABLE IF NOT EXISTS audit.facet_own (
    key      bigint NOT NULL,
    start    bigint NOT NULL,
    postings bytea  NOT NULL,
    PRIMARY KEY (key, start)
);
CREATE TABLE IF NOT EXISTS audit.facet_rest (
    bucket   smallint NOT NULL,
    start    bigint   NOT NULL,
    postings bytea    NOT NULL,
    PRIMARY KEY (bucket, start)
);
-- For merging spans, and for dropping them.
CREATE INDEX IF NOT EXISTS facet_own_start ON audit.facet_own (start);
CREATE INDEX IF NOT EXISTS facet_rest_start ON audit.facet_rest (start);
ALTER TABLE audit.facet_rest ALTER COLUMN postings SET STORAGE EXTERNAL;

-- The lists that the log committed to (`audit.lists`); two are kept, and can be made anew.
-- `entry` is null while one is being made. Whoever has `secret` can open every leaf.
CREATE TABLE IF NOT EXISTS audit.list (
    stop     bigint      PRIMARY KEY,
    start    bigint      NOT NULL,
    salt     bytea       NOT NULL,
    secret   bytea       NOT NULL,
    begun_at timestamptz NOT NULL,
    entry    bigint,
    made_at  timestamptz
);
CREATE TABLE IF NOT EXISTS audit.list_bucket (
    stop     bigint   NOT NULL REFERENCES audit.list ON DELETE CASCADE,
    bucket   smallint NOT NULL,
    count    bigint   NOT NULL,
    root     bytea    NOT NULL,
    keys     bytea    NOT NULL,
    contents bytea    NOT NULL,
    PRIMARY KEY (stop, bucket)
);
ALTER TABLE audit.list_bucket ALTER COLUMN keys SET STORAGE EXTERNAL;
ALTER TABLE audit.list_bucket ALTER COLUMN contents SET STORAGE EXTERNAL;

-- What witnesses answered: `note` as it was sent to them, `line` the cosignature, `at` its time.
CREATE TABLE IF NOT EXISTS audit.cosignature (
    witness text        NOT NULL,
    at      timestamptz NOT NULL,
    size    bigint      NOT NULL,
    note    text        NOT NULL,
    line    text        NOT NULL,
    PRIMARY KEY (witness, at, size)
);
CREATE INDEX IF NOT EXISTS cosignature_size ON audit.cosignature (size);

-- The twin over SM3 (`audit.twin`), where one is kept: as far as it follows the log, and its tiles.
CREATE TABLE IF NOT EXISTS audit.twin (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    size     bigint  NOT NULL,
    frontier bytea   NOT NULL,
    partial  bytea[] NOT NULL,
    note     text
);
INSERT INTO audit.twin (size, frontier, partial) VALUES (0, '', '{}') ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS audit.twin_tile (
    level  smallint NOT NULL,
    n      bigint   NOT NULL,
    hashes bytea    NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (level, n)
);
CREATE TABLE IF NOT EXISTS audit.twin_checkpoint (
    size bigint      PRIMARY KEY,
    at   timestamptz NOT NULL,
    note text        NOT NULL
);

CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit.% takes no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Up to which entry records may be gone (C2SP tlog-tiles, "minimum index"): `announced` is the entry
-- that says so, `done` how far they were dropped.
CREATE TABLE IF NOT EXISTS audit.pruned (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    minimum   bigint  NOT NULL CHECK (minimum % 256 = 0),
    announced bigint,
    done      bigint  NOT NULL
);
INSERT INTO audit.pruned (minimum, done) VALUES (0, 0) ON CONFLICT DO NOTHING;

-- Entries from `start` up to `stop` that nobody may drop, whatever their age.
CREATE TABLE IF NOT EXISTS audit.hold (
    id          text        PRIMARY KEY,
    start       bigint      NOT NULL CHECK (start >= 0),
    stop        bigint      NOT NULL CHECK (stop > start),
    reason      text        NOT NULL,
    placed_by   text        NOT NULL,
    placed_at   timestamptz NOT NULL,
    released_by text,
    released_at timestamptz
);

-- Kinds 9 (dictionary) and 13 (retention) are kept for ever.
CREATE OR REPLACE FUNCTION audit.refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone, audit.pruned
        WHERE gone.seq >= pruned.minimum OR gone.kind IN (9, 13) OR EXISTS (
            SELECT FROM audit.hold
            WHERE released_at IS NULL AND gone.seq >= hold.start AND gone.seq < hold.stop)
    ) THEN
        RAISE EXCEPTION 'audit.record keeps what is not below the minimum index, and what is held'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER refuse_change BEFORE
    UPDATE OF seq, at, kind, department, record, secret, subjects, commitment
    OR TRUNCATE ON audit.record
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_aside BEFORE UPDATE OF aside ON audit.record
    FOR EACH ROW WHEN (NEW.aside IS NOT NULL) EXECUTE FUNCTION audit.refuse();
-- Where no minimum index was published nothing is deleted at all, not even nothing.
CREATE OR REPLACE FUNCTION audit.refuse_unpruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit.pruned WHERE minimum > 0) THEN
        RAISE EXCEPTION 'audit.record takes no DELETE' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER refuse_unpruned BEFORE DELETE ON audit.record
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_unpruned();
CREATE OR REPLACE TRIGGER refuse_loss AFTER DELETE ON audit.record REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_loss();
CREATE OR REPLACE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON audit.pruned
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_shrinking BEFORE UPDATE ON audit.pruned
    FOR EACH ROW WHEN (NEW.minimum < OLD.minimum) EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON audit.hold
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tile
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
-- Of cosignatures that are a month old, one a day of each witness is enough (`hub.store.witnessed`).
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON audit.cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_early BEFORE DELETE ON audit.cosignature
    FOR EACH ROW WHEN (OLD.at > now() - interval '30 days') EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON audit.head
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_shrinking BEFORE UPDATE ON audit.head
    FOR EACH ROW WHEN (NEW.size < OLD.size) EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.twin_tile
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.twin_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON audit.twin
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_shrinking BEFORE UPDATE ON audit.twin
    FOR EACH ROW WHEN (NEW.size < OLD.size) EXECUTE FUNCTION audit.refuse();
