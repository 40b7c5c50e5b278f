#!/usr/bin/env python3
"""Scenarios written by hand, one trap each, as NDJSON.

Usage: hand_scenarios.py
"""
import json

from notation import scenario

CACHES = {"uncached": 0, "tight": 1024, "cached": 10 << 20}


def stream(topic="in", name="s", **more):
    return {"id": name, "op": "stream", "topic": topic, **more}


def table(topic, name, **more):
    return {"id": name, "op": "table", "topic": topic, **more}


def out(name, topic="out", table_first=True):
    """Ops that write a table (or a stream) to a topic."""
    ops = [{"op": "to_stream", "id": f"{name}-stream", "in": name}] if table_first else []
    return [*ops, {"op": "to", "in": f"{name}-stream" if table_first else name, "topic": topic}]


def grouped(name="g", of="s", fn=None):
    return {"op": "group_by", "id": name, "in": of, "fn": fn} if fn else {"op": "group_by_key", "id": name, "in": of}


TUMBLING = {"type": "tumbling", "size_ms": 10, "grace_ms": 5}
HOPPING = {"type": "hopping", "size_ms": 20, "advance_ms": 10, "grace_ms": 0}
SLIDING = {"type": "sliding", "diff_ms": 10, "grace_ms": 20}
SESSION = {"type": "session", "gap_ms": 10, "grace_ms": 20}


