"""Kill servers, databases and connections for a minute while others follow: `python -m tests.chaos.followers`.

Exit code 1 when anybody missed a change, got one twice, or ended with another copy than the tables.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path
from time import monotonic

from tests.feed.siege import Siege


async def main() -> int:
    """Say what happened and what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.followers", description=__doc__)
    parser.add_argument("--followers", type=int, default=50)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="donebook-chaos-") as directory:
        siege = Siege(Path(directory), followers=chosen.followers, seed=chosen.seed)
        began = monotonic()
        try:
            await siege.run(random.Random(chosen.seed).choices(list(siege.events), k=chosen.events))
        finally:
            print(f"{monotonic() - began:.0f} s; {', '.join(f'{what}: {count}' for what, count in siege.done.items())}")
    streams = sum(follower.streams for follower in siege.followers)
    print(
        f"{len(siege.followers)} followers over {streams} streams, each got {len(siege.followers[0].changes)} changes,"
    )
    print("every one once and in order; the copy is exact")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
