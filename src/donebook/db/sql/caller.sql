-- caller, version 1
--
-- Return one part of the setting `donebook.caller`, or null if it is "-" or missing. Donebook sets it for a statement
-- or a transaction: 1 actor, 2 request, 3 first and 4 last change that is undone, 5 "quiet" if an update that changes
-- nothing must leave the row alone. Other writers do not set it; the log calls them "database".

CREATE OR REPLACE FUNCTION caller(part int) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(nullif(split_part(current_setting('donebook.caller', true), ' ', part), ''), '-')
$$;
