"""Whether a result of ours is the JVM's.

Compared: describe(), the internal topics with their partitions, and for each step what was dropped and committed (offsets with their metadata), and the records of every
topic and partition with bytes, times and headers. Where several tasks write into one partition, their records may interleave in any way; what such a step led
to in the steps behind it is then not compared, if the partition is read again. Changelog records without a time (of buffers, which the JVM writes in the order of a hash set)
may come in any order.
"""


def identity(record):
    return (record["key"], record["value"], record["ts"], tuple(map(tuple, record.get("headers", []))))


def by_partition(step):
    partitions = {}
    for record in step["records"]:
        partitions.setdefault((record["topic"], record["partition"]), []).append(record)
    return partitions


def interleaves(got, of_tasks):
    """Whether `got` holds the records of each task in their order, and nothing else."""
    states = {tuple(0 for _ in of_tasks)}
    for one in got:
        states = {
            state[:task] + (state[task] + 1,) + state[task + 1:]
            for state in states
            for task, records in enumerate(of_tasks)
            if state[task] < len(records) and records[state[task]] == one
        }
    return any(all(at == len(records) for at, records in zip(state, of_tasks)) for state in states)


def compare_step(want, got, read_again):
    """A difference in words or nothing, and whether the following steps can be compared."""
    certain = True
    ours, theirs = by_partition(got), by_partition(want)
    for partition in sorted(ours.keys() | theirs.keys()):
        expected = theirs.get(partition, [])
        have = [identity(record) for record in ours.get(partition, [])]
        plain = [identity(record) for record in expected]
        if have == plain:
            continue
        if all(record["ts"] is None for record in expected) and sorted(have, key=str) == sorted(plain, key=str):
            continue
        tasks = {}
        for record in expected:
            tasks.setdefault(record["task"], []).append(identity(record))
        if not interleaves(have, list(tasks.values())):
            return f"{partition[0]}, partition {partition[1]}:\n  JVM  {plain}\n  ours {have}", False
        certain = certain and partition[0] not in read_again
    for field in ("dropped", "committed"):
        if want.get(field) != got.get(field):
            return f"{field}:\n  JVM  {want.get(field)}\n  ours {got.get(field)}", False
    return None, certain


def difference(scenario, want, got):
    """The first difference in words, or nothing."""
    if want.get("error") or got.get("error"):
        return f"error: JVM {want.get('error')}, ours {got.get('error')}"
    for field in ("describe", "internal_topics"):
        if want[field] != got[field]:
            return f"{field}:\nJVM\n{want[field]}\nours\n{got[field]}"
    read_again = {topic for topic in want["internal_topics"] if topic.endswith("-repartition")}
    for source in scenario["topology"]["sources"]:
        read_again.update(source.get("topics", [source.get("topic")]))
    if len(want["steps"]) != len(got["steps"]):
        return f"steps: JVM {len(want['steps'])}, ours {len(got['steps'])}"
    for number, (theirs, ours) in enumerate(zip(want["steps"], got["steps"])):
        found, certain = compare_step(theirs, ours, read_again)
        if found:
            return f"step {number} ({scenario['steps'][number]}), {found}"
        if not certain:
            return None
    return None
