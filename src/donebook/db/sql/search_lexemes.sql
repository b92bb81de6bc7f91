-- search_lexemes, version 1
--
-- Turn a text into the lexemes that search looks up. `donebook.tasks.search.letters` does the same for what people ask.

-- Return each word behind the prefix `word`; and behind the prefix `part` up to three characters that stand together in
-- a run of a script without spaces (Thai, Lao, Burmese, Khmer, kana, Bopomofo, Han, and pictures; the last two
-- patterns). Words of more than 400 characters, too long for a lexeme and for any query, are cut.
CREATE OR REPLACE FUNCTION search_lexemes(word text, part text, given text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    spaced text := fold(given);
    words text[];
BEGIN
    IF octet_length(spaced) = char_length(spaced) THEN
        spaced := regexp_replace(spaced, '[^a-z0-9 ]+', ' ', 'g');
    ELSE
        spaced := regexp_replace(spaced, U&'[\0001-\001F!-/:-@[-`{-\00A9\00AB-\00B4\00B6-\00B9\00BB-\00BF\00D7\00F7\2000-\206F\20A0-\20CF\2190-\25FF\27C0-\2BFF\3000-\3004\3008-\3020\3030\30FB\FE10-\FE6F\FFFC-\FFFF]+', ' ', 'g');
        spaced := regexp_replace(spaced, U&'([\0E00-\0EFF\1000-\109F\1780-\17FF\2600-\27BF\2E80-\2FDF\3005-\3007\3021-\3029\3031-\30FA\30FC-\31FF\3400-\4DBF\4E00-\9FFF\F900-\FAFF\+01F000-\+01FAFF\+020000-\+03FFFF]+)', ' \1 ', 'g');
    END IF;
    words := string_to_array(word || replace(spaced, ' ', ' ' || word), ' ');
    IF char_length(spaced) > 400 THEN
        words := ARRAY(SELECT left(each, 400) FROM unnest(words) AS each);
    END IF;
    IF octet_length(spaced) > char_length(spaced) THEN
        words := words || ARRAY(
            SELECT concat(part, letter, lead(letter, 1) OVER run, lead(letter, 2) OVER run)
            FROM regexp_matches(spaced, U&'[\0E00-\0EFF\1000-\109F\1780-\17FF\2600-\27BF\2E80-\2FDF\3005-\3007\3021-\3029\3031-\30FA\30FC-\31FF\3400-\4DBF\4E00-\9FFF\F900-\FAFF\+01F000-\+01FAFF\+020000-\+03FFFF]+', 'g') WITH ORDINALITY AS matched(run, number),
                unnest(string_to_array(run[1], NULL)) WITH ORDINALITY AS letters(letter, place)
            WINDOW run AS (PARTITION BY number ORDER BY place)
        );
    END IF;
    RETURN words;
END
$$;

-- Return the lexemes of a task: prefix t or T for the title, d or D for the description, then four digits of the
-- workspace. With the digits, the index finds a word that all workspaces use among one's own tasks; rows name the
-- workspace in full.
CREATE OR REPLACE FUNCTION search_vector(workspace uuid, title text, description text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    scope constant text := right(workspace::text, 4);
    found text[] := search_lexemes('t' || scope, 'T' || scope, title);
BEGIN
    IF description IS NOT NULL THEN
        found := found || search_lexemes('d' || scope, 'D' || scope, description);
    END IF;
    RETURN array_to_tsvector(found);
END
$$;

-- Return the words in which search forgives a slip of the pen: letters only, and at least four of them.
CREATE OR REPLACE FUNCTION spelled(words tsvector) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT DISTINCT substr(lexeme, 6) FROM unnest(tsvector_to_array(words)) AS lexeme
    WHERE char_length(lexeme) >= 9 AND left(lexeme, 1) IN ('t', 'd') AND substr(lexeme, 6) !~ U&'[0-9\0E00-\0EFF\1000-\109F\1780-\17FF\2600-\27BF\2E80-\2FDF\3005-\3007\3021-\3029\3031-\30FA\30FC-\31FF\3400-\4DBF\4E00-\9FFF\F900-\FAFF\+01F000-\+01FAFF\+020000-\+03FFFF]';
END;
