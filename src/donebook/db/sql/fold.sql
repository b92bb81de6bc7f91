-- fold, version 1
--
-- Fold texts for search and for the order of titles: without case, accents and ligatures.

-- Make fold(text) under the first collation of the server that knows letters: PostgreSQL's own from version 17 on,
-- before that the system's or ICU's. Its result compares and sorts by code points, which is the same in every database.
-- ASCII takes a short cut. The body is SQL-standard (RETURN): it names what it uses by identity, so a restored dump
-- finds it.
DO $do$
DECLARE
    known text;
BEGIN
    FOR known IN
        SELECT format('pg_catalog.%I', collname) FROM pg_collation
        WHERE collnamespace = 'pg_catalog'::regnamespace AND collencoding IN (-1, pg_char_to_encoding('UTF8'))
            AND collname IN ('pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu', 'en_US.utf8')
        ORDER BY array_position('{pg_c_utf8,C.utf8,C.UTF-8,und-x-icu,en_US.utf8}'::text[], collname::text)
    LOOP
        EXECUTE format($fold$
            CREATE OR REPLACE FUNCTION fold(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
                CASE WHEN octet_length(given) = char_length(given) THEN lower(given COLLATE %1$s)
                ELSE normalize(
                    replace(replace(replace(replace(translate(
                        regexp_replace(lower(normalize(given, NFKD) COLLATE %1$s), U&'[\0300-\036F\0591-\05BD\05BF\05C1\05C2\05C4\05C5\05C7\064B-\065F\0670\1AB0-\1AFF\1DC0-\1DFF\20D0-\20FF\FE00-\FE0F\FE20-\FE2F]+', '', 'g'),
                        'øđðłħıŧĸς', 'oddlhitkσ'
                    ), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
                    NFC
                ) END
            ) COLLATE "C"
        $fold$, known);
        EXIT WHEN fold('ÀÉΣЖ') = 'aeσж';
    END LOOP;
    IF fold('ÀÉΣЖ') <> 'aeσж' THEN
        RAISE EXCEPTION 'Donebook needs a collation that knows letters: C.UTF-8, ICU''s, or PostgreSQL 17''s own';
    END IF;
END
$do$;

-- Return the key by which titles are ordered: bytes, which sort alike in every database, short enough for an index (one
-- letter may fold to eighteen).
CREATE OR REPLACE FUNCTION title_order(title text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN convert_to(left(fold(title), 200), 'UTF8');
