"""The rules of docs/differences.md as predicates: is a difference from the JVM one of those that are meant?"""
import copy
import json

LONG_MS = 10**9
TIME_DIGITS = 16
SEQUENCE_NUMBER_DIGITS = 8      # at the end of a window's key in a changelog, not in its key elsewhere


def lost_on_close(scenario):
    """The ops whose final results the JVM may lose, because its store forgets windows before it emits them."""
    return [op for op in scenario["topology"]["ops"] if op.get("emit") == "close"]


def open_windows_only(op):
    """What a store must keep so that it holds what has not closed: the JVM's default is 1 ms too short for two kinds of windows."""
    window = op["window"]
    if window["type"] == "session":
        return window["gap_ms"] + window["grace_ms"] + 1
    return window["grace_ms"] + 1 if window["type"] == "sliding" and window["diff_ms"] == 0 else None


def with_retention(scenario, retention):
    """The scenario with other retentions of the stores that are emitted from as windows close: of those that have the default one."""
    changed = copy.deepcopy(scenario)
    for op in lost_on_close(changed):
        if "retention_ms" not in op and (ms := retention(op)):
            op["retention_ms"] = ms
    return changed


class Judge:
    def __init__(self, oracle, jvm):
        self.compare = oracle.compare
        self.jvm = jvm      # an Implementation

    def first_difference(self, want, got):
        """In words; None if there is none. Also where records of two topics had one time: ours come in the JVM's order, though it promises none."""
        return self.compare.first_difference(want, got, ties=True)

    def reason(self, scenario, want, got):
        """The rule by which this difference is meant, or None."""
        if self.closes_windows_without_loss(scenario, want, got):
            return "results on window close are never lost"
        if self.goes_on_after_a_null_key(scenario, want, got):
            return "a null key does not crash a join with grace"
        return None

    def goes_on_after_a_null_key(self, scenario, want, got):
        """The JVM fails with a NullPointerException, as a left join with grace gets a null key; until then all is equal."""
        error = want.get("error") or {}
        joins = [op for op in scenario["topology"]["ops"] if op["op"] == "stream_table_join" and op["type"] == "left" and "grace_ms" in op]
        return (joins and error.get("kind") == "runtime" and "NullPointerException" in json.dumps(error) and not got.get("error")
                and self.compare.first_difference(want, got, ties=True, lenient=True) is None)

    def same(self, fields, want, got):
        return all(self.compare.COMPARERS[field](want, got, True) is None for field in fields)

    def closes_windows_without_loss(self, scenario, want, got):
        """Each topic of ours is that of the JVM, or that of a JVM whose stores forget nothing, or none but closed windows; or, where what a store
        has forgotten matters to what comes later, that of the JVM with final results more. An error counts as the end of what is compared: a
        bounded suppression behind may be full of windows that the JVM has lost, and must be so too in one of the JVMs that forget nothing."""
        if not lost_on_close(scenario) or not self.same(("describe", "internal_topics"), want, got):
            return False
        variants = [want, *(self.jvm.run(with_retention(scenario, retention)) for retention in (lambda op: LONG_MS, open_windows_only))]
        jvms = [jvm for jvm in variants if self.same(("error",), jvm, got)]
        if not jvms:
            return False
        waits = any(op["op"] == "suppress" for op in scenario["topology"]["ops"])
        for topic in {topic for result in [*jvms, got] for topic in topics(result)}:
            ours = only(got, topic)
            if not any(self.same(("outputs", "internal"), only(jvm, topic), ours) or self.adds_final_results(only(jvm, topic), ours, got)
                       or (waits and self.adds_results_at_any_step(only(jvm, topic), ours, got)) for jvm in jvms):
                return False
        return any(self.same(("dropped",), jvm, got) for jvm in jvms) and self.holds_a_part(jvms, got)

    def adds_final_results(self, want, got, whole):
        """The JVM's records are ours, in order, without some; each of those is what its window has in a changelog, or is in a buffer's."""
        for number, (theirs, ours) in enumerate(self.compare.common_steps(want, got, True)):
            expected = [self.compare.wire(record) for record in records_of(want, theirs, number)]
            for record in records_of(got, ours, number):
                if expected and self.compare.wire(record) == expected[0]:
                    expected.pop(0)
                elif record["ts"] is not None and not is_logged(whole, record, number):
                    return False
            if expected:
                return False
        return True

    def adds_results_at_any_step(self, want, got, whole):
        """The same where results wait in a suppression's buffer, which lets them go when the next one comes: ours has more that come. What is
        more are results of windows that a changelog has; their values may have been mapped since."""
        left = [self.compare.wire(record) for number, step in enumerate(want["steps"]) for record in records_of(want, step, number)]
        for number, step in enumerate(got["steps"]):
            for record in records_of(got, step, number):
                if (wire := self.compare.wire(record)) in left:
                    left.remove(wire)
                elif record["ts"] is not None and not of_window(whole, record, number):
                    return False
        return not left

    def holds_a_part(self, jvms, got):
        """Every entry of our stores is in one of the JVM's."""
        for name, store in got.get("stores", {}).items():
            theirs = [entry for jvm in jvms for entry in jvm.get("stores", {}).get(name, {"entries": []})["entries"]]
            if any(entry not in theirs for entry in store["entries"]):
                return False
        return True


def of_window(result, record, number):
    """What changelogs had of the record's window up to this step."""
    key = record["key_hex"] or ""
    return [other for records in result["internal"].values() for other in records
            if other["step"] <= number and other["key_hex"] and key in (other["key_hex"], other["key_hex"][:-SEQUENCE_NUMBER_DIGITS])]


def is_logged(result, record, number):
    """A changelog has this value as the last one of the window so far. The time is the value's there, or the end of the session."""
    logged = of_window(result, record, number)
    session_end = (record["key_hex"] or "")[-2 * TIME_DIGITS:-TIME_DIGITS]
    return (bool(logged) and logged[-1]["value_hex"] == record["value_hex"]
            and (logged[-1]["ts"] == record["ts"] or session_end == f"{record['ts']:016x}"))


def topics(result):
    return {*result["internal"], *(record["topic"] for step in result["steps"] for record in step["outputs"])}


def only(result, topic):
    """The result as if it had but one topic."""
    steps = [{**step, "outputs": [record for record in step["outputs"] if record["topic"] == topic]} for step in result["steps"]]
    return {**result, "steps": steps, "internal": {topic: result["internal"].get(topic, [])}}


def records_of(result, step, number):
    """All records of one step of a result with but one topic."""
    return step["outputs"] + [record for records in result["internal"].values() for record in records if record["step"] == number]
