"""A short way to write scenarios down.

A scenario's topics and application id get its name in front, so that all can run on one broker side by side. Steps are texts: "commit", "restart",
"clock +500", or a record: TOPIC[/PARTITION] KEY=VALUE @TIME [HEADER:VALUE...], where ~ is null and #5 the number 5.
"""
import json
import re

RECORD = re.compile(r"(?P<topic>\S+?)(?:/(?P<partition>\d+))? (?P<key>\S*?)=(?P<value>\S*) @(?P<ts>\d+)(?P<headers>( \S+:\S*)*)")


def part(text):
    if text == "~":
        return None
    return int(text[1:]) if text.startswith("#") else text


def step(name, text):
    if text in ("commit", "restart"):
        return {text: True}
    if text.startswith("clock +"):
        return {"advance_wall_clock_ms": int(text[7:])}
    found = RECORD.fullmatch(text)
    assert found, text
    record = {"topic": f"{name}-{found['topic']}", "key": part(found["key"]), "value": part(found["value"]), "ts": int(found["ts"])}
    if found["partition"]:
        record["partition"] = int(found["partition"])
    if found["headers"]:
        record["headers"] = [[*header.split(":", 1)] for header in found["headers"].split()]
    return record


def named(name, op):
    renamed = dict(op)
    for field in ("topic", "pattern"):
        if field in renamed:
            renamed[field] = f"{name}-{renamed[field]}"
    if "topics" in renamed:
        renamed["topics"] = [f"{name}-{topic}" for topic in renamed["topics"]]
    return renamed


def scenario(name, about, sources, ops, steps, partitions=2, cache=0, optimize=False, **config):
    """`partitions`: of all topics, or of some by name (the others have one)."""
    sources = [named(name, source) for source in sources]
    ops = [named(name, op) for op in ops]
    topics = [topic for source in sources for topic in source.get("topics", [source.get("topic")])] + [op["topic"] for op in ops if op["op"] == "to"]
    of_topic = {f"{name}-{topic}": count for topic, count in partitions.items()} if isinstance(partitions, dict) else dict.fromkeys(topics, partitions)
    config = {"application_id": f"{name}-app", "cache_bytes": cache, "partitions": of_topic, **config}
    if optimize:
        config["optimization"] = "all"
    return {"name": name, "about": about, "config": config, "topology": {"sources": sources, "ops": ops},
            "steps": [step(name, text) if isinstance(text, str) else text for text in steps]}


def listed(items, indent):
    inner = ",\n".join(indent + "  " + json.dumps(item, ensure_ascii=True) for item in items)
    return f"[\n{inner}\n{indent}]" if items else "[]"


def readable(one, result):
    """A golden: one line for each op, step and record."""
    def fields(members, indent):
        return "{\n" + ",\n".join(f"{indent}  {json.dumps(key)}: {text}" for key, text in members) + f"\n{indent}}}"

    def told(outcome):
        rest = [(key, json.dumps(value)) for key, value in outcome.items() if key != "records"]
        return fields([("records", listed(outcome["records"], "        ")), *rest], "      ")

    topology = [(key, listed(one["topology"][key], "      ")) for key in ("sources", "ops")]
    wanted = [(key, json.dumps(one[key])) for key in ("name", "about", "config")]
    scenario_text = fields([*wanted, ("topology", fields(topology, "    ")), ("steps", listed(one["steps"], "    "))], "  ")
    steps = "[\n" + ",\n".join("      " + told(outcome) for outcome in result["steps"]) + "\n    ]"
    result_text = fields([("describe", listed(result["describe"].split("\n"), "    ")), ("internal_topics", json.dumps(result["internal_topics"])), ("steps", steps)], "  ")
    return fields([("scenario", scenario_text), ("result", result_text)], "") + "\n"
