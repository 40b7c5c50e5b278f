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


def compare_partition(expected, have):
    """How `have` compares with what the JVM wrote into a partition: "equal", "interleaved", or a difference in words."""
    got = [identity(record) for record in have]
    plain = [identity(record) for record in expected]
    if got == plain:
        return "equal"
    if all(record["ts"] is None for record in expected) and sorted(got, key=str) == sorted(plain, key=str):
        return "equal"
    tasks = {}
    for record in expected:
        tasks.setdefault(record["task"], []).append(identity(record))
    return "interleaved" if interleaves(got, list(tasks.values())) else f"\n  JVM  {plain}\n  ours {got}"


def compare_step(want, got, read_again):
    """A difference in words or nothing, and whether what follows can be compared."""
    ours, theirs = by_partition(got), by_partition(want)
    # What is read again comes first: if its order is not the JVM's, neither is what that led to within this step.
    partitions = sorted(ours.keys() | theirs.keys(), key=lambda partition: (partition[0] not in read_again, partition))
    for partition in partitions:
        found = compare_partition(theirs.get(partition, []), ours.get(partition, []))
        if found == "interleaved" and partition[0] in read_again:
            return None, False
        if found not in ("equal", "interleaved"):
            return f"{partition[0]}, partition {partition[1]}:{found}", False
    for field in ("dropped", "committed"):
        if want.get(field) != got.get(field):
            return f"{field}:\n  JVM  {want.get(field)}\n  ours {got.get(field)}", False
    return None, True


def difference(scenario, want, got):
    """The first difference in words, or nothing."""
    if want.get("error") or got.get("error"):
        if want.get("error") and got.get("error") and want["error"]["step"] == got["error"]["step"] == -1:
            return None  # a topology that neither takes
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
