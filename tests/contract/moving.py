"""How a database comes to keep tasks in another table and other columns."""

# The log keeps to columns with the names that every entity has; this storage of another time has none.
RENAMED = """
DROP TRIGGER touch ON tasks;
DROP TRIGGER log_creates ON tasks;
DROP TRIGGER log_updates ON tasks;
DROP TRIGGER log_deletes ON tasks;
DROP TRIGGER log_truncate ON tasks;
ALTER TABLE tasks RENAME TO entries;
ALTER TABLE entries RENAME COLUMN id TO entry_key;
ALTER TABLE entries RENAME COLUMN title TO heading;
ALTER TABLE entries RENAME COLUMN description TO remarks;
ALTER TABLE entries RENAME COLUMN completed_at TO finished;
ALTER TABLE entries RENAME COLUMN created_at TO born;
ALTER TABLE entries RENAME COLUMN updated_at TO touched;
ALTER TABLE entries RENAME COLUMN version TO edition;
ALTER TABLE entries RENAME COLUMN workspace_id TO owner;
ALTER TABLE entries RENAME COLUMN ordinal TO place;
ALTER TABLE entries RENAME COLUMN position TO rank;
ALTER TABLE entries RENAME COLUMN deleted_at TO binned;
CREATE FUNCTION touch_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.born := OLD.born;
    NEW.touched := greatest(clock_timestamp(), OLD.touched + interval '1 microsecond');
    NEW.edition := OLD.edition + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON entries FOR EACH ROW EXECUTE FUNCTION touch_entry();
"""
"""Another table name, other column names."""

SPLIT = (
    RENAMED
    + """
ALTER TABLE entries RENAME TO entry_heads;
ALTER TABLE entry_heads ADD UNIQUE (entry_key);
CREATE TABLE entry_remarks (
    words text NOT NULL, entry uuid PRIMARY KEY REFERENCES entry_heads (entry_key) ON DELETE CASCADE
);
INSERT INTO entry_remarks SELECT remarks, entry_key FROM entry_heads WHERE remarks IS NOT NULL;
ALTER TABLE entry_heads DROP COLUMN remarks;
CREATE VIEW entries AS SELECT words AS remarks, entry_heads.*
    FROM entry_heads LEFT JOIN entry_remarks ON entry = entry_key;
CREATE FUNCTION keep_remarks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM entry_heads WHERE entry_key = OLD.entry_key;
        RETURN OLD;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO entry_heads (owner, heading, finished) VALUES (NEW.owner, NEW.heading, NEW.finished)
            RETURNING entry_key, place, rank, born, touched, edition
            INTO NEW.entry_key, NEW.place, NEW.rank, NEW.born, NEW.touched, NEW.edition;
    ELSE
        UPDATE entry_heads SET heading = NEW.heading, finished = NEW.finished, binned = NEW.binned
            WHERE entry_key = OLD.entry_key
            RETURNING touched, edition INTO NEW.touched, NEW.edition;
    END IF;
    DELETE FROM entry_remarks WHERE entry = NEW.entry_key;
    INSERT INTO entry_remarks SELECT NEW.remarks, NEW.entry_key WHERE NEW.remarks IS NOT NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER keep INSTEAD OF INSERT OR UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION keep_remarks();
"""
)
"""Descriptions in a table of their own, without a row where there is none; behind a view."""
