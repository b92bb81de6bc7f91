"""Donebook on a database where tasks have another table and other columns: run instead of `donebook`."""

import sys
from datetime import datetime
from types import ModuleType
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, Identity, Text, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.models import Owned

TIME = DateTime(timezone=True)


class Task(Owned):
    """The stored task: the same attributes as ever, in other places."""

    __tablename__ = "entries"

    id: Mapped[UUID] = mapped_column("entry_key", Uuid, primary_key=True, server_default=text("uuid7()"))
    title: Mapped[str] = mapped_column("heading", Text)
    description: Mapped[str | None] = mapped_column("remarks", Text)
    completed_at: Mapped[datetime | None] = mapped_column("finished", TIME)
    created_at: Mapped[datetime] = mapped_column("born", TIME, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column("touched", TIME, server_onupdate=FetchedValue())
    version: Mapped[int] = mapped_column("edition", BigInteger, server_onupdate=FetchedValue())
    workspace_id: Mapped[UUID] = mapped_column("owner", Uuid)
    ordinal: Mapped[int] = mapped_column("place", BigInteger, Identity(always=True))


RENAMED = """
DROP TRIGGER touch ON tasks;
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
CREATE TABLE entry_remarks (words text NOT NULL, entry uuid PRIMARY KEY REFERENCES entry_heads ON DELETE CASCADE);
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
            RETURNING entry_key, place, born, touched, edition
            INTO NEW.entry_key, NEW.place, NEW.born, NEW.touched, NEW.edition;
    ELSE
        UPDATE entry_heads SET heading = NEW.heading, finished = NEW.finished WHERE entry_key = OLD.entry_key
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


def main() -> None:
    """Be `donebook`, with that mapping in place of its own."""
    models = ModuleType("donebook.tasks.models")
    models.Task = Task  # type: ignore[attr-defined]
    sys.modules[models.__name__] = models

    from donebook.cli import main

    main()


if __name__ == "__main__":
    main()