def caches():
    """What a cache does, each without one, with a tight one and with a large one."""
    keys = ["in a=1 @1", "in b=2 @2", "in c=3 @3", "in a=x4 @9", "in b=5 @4"]
    for size, cache in CACHES.items():
        yield scenario(
            f"cache-last-update-{size}", "Between commits only the last update of a key is logged and handed on, in the order of last updates.",
            [stream()], [grouped(), {"op": "aggregate", "id": "t", "in": "g", "init": "empty", "fn": "append", "store": "kept"}, *out("t")],
            [*keys, "commit", "in d=1 @5", "in a=2 @6", "commit", "commit"], cache=cache)
        yield scenario(
            f"cache-two-stores-{size}", "A commit flushes store after store, in the order in which the task has them.",
            [table("left", "l", store="zz"), table("right", "r", store="aa")],
            [{"op": "table_join", "id": "j", "left": "l", "right": "r", "type": "outer", "fn": "concat", "store": "mm"}, *out("j")],
            ["right a=1 @1", "left a=2 @2", "left b=3 @3", "right b=4 @4", "right c=5 @5", "commit", "left a=~ @6", "right a=6 @7", "commit", "right a=~ @8", "commit"], cache=cache)
        yield scenario(
            f"cache-join-not-kept-{size}", "A join without a store of its own is told at the flush of either side, with the other side as it is then.",
            [table("left", "l", store="left"), table("right", "r", store="right")],
            [{"op": "table_join", "id": "j", "left": "l", "right": "r", "type": "left", "fn": "concat"}, *out("j")],
            ["left a=1 @1", "right a=2 @2", "left b=3 @5", "commit", "right a=~ @6", "left a=4 @7", "right b=8 @3", "commit"], cache=cache)
        yield scenario(
            f"cache-delete-{size}", "What was put and deleted between two commits was never there; a deletion of what was there is told once.",
            [table("in", "t", store="kept")], out("t"),
            ["in a=1 @1", "in a=~ @2", "in b=1 @3", "commit", "in b=2 @4", "in b=~ @5", "in c=~ @6", "commit", "in b=~ @7", "commit"], cache=cache)
        yield scenario(
            f"cache-kept-filter-{size}", "Tables behind tables, each with a store: the first flush fills the others' caches, which are flushed after it.",
            [table("in", "t", store="first")],
            [{"op": "filter", "id": "f", "in": "t", "fn": "has_a", "store": "second"}, {"op": "map_values", "id": "m", "in": "f", "fn": "upper", "store": "third"}, *out("m")],
            ["in a=a1 @1", "in b=2 @2", "in a=a3 @3", "commit", "in a=4 @4", "in b=ba @5", "commit", "in b=~ @6", "commit"], cache=cache)
        yield scenario(
            f"cache-group-table-{size}", "Old and new values of a table's updates, of one flush, go to their groups' partitions.",
            [table("in", "t", store="source")],
            [{"op": "group_by", "id": "g", "in": "t", "key_fn": "first_char", "value_fn": "text"},
             {"op": "aggregate", "id": "n", "in": "g", "init": "empty", "adder": "append", "subtractor": "remove", "store": "groups"}, *out("n")],
            ["in k=a1 @1", "in l=a2 @2", "in k=b1 @3", "commit", "commit", "in l=b2 @4", "in k=~ @5", "in m=b3 @6", "commit", "commit"], partitions=3, cache=cache)
        yield scenario(
            f"cache-in-two-parts-{size}", "A cache behind a repartition topic needs a commit of its own to hand on.",
            [stream()],
            [grouped(), {"op": "reduce", "id": "r", "in": "g", "fn": "append", "store": "first"}, {"op": "to_stream", "id": "rs", "in": "r"},
             grouped("h", "rs", "first_char"), {"op": "count", "id": "c", "in": "h", "store": "second"}, *out("c")],
            ["in a=1 @1", "in b=1 @2", "in a=2 @3", "commit", "in c=2 @4", "commit", "commit"], partitions=3, cache=cache)
        yield scenario(
            f"cache-headers-{size}", "What is flushed has the time and headers of the record that last updated it.",
            [table("in", "t", store="kept")], out("t"),
            ["in a=1 @1 h:one", "in b=1 @2 h:b", "in a=2 @5 h:two i:2", "commit", "in a=3 @3", "commit"], cache=cache)
        yield scenario(
            f"cache-suppress-time-{size}", "Suppression by time behind a cache sees what the cache lets through, and stream time moves with that.",
            [table("in", "t", store="kept")], [{"op": "suppress", "id": "h", "in": "t", "until": "time_limit", "limit_ms": 10}, *out("h")],
            ["in a=1 @1", "in b=2 @5", "in a=3 @9", "commit", "in c=4 @30", "in a=5 @31", "commit", "in d=1 @60", "commit", "commit"], cache=cache)
        yield scenario(
            f"cache-suppress-close-{size}", "Windows that close while their updates are still held in a cache.",
            [stream()], [grouped(), {"op": "count", "id": "w", "in": "g", "window": TUMBLING, "store": "windows"}, {"op": "suppress", "id": "h", "in": "w", "until": "window_close"}, *out("h")],
            ["in a=1 @1", "in b=1 @5", "in a=1 @9", "commit", "in a=1 @12", "in b=1 @27", "in a=1 @8", "commit", "in c=1 @60", "in a=1 @61", "commit", "commit"], cache=cache)
        yield scenario(
            f"cache-join-of-aggregates-{size}", "A table of counts joined with a table of a topic, both held back.",
            [stream(), table("names", "n", store="names")],
            [grouped(), {"op": "count", "id": "c", "in": "g", "store": "counts"}, {"op": "table_join", "id": "j", "left": "c", "right": "n", "type": "inner", "fn": "concat"}, *out("j")],
            ["names a=Ann @0", "in a=1 @1", "in a=2 @2", "in b=1 @3", "commit", "names b=Bob @4", "in b=2 @1", "commit"], partitions=4, cache=cache)
        yield scenario(
            f"cache-cogroup-{size}", "Two streams into one table.",
            [stream("one", "a"), stream("two", "b")],
            [grouped("ga", "a"), grouped("gb", "b"), {"op": "cogroup", "id": "c", "streams": [{"in": "ga", "fn": "append"}, {"in": "gb", "fn": "max"}], "init": "empty", "store": "both"}, *out("c")],
            ["one k=1 @1", "two k=5 @2", "one l=1 @3", "commit", "two l=0 @4", "one k=2 @5", "commit"], partitions=2, cache=cache)
        yield scenario(
            f"cache-fk-join-{size}", "A foreign-key join of two held tables.",
            [table("orders", "o", store="orders"), table("people", "p", store="people")],
            [{"op": "fk_join", "id": "j", "left": "o", "right": "p", "key_fn": "first_char", "type": "inner", "fn": "concat", "store": "joined"}, *out("j")],
            ["people a=Ann @1", "orders 1=a-tea @2", "orders 2=a-ham @3", "commit", "commit", "people a=Anna @4", "orders 1=b-tea @5", "commit", "commit", "people b=Bob @6", "commit", "commit", "commit"],
            partitions=2, cache=cache)
    for name, window in {"tumbling": TUMBLING, "hopping": HOPPING, "session": SESSION, "sliding": SLIDING}.items():
        more = {"merger": "concat"} if name == "session" else {}
        for size, cache in (("uncached", 0), ("cached", 10 << 20)):
            for store in ("in_memory", "rocksdb"):
                yield scenario(
                    f"cache-{name}-{size}-{store.replace('_', '-')}", "Updates of windows between commits, late ones among them.",
                    [stream()], [grouped(), {"op": "aggregate", "id": "w", "in": "g", "init": "empty", "fn": "append", "window": window, "store": "windows", **more}, *out("w")],
                    ["in a=1 @1", "in b=1 @5", "in a=2 @9", "commit", "in a=3 @14", "in a=4 @2", "in b=2 @33", "commit", "in a=5 @30", "in b=3 @21", "in a=6 @50", "in a=7 @34", "commit"],
                    cache=cache, store=store)
                yield scenario(
                    f"close-{name}-{size}-{store.replace('_', '-')}", "Results on window close, with the windows held in a cache.",
                    [stream()], [grouped(), {"op": "count", "id": "w", "in": "g", "window": window, "emit": "close", "retention_ms": 100000, "store": "windows", **more}, *out("w")],
                    ["in a=1 @1", "in b=1 @5", "in a=2 @9", "commit", "in a=3 @14", "in a=4 @2", "in b=2 @33", "commit", "in a=5 @60", "in b=3 @61", "commit", "restart", "in a=6 @80", "in b=6 @99", "commit"],
                    cache=cache, store=store)


