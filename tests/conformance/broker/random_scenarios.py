#!/usr/bin/env python3
"""Random scenarios of several partitions, caches and commits, as NDJSON.

Usage: random_scenarios.py SEED COUNT     (the same seed gives the same scenarios; random-SEED-0, random-SEED-1, ... are their names)
"""
import json
import random
import sys

from notation import scenario

TEXT_MAPPERS = ["upper", "reverse", "with_key", "null_if_x", "text", "key_text"]
PREDICATES = ["even_length", "has_a", "starts_with_x", "value_not_null", "key_before_m"]
KEYS = ["a", "b", "c", "d", "e", "ab", "m", "xy"]
VALUES = ["1", "a", "ba", "x1", "xa", "hello", "za", "q", "maxi"]


class Handle:
    def __init__(self, name, kind, key="string", value="string"):
        self.name, self.kind, self.key, self.value = name, kind, key, value


class Builder:
    def __init__(self, rng, index):
        self.rng, self.index = rng, index
        self.sources, self.ops, self.handles, self.topics = [], [], [], []
        self.stores = 0
        self.globals = set()

    def new(self, kind, key="string", value="string"):
        handle = Handle(f"n{len(self.handles)}", kind, key, value)
        self.handles.append(handle)
        return handle

    def pick(self, *kinds, key=None, value=None):
        fit = [h for h in self.handles if h.kind in kinds and (key is None or h.key == key) and (value is None or h.value == value)]
        return self.rng.choice(fit[-4:]) if fit else None

    def store(self, op, chance=0.5):
        if self.rng.random() < chance:
            self.stores += 1
            op["store"] = f"store{self.stores}"
        return op

    def add(self, handle, **op):
        op["id"] = handle.name
        self.ops.append(op)

    def add_source(self):
        rng = self.rng
        number = len(self.sources)
        kind = rng.choices(["stream", "table", "global_table", "multi"], [5, 3, 1, 2])[0] if self.sources else "stream"
        if kind == "multi":
            topics = [f"in{number}a", f"in{number}b"]
            handle = self.new("stream")
            source = {"id": handle.name, "op": "stream", "topics": topics}
        else:
            topics = [f"in{number}"]
            handle = self.new({"global_table": "global"}.get(kind, kind))
            source = {"id": handle.name, "op": kind, "topic": topics[0]}
            if kind != "stream":
                self.store(source)
            if kind == "global_table":
                self.globals.update(topics)
        if kind in ("stream", "multi") and rng.random() < 0.15:
            source["timestamps"] = "value_or_last"
        self.topics += topics
        self.sources.append(source)

    def window(self):
        rng = self.rng
        kind = rng.choice(["tumbling", "hopping", "sliding", "session"])
        grace = rng.choice([0, 5, 50])
        if kind == "tumbling":
            return {"type": kind, "size_ms": 10, "grace_ms": grace}
        if kind == "hopping":
            return {"type": kind, "size_ms": 20, "advance_ms": 10, "grace_ms": grace}
        if kind == "sliding":
            return {"type": kind, "diff_ms": 10, "grace_ms": grace}
        return {"type": kind, "gap_ms": 10, "grace_ms": grace}

    def aggregate(self, group, windowed):
        rng = self.rng
        op = {"in": group.name}
        kind = rng.choice(["count", "reduce", "aggregate"])
        if group.value == "long" and kind == "reduce":
            kind = "count"
        op["op"] = kind
        value = {"count": "long", "reduce": group.value, "aggregate": "string"}[kind]
        if kind == "reduce":
            op["fn"] = rng.choice(["append", "latest", "max", "null_on_x"])
        if kind == "aggregate":
            op.update(init=rng.choice(["empty", "init"]), fn=rng.choice(["append", "max", "null_on_x"]))
        key = group.key
        made = "table"
        if windowed:
            op["window"] = self.window()
            made = "windowed"
            if op["window"]["type"] == "session":
                op["merger"] = "concat"
                if kind == "aggregate" and op["fn"] == "null_on_x":
                    op["fn"] = "append"
            if rng.random() < 0.25:
                op.update(emit="close", retention_ms=100000)  # else the JVM loses windows (docs/differences.md)
        handle = self.new(made, key, value)
        self.store(op)
        self.add(handle, **op)
        return handle

    def add_op(self):
        rng = self.rng
        kind = rng.choices(
            ["map_values", "filter", "select_key", "flat", "merge", "repartition", "group", "window", "group_table", "to_table", "to_stream", "table_map",
             "stream_join", "stream_table", "stream_global", "table_join", "suppress", "cogroup"],
            [2, 2, 2, 1, 1, 1, 6, 5, 3, 2, 3, 2, 3, 3, 1, 4, 3, 1])[0]
        stream = self.pick("stream")
        table = self.pick("table")
        if kind == "map_values":
            handle = self.new("stream", stream.key, "string")
            self.add(handle, op="map_values", **{"in": stream.name}, fn=rng.choice(TEXT_MAPPERS))
        elif kind == "filter":
            handle = self.new("stream", stream.key, stream.value)
            self.add(handle, op=rng.choice(["filter", "filter_not"]), **{"in": stream.name}, fn=rng.choice(PREDICATES))
        elif kind == "select_key":
            handle = self.new("stream", "string", stream.value)
            self.add(handle, op="select_key", **{"in": stream.name}, fn=rng.choice(["key_first_char", "with_key", "text", "const"]))  # never null: the JVM puts those into any partition
        elif kind == "flat":
            handle = self.new("stream", stream.key, "string")
            self.add(handle, op="flat_map_values", **{"in": stream.name}, fn=rng.choice(["chars", "twice"]))
        elif kind == "merge":
            other = self.pick("stream", key=stream.key, value=stream.value)
            if other is not stream:
                handle = self.new("stream", stream.key, stream.value)
                self.add(handle, op="merge", **{"in": stream.name, "with": other.name})
        elif kind == "repartition":
            handle = self.new("stream", stream.key, stream.value)
            self.add(handle, op="repartition", **{"in": stream.name})
        elif kind in ("group", "window"):
            group = self.new("grouped", stream.key, stream.value)
            if stream.key == "string" and rng.random() < 0.5:
                self.add(group, op="group_by_key", **{"in": stream.name})
            else:
                group.key = "string"
                self.add(group, op="group_by", **{"in": stream.name}, fn=rng.choice(["first_char", "upper", "key_first_char", "text"]))
            made = self.aggregate(group, kind == "window")
            if kind == "window" and "emit" not in self.ops[-1] and rng.random() < 0.3:
                held = self.new("windowed", made.key, made.value)
                self.add(held, op="suppress", **{"in": made.name}, until="window_close")
        elif kind == "cogroup":
            if stream.value == "string" and stream.key == "string":
                group = self.new("grouped", stream.key, stream.value)
                self.add(group, op="group_by_key", **{"in": stream.name})
                other = self.pick("stream", key="string", value="string")
                second = self.new("grouped", "string", "string")
                self.add(second, op="group_by", **{"in": other.name}, fn="first_char")
                handle = self.new("table")
                self.add(handle, **self.store({"op": "cogroup", "streams": [{"in": group.name, "fn": "append"}, {"in": second.name, "fn": "max"}], "init": "empty"}))
        elif kind == "group_table":
            if table:
                group = self.new("grouped_table", "string", "string")
                self.add(group, op="group_by", **{"in": table.name}, key_fn=rng.choice(["first_char", "text", "key_first_char"]), value_fn=rng.choice(["text", "upper"]))
                counts = rng.random() < 0.3
                made = self.new("table", "string", "long" if counts else "string")
                op = {"op": "count"} if counts else rng.choice([
                    {"op": "reduce", "adder": "append", "subtractor": "remove"}, {"op": "aggregate", "init": "empty", "adder": "append", "subtractor": "remove"}])
                self.add(made, **self.store({"in": group.name, **op}))
        elif kind == "to_table":
            handle = self.new("table", stream.key, stream.value)
            self.add(handle, **self.store({"op": "to_table", "in": stream.name}))
        elif kind == "to_stream":
            from_table = self.pick("table", "windowed")
            if from_table:
                windowed = from_table.kind == "windowed"
                op = {"op": "to_stream", "in": from_table.name}
                if windowed:
                    op["fn"] = "key_text"
                handle = self.new("stream", "string" if windowed else from_table.key, from_table.value)
                self.add(handle, **op)
        elif kind == "table_map":
            if table:
                if rng.random() < 0.5:
                    handle = self.new("table", table.key, "string")
                    self.add(handle, **self.store({"op": "map_values", "in": table.name, "fn": rng.choice(TEXT_MAPPERS)}, 0.4))
                else:
                    handle = self.new("table", table.key, table.value)
                    self.add(handle, **self.store({"op": "filter", "in": table.name, "fn": rng.choice(PREDICATES)}, 0.4))
        elif kind == "stream_join":
            other = self.pick("stream", key=stream.key)
            if other is not stream:
                handle = self.new("stream", stream.key, "string")
                self.add(handle, op="stream_join", left=stream.name, right=other.name, type=rng.choice(["inner", "left", "outer"]), fn="concat",
                         before_ms=rng.choice([0, 10]), after_ms=rng.choice([5, 20]), grace_ms=rng.choice([0, 20]))
        elif kind == "stream_table":
            table = self.pick("table", key=stream.key)
            if table:
                handle = self.new("stream", stream.key, "string")
                self.add(handle, op="stream_table_join", left=stream.name, right=table.name, type=rng.choice(["inner", "left"]), fn="concat")
        elif kind == "stream_global":
            other = self.pick("global")
            if other:
                handle = self.new("stream", stream.key, "string")
                self.add(handle, op="stream_global_join", left=stream.name, right=other.name, type=rng.choice(["inner", "left"]), fn="concat", key_fn=rng.choice(["first_char", "key_text"]))
        elif kind == "table_join":
            other = self.pick("table", key=table.key) if table else None
            if other:
                handle = self.new("table", table.key, "string")
                self.add(handle, **self.store({"op": "table_join", "left": table.name, "right": other.name, "type": rng.choice(["inner", "left", "outer"]), "fn": "concat"}))
        elif kind == "suppress":
            if table:
                handle = self.new("table", table.key, table.value)
                op = {"op": "suppress", "in": table.name, "until": "time_limit", "limit_ms": rng.choice([0, 10, 30])}
                if rng.random() < 0.3:
                    op["max_records"] = rng.choice([1, 2])
                self.add(handle, **op)

    def finish(self):
        """Everything nobody uses goes to a topic."""
        used = {value for op in self.ops for field, value in op.items() if field in ("in", "with", "left", "right")}
        used.update(stream["in"] for op in self.ops for stream in op.get("streams", []))
        number = 0
        for handle in list(self.handles):
            if handle.name in used or handle.kind in ("global", "grouped", "grouped_table"):
                continue
            stream = handle
            if handle.kind in ("table", "windowed"):
                stream = self.new("stream", handle.key, handle.value)
                self.add(stream, op="to_stream", **{"in": handle.name})
            self.ops.append({"op": "to", "in": stream.name, "topic": f"out{number}"})
            number += 1

    def steps(self):
        rng = self.rng
        steps, time = [], 0
        joins = any(op["op"] == "stream_join" for op in self.ops)
        for _ in range(rng.randint(12, 28)):
            chance = rng.random()
            if chance < 0.16 and steps:
                steps.append("commit")
            elif chance < 0.19 and steps and not joins:  # docs/differences.md: the JVM counts anew after a restart
                steps.append("restart")
            else:
                time = max(0, time + rng.choice([0, 1, 3, 5, 10, 25, -4, -12]))
                value = "~" if rng.random() < 0.08 else rng.choice(VALUES)
                steps.append(f"{rng.choice(self.topics)} {rng.choice(KEYS)}={value} @{time}")
        return [*steps, "commit"]


def random_scenario(rng, name):
    builder = Builder(rng, name)
    for _ in range(rng.choices([1, 2, 3], [3, 4, 2])[0]):
        builder.add_source()
    for _ in range(rng.randint(2, 6)):
        builder.add_op()
    builder.finish()
    cache, store = rng.choice([0, 1024, 10 << 20]), rng.choice(["in_memory", "in_memory", "rocksdb"])
    # Which windows give way in a full cache is not the JVM's choice everywhere (docs/differences.md).
    windows = {op["window"]["type"] for op in builder.ops if "window" in op}
    if cache == 1024 and windows:
        store = "rocksdb"
        cache = 0 if "sliding" in windows or any(op.get("emit") == "close" for op in builder.ops) else cache
    return scenario(name, "random", builder.sources, builder.ops, builder.steps(), partitions=rng.choice([1, 2, 3, 4]), cache=cache, optimize=rng.random() < 0.4, store=store)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    seed, count = sys.argv[1], int(sys.argv[2])
    print(f"seed {seed}", file=sys.stderr)
    rng = random.Random(seed)
    for number in range(count):
        print(json.dumps(random_scenario(rng, f"random-{seed}-{number}")))


if __name__ == "__main__":
    main()
