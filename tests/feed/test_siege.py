"""Whatever is killed, each who follows gets every change once. `make chaos` does it for longer and with more."""

from tests.feed.siege import Siege


async def test_nobody_misses_a_change_whatever_is_killed(tmp_path):
    siege = Siege(tmp_path, followers=6, seed=1)
    await siege.run(["kill the database", "hang up", "end all database connections", "kill a server", "stop a server"])
    assert sum(follower.streams for follower in siege.followers) > len(siege.followers), "nobody had to come back"