def partitions():
    """Several partitions: what goes where, and that each task has its own time."""
    for count in (1, 2, 3, 4):
        yield scenario(
            f"repartition-{count}-to-3", "A repartition topic with a number of partitions of its own.",
            [stream()], [{"op": "select_key", "id": "k", "in": "s", "fn": "text"}, {"op": "repartition", "id": "r", "in": "k", "partitions": 3, "name": "three"}, *out("r", table_first=False)],
            ["in a=u @1", "in b=v @2", "in c=w @3", "in d=u @1", "in e=x @9", "commit", "in a=v @4", "commit"], partitions=count)
        yield scenario(
            f"own-time-{count}", "Each task has the stream time of its own partition: what is late in one is not in another.",
            [stream()], [grouped(), {"op": "count", "id": "w", "in": "g", "window": TUMBLING, "store": "windows"}, *out("w")],
            ["in a=1 @50", "in b=1 @1", "in c=1 @2", "in d=1 @3", "in e=1 @30", "in ab=1 @4", "in m=1 @5", "in a=1 @20", "in b=1 @60", "in c=1 @10", "commit"], partitions=count)
        yield scenario(
            f"copartitioned-streams-{count}", "A join of streams in all their partitions.",
            [stream("left", "l"), stream("right", "r")],
            [{"op": "stream_join", "id": "j", "left": "l", "right": "r", "type": "outer", "fn": "concat", "before_ms": 5, "after_ms": 10, "grace_ms": 5}, *out("j", table_first=False)],
            ["left a=1 @1", "right a=2 @3", "left b=1 @4", "right c=1 @5", "commit", "right b=2 @30", "left c=2 @8", "left a=3 @40", "right e=1 @50", "left e=2 @52", "left d=1 @90", "right d=2 @91", "commit"],
            partitions=count)
        yield scenario(
            f"copartitioned-tables-{count}", "A join of tables in all their partitions.",
            [table("left", "l"), table("right", "r")], [{"op": "table_join", "id": "j", "left": "l", "right": "r", "type": "outer", "fn": "concat"}, *out("j")],
            ["left a=1 @1", "right a=2 @2", "right b=1 @3", "left c=1 @4", "left b=2 @1", "commit", "left a=~ @5", "right c=4 @9", "right a=~ @6", "commit"], partitions=count, cache=10 << 20)
        yield scenario(
            f"stream-table-{count}", "A stream meets the table's partition that its own task has.",
            [stream(), table("names", "n")], [{"op": "stream_table_join", "id": "j", "left": "s", "right": "n", "type": "left", "fn": "key_concat"}, *out("j", table_first=False)],
            ["names a=A @1", "in a=1 @2", "in b=2 @3", "names b=B @4", "in b=3 @4", "in c=4 @5", "names a=~ @6", "in a=5 @7", "commit"], partitions=count)
        yield scenario(
            f"global-{count}", "Every task sees the whole of a global table, which has partitions of its own number.",
            [stream(), {"id": "n", "op": "global_table", "topic": "names", "store": "names"}],
            [{"op": "stream_global_join", "id": "j", "left": "s", "right": "n", "type": "left", "fn": "concat", "key_fn": "first_char"}, *out("j", table_first=False)],
            ["names a=A @1", "names b=B @2", "names c=C @3", "in 1=a1 @4", "in 2=b2 @5", "in 3=c3 @6", "in 4=d4 @7", "names d=D @8", "in 5=d5 @9", "names a=~ @9", "in 6=a6 @9", "commit"],
            partitions={"in": count, "names": 3, "out": 2})
        yield scenario(
            f"windowed-keys-{count}", "All windows of a key lie in the partition of the key, in a topic; in a repartition topic they do not.",
            [stream()],
            [grouped(), {"op": "count", "id": "w", "in": "g", "window": HOPPING, "store": "windows"}, *out("w"), {"op": "repartition", "id": "r", "in": "w-stream"}, {"op": "to", "in": "r", "topic": "again"}],
            ["in a=1 @1", "in b=1 @12", "in c=1 @25", "in a=1 @31", "in d=1 @40", "commit"], partitions=count)
        yield scenario(
            f"group-by-{count}", "A count over a repartition topic, made with as many partitions as its input.",
            [stream()], [grouped(fn="first_char"), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
            ["in a=x1 @1", "in b=x2 @9", "in c=y1 @3", "in d=z1 @2", "in e=y2 @1", "commit", "in a=w1 @4", "in b=z2 @5", "in c=~ @6", "commit"], partitions=count, cache=1024)
    yield scenario(
        "same-key-in-two-partitions", "A producer of its own mind: each task counts what its partition has.",
        [stream()], [grouped(), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
        ["in/0 a=1 @1", "in/1 a=1 @2", "in/2 a=1 @3", "in/0 a=2 @4", "commit", "in/1 a=2 @5", "commit"], partitions=3)
    yield scenario(
        "null-keys-in-partitions", "Records without a key, in every partition, are dropped by a table, a count and an inner join, and counted.",
        [stream(), table("names", "n")], [grouped(), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c"),
         {"op": "stream_table_join", "id": "j", "left": "s", "right": "n", "type": "inner", "fn": "concat"}, *out("j", "joined", table_first=False)],
        ["in/0 ~=1 @1", "in/1 ~=1 @2", "names/1 ~=1 @3", "in a=~ @4", "commit"], partitions=2)
    yield scenario(
        "two-topics-other-partitions", "A source of two topics with other numbers of partitions: as many tasks as the larger has.",
        [{"id": "s", "op": "stream", "topics": ["few", "many"]}], [grouped(), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
        ["few a=1 @1", "many a=1 @2", "many/3 b=1 @3", "few/1 b=1 @4", "many/2 c=1 @5", "many/0 c=1 @6", "commit", "few a=2 @7", "commit"], partitions={"few": 2, "many": 4, "out": 3})
    yield scenario(
        "merge-other-partitions", "Merged streams need not have equal numbers of partitions, even behind a grouping by key.",
        [stream("one", "a"), stream("three", "b")], [{"op": "merge", "id": "m", "in": "a", "with": "b"}, grouped("g", "m"), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
        ["one a=1 @1", "three a=1 @2", "three/1 a=1 @3", "three/2 a=1 @4", "one b=1 @5", "commit", "three/0 b=2 @6", "commit"], partitions={"one": 1, "three": 3, "out": 2})
    yield scenario(
        "merge-other-partitions-repartitioned", "The repartition topic behind them has as many as the most.",
        [stream("one", "a"), stream("three", "b")],
        [{"op": "merge", "id": "m", "in": "a", "with": "b"}, grouped("g", "m", "first_char"), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
        ["one a=u1 @1", "three a=v1 @2", "three/1 a=w1 @3", "three/2 a=u1 @4", "one b=x1 @5", "commit", "three/0 b=v2 @6", "commit"], partitions={"one": 1, "three": 3, "out": 2})
    yield scenario(
        "repartition-raised-by-join", "A repartition topic that is joined gets as many partitions as the other side.",
        [stream("one", "a"), stream("four", "b")],
        [{"op": "select_key", "id": "k", "in": "a", "fn": "first_char"}, {"op": "stream_join", "id": "j", "left": "k", "right": "b", "type": "inner", "fn": "concat", "before_ms": 10, "after_ms": 10, "grace_ms": 5},
         *out("j", table_first=False)],
        ["one 1=a1 @1", "four a=x @2", "one 2=b1 @3", "four b=y @4", "four c=z @5", "one 3=c1 @6", "commit"], partitions={"one": 1, "four": 4, "out": 2})


def sources():
    """Sources of several topics."""
    for count in (1, 2, 4):
        yield scenario(
            f"two-topics-{count}", "One source of two topics: a partition of each in every task, the smaller time first.",
            [{"id": "s", "op": "stream", "topics": ["b", "a"]}], [{"op": "map_values", "id": "m", "in": "s", "fn": "upper"}, *out("m", table_first=False)],
            ["a k=a1 @5", "b k=b1 @3", "a l=a2 @4", "b m=b2 @9", "commit"], partitions=count)
        yield scenario(
            f"two-topics-counted-{count}", "The same into a cached count, with a name.",
            [{"id": "s", "op": "stream", "topics": ["x", "y", "z"], "name": "all"}], [grouped(), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
            ["x k=1 @5", "y k=1 @3", "z k=1 @4", "commit", "z l=1 @9", "x l=1 @2", "commit"], partitions=count, cache=10 << 20)


def patterns():
    """Sources of all topics whose names match."""
    for count in (1, 2, 4):
        yield scenario(
            f"pattern-{count}", "Two topics match, into a count.",
            [{"id": "s", "op": "stream", "pattern": "in-[a-z]+", "topics": ["in-a", "in-b"]}], [grouped(), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
            ["in-a k=1 @5", "in-b k=1 @3", "in-b l=1 @4", "commit", "in-a l=1 @9", "commit"], partitions=count, cache=10 << 20)
    yield scenario(
        "pattern-and-topic", "A pattern beside a topic, joined; the pattern's topics lie in all partitions.",
        [{"id": "s", "op": "stream", "pattern": "in.*", "topics": ["in1", "in2"], "name": "all-in"}, stream("right", "r")],
        [{"op": "stream_join", "id": "j", "left": "s", "right": "r", "type": "left", "fn": "concat", "before_ms": 5, "after_ms": 5, "grace_ms": 0}, *out("j", table_first=False)],
        ["in1 a=1 @1", "right a=x @2", "in2 a=2 @4", "in2 b=3 @3", "in1 a=4 @30", "right b=y @31", "commit"], partitions=2)
    yield scenario(
        "pattern-other-partitions", "Its topics have other numbers of partitions, and a repartition topic behind them as many as the most.",
        [{"id": "s", "op": "stream", "pattern": "in[0-9]", "topics": ["in1", "in2"]}], [grouped(fn="first_char"), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
        ["in1 a=u @1", "in2 a=v @2", "in2/2 a=w @3", "commit", "restart", "in2/1 b=u @4", "commit"], partitions={"in1": 1, "in2": 3, "out": 2})
    yield scenario(
        "pattern-twice", "Two streams of one pattern have one source.",
        [{"id": "s", "op": "stream", "pattern": "in.", "topics": ["in1"]}, {"id": "t", "op": "stream", "pattern": "in.", "topics": ["in1"]}],
        [*out("s", "one", table_first=False), {"op": "map_values", "id": "m", "in": "t", "fn": "upper"}, *out("m", "two", table_first=False)],
        ["in1 a=x @1", "in1 b=y @2", "commit"], partitions=2)


def optimised():
    """Topologies that are made smaller."""
    for size, cache in CACHES.items():
        yield scenario(
            f"optimised-repartitions-{size}", "Two aggregates behind one change of key share a repartition topic.",
            [stream()],
            [{"op": "select_key", "id": "k", "in": "s", "fn": "with_key"}, grouped("g", "k"), {"op": "count", "id": "c", "in": "g", "store": "counts"},
             grouped("h", "k"), {"op": "reduce", "id": "r", "in": "h", "fn": "append", "store": "texts"}, *out("c", "counts"), *out("r", "texts")],
            ["in a=1 @1", "in b=2 @2", "in a=1 @3", "commit", "in a=1 @2", "in b=3 @5", "commit"], partitions=2, cache=cache, optimize=True)
        yield scenario(
            f"optimised-merge-{size}", "Repartitions behind a merge of changed streams become one.",
            [stream("one", "a"), stream("two", "b")],
            [{"op": "select_key", "id": "ka", "in": "a", "fn": "text"}, {"op": "select_key", "id": "kb", "in": "b", "fn": "text"}, {"op": "merge", "id": "m", "in": "ka", "with": "kb"},
             grouped("g", "m"), {"op": "count", "id": "c", "in": "g", "store": "counts"}, grouped("h", "m"), {"op": "reduce", "id": "r", "in": "h", "fn": "latest", "store": "last"},
             *out("c", "counts"), *out("r", "last")],
            ["one 1=a @1", "two 2=a @2", "one 3=b @3", "commit", "two 4=b @4", "two 5=a @1", "commit"], partitions=3, cache=cache, optimize=True)
        yield scenario(
            f"optimised-table-{size}", "A table's input topic is its changelog: updates held back are in the log already, and a restart reads them there.",
            [table("in", "t", store="kept")], [{"op": "map_values", "id": "m", "in": "t", "fn": "upper"}, *out("m")],
            ["in a=1a @1", "in b=2b @2", "in a=3c @3", "commit", "in b=~ @4", "restart", "in a=4d @5", "in b=5e @1", "commit"], partitions=2, cache=cache, optimize=True)
        yield scenario(
            f"optimised-table-join-{size}", "Two tables whose topics are their changelogs, joined.",
            [table("left", "l"), table("right", "r")], [{"op": "table_join", "id": "j", "left": "l", "right": "r", "type": "inner", "fn": "concat", "store": "joined"}, *out("j")],
            ["left a=1 @1", "right a=2 @2", "commit", "restart", "right a=3 @3", "left b=4 @4", "right b=5 @3", "commit"], partitions=2, cache=cache, optimize=True)
    yield scenario(
        "optimised-self-join", "A stream joined with itself has one store.",
        [stream()], [{"op": "stream_join", "id": "j", "left": "s", "right": "s", "type": "inner", "fn": "concat", "before_ms": 5, "after_ms": 5, "grace_ms": 0}, *out("j", table_first=False)],
        ["in a=1 @1", "in b=1 @2", "in a=2 @4", "in b=2 @20", "in a=3 @3", "commit"], partitions=2, optimize=True)


def restarts():
    """What is there again after an orderly stop."""
    for store in ("in_memory", "rocksdb"):
        kind = store.replace("_", "-")
        yield scenario(
            f"restart-count-{kind}", "A count goes on where it was.",
            [stream()], [grouped(fn="first_char"), {"op": "count", "id": "c", "in": "g", "store": "counts"}, *out("c")],
            ["in 1=a @1", "in 2=b @9", "in 3=a @3", "restart", "in 4=a @2", "in 5=b @4", "commit", "restart", "restart", "in 6=b @1", "commit"], partitions=3, cache=10 << 20, store=store)
        yield scenario(
            f"restart-windows-{kind}", "Windows and sessions are there again; an operator's own time is not, so that late records of before count again.",
            [stream()],
            [grouped(), {"op": "count", "id": "w", "in": "g", "window": TUMBLING, "store": "windows"}, *out("w", "windows"),
             {"op": "count", "id": "v", "in": "g", "window": SESSION, "store": "sessions"}, *out("v", "sessions")],
            ["in a=1 @1", "in b=1 @5", "in a=1 @40", "in a=1 @2", "restart", "in a=1 @3", "in b=1 @6", "in a=1 @42", "commit"], partitions=2, store=store)
        yield scenario(
            f"restart-suppress-{kind}", "What suppression held back is held back still.",
            [stream()], [grouped(), {"op": "count", "id": "w", "in": "g", "window": TUMBLING, "store": "windows"}, {"op": "suppress", "id": "h", "in": "w", "until": "window_close"}, *out("h")],
            ["in a=1 @1", "in b=1 @5", "in a=1 @9", "restart", "in a=1 @12", "in b=1 @30", "commit", "restart", "in a=1 @60", "in b=1 @61", "commit"], partitions=2, store=store)
        yield scenario(
            f"restart-suppress-table-{kind}", "The same by time, of a table in a cache.",
            [table("in", "t", store="kept")], [{"op": "suppress", "id": "h", "in": "t", "until": "time_limit", "limit_ms": 10}, *out("h")],
            ["in a=1 @1", "in b=1 @2", "commit", "in a=2 @3", "restart", "in c=1 @20", "commit", "in b=2 @40", "commit"], partitions=2, cache=10 << 20, store=store)
        yield scenario(
            f"restart-close-{kind}", "Results on close do not come twice: how far they had come is committed with the offsets of every input.",
            [stream("one", "a"), stream("two", "b")],
            [{"op": "merge", "id": "m", "in": "a", "with": "b"}, grouped("g", "m"),
             {"op": "count", "id": "w", "in": "g", "window": TUMBLING, "emit": "close", "retention_ms": 100000, "store": "windows"}, *out("w", "windows"),
             {"op": "count", "id": "v", "in": "g", "window": SESSION, "emit": "close", "retention_ms": 100000, "store": "sessions"}, *out("v", "sessions")],
            ["one a=1 @1", "two a=1 @5", "one b=1 @40", "commit", "restart", "two a=1 @80", "one a=1 @81", "commit", "one a=1 @120", "restart", "one b=1 @200", "two b=1 @201", "commit"], partitions=2, store=store)
    yield scenario(
        "restart-partition-time", "A record without a time of its own gets the latest of its partition, known from before the restart.",
        [stream(timestamps="value_or_last")], [{"op": "map_values", "id": "m", "in": "s", "fn": "upper"}, *out("m", table_first=False)],
        ["in a=50:x @1", "in b=70:y @2", "in a=z @3", "commit", "restart", "in a=q @4", "in b=r @5", "in a=20:s @6", "in a=t @7", "commit"], partitions=2)
    yield scenario(
        "restart-versioned", "Versions of a table are there again, for a join that looks back.",
        [stream(), table("names", "n", store="names", versioned_ms=1000)],
        [{"op": "stream_table_join", "id": "j", "left": "s", "right": "n", "type": "left", "fn": "concat"}, *out("j", table_first=False)],
        ["names a=1 @10", "names a=2 @20", "in a=x @15", "restart", "in a=y @15", "in a=z @25", "names a=~ @30", "names a=0 @5", "in a=w @31", "in a=v @7", "commit"], partitions=2)
    yield scenario(
        "restart-global", "A global table is read whole before anything else.",
        [stream(), {"id": "n", "op": "global_table", "topic": "names"}], [{"op": "stream_global_join", "id": "j", "left": "s", "right": "n", "type": "inner", "fn": "concat", "key_fn": "key"}, *out("j", table_first=False)],
        ["names a=A @1", "names b=B @2", "in a=1 @3", "restart", "in b=2 @4", "names b=C @5", "in b=3 @6", "commit"], partitions=2)
    yield scenario(
        "restart-join-grace", "Records that wait for the grace of a join with a versioned table.",
        [stream(), table("names", "n", store="names", versioned_ms=1000)],
        [{"op": "stream_table_join", "id": "j", "left": "s", "right": "n", "type": "inner", "fn": "concat", "grace_ms": 10}, *out("j", table_first=False)],
        ["names a=1 @10", "in a=x @15", "names a=2 @14", "in a=y @22", "commit", "restart", "in a=z @40", "commit"], partitions=2, store="rocksdb")
    yield scenario(
        "restart-join-counts-on", "Records of a join with equal keys and times are told apart by a number. After a restart the JVM counts from 1 again and overwrites those of before.",
        [stream("left", "l"), stream("right", "r")],
        [{"op": "stream_join", "id": "j", "left": "l", "right": "r", "type": "inner", "fn": "concat", "before_ms": 10, "after_ms": 10, "grace_ms": 0}, *out("j", table_first=False)],
        ["left a=1 @5", "restart", "left a=2 @5", "right a=3 @6", "commit"], partitions=1)


def main():
    for family in (caches, partitions, sources, patterns, optimised, restarts):
        for one in family():
            print(json.dumps(one))


if __name__ == "__main__":
    main()
