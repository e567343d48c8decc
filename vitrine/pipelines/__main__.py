"""Runs a pipeline from a shell: `python -m vitrine.pipelines orders-to-cassandra | best-sellers | …`.

Exit status: 0 done, 1 it could not be done, 2 the command line is wrong.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from vitrine.errors import VitrineError
from vitrine.logs import configure_logging, say
from vitrine.pipelines import (
    best_sellers_to_cassandra,
    catalogue_feeds,
    orders_to_cassandra,
    rebuild_model,
    train_ranker,
)

# While Cassandra counts one, Postgres sorts the next.
CHUNKS_AT_ONCE = 2


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        configure_logging()
        print(json.dumps(_run(options)))
    except VitrineError as error:
        say("vitrine.pipelines", f"vitrine.pipelines: {error}", level=logging.ERROR)
        return 1
    return 0


def _run(options: argparse.Namespace) -> dict[str, Any] | list[dict[str, Any]]:
    match options.pipeline:
        case "best-sellers":
            return best_sellers_to_cassandra.replace(datetime.now(UTC))
        case "watermarks":
            return orders_to_cassandra.watermarks()
        case "rebuild-model":
            return rebuild_model.rebuild() or {}
        case "train-ranker":
            return train_ranker.train()
        case "catalogue-feeds":
            allow = options.allow_removal
            return [catalogue_feeds.land(feed["feedid"], allow_removal=allow) for feed in catalogue_feeds.named()]
    plan = orders_to_cassandra.plan(
        options.backfill_from, options.backfill_to, options.set_watermark_back_to, options.allow_removal
    )
    with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:
        copied = list(pool.map(orders_to_cassandra.copy_chunk, plan["chunks"]))
    return orders_to_cassandra.finish(plan, copied)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m vitrine.pipelines", description="Runs a pipeline that Airflow runs.")
    pipelines = parser.add_subparsers(dest="pipeline", required=True, metavar="pipeline")
    orders = pipelines.add_parser("orders-to-cassandra", help="orders and products out of Postgres into Cassandra")
    orders.add_argument("--backfill-from", metavar="TIME", help="carry over what was ordered from then on …")
    orders.add_argument("--backfill-to", metavar="TIME", help="… up to then; the watermark stays where it is")
    orders.add_argument("--set-watermark-back-to", metavar="TIME", help="carry over again everything since then")
    orders.add_argument(
        "--allow-removal", action="store_true", help="go on even if most users or products would be removed"
    )
    pipelines.add_parser("best-sellers", help="the top products of the previous month into Cassandra")
    feeds = pipelines.add_parser("catalogue-feeds", help="the feeds of VITRINE_CATALOGUE_FEEDS into the catalogue")
    feeds.add_argument("--allow-removal", action="store_true", help="also where a feed names most products no more")
    pipelines.add_parser("watermarks", help="how far orders were carried over, newest first")
    pipelines.add_parser("rebuild-model", help="the model of what is viewed together anew, out of Cassandra")
    pipelines.add_parser("train-ranker", help="the shop's own forest, published when it is better")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
