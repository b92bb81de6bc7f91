-- uuid7, version 1
--
-- Make a UUID of version 7, which sorts by the time at which it was made: 48 bits of milliseconds, the version, 12 bits
-- of the fraction of the millisecond (RFC 9562, section 6.2, method 3), the variant and 62 random bits (section 5.7).
-- The variant and the random bits come from a UUID of version 4. PostgreSQL has a function of its own from version 18
-- on.

CREATE OR REPLACE FUNCTION uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        int8send(((us / 1000) << 16) | (7 << 12) | ((us % 1000) * 4096 / 1000))
            || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
    )::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS now
$$;
