"""The rules of docs/differences.md as predicates: is a difference from the JVM one of those that are meant?"""
import copy
import json

LONG_MS = 10**9
SEQUENCE_NUMBER_DIGITS = 8      # at the end of a window's key in a changelog, not in its key elsewhere


def lost_on_close(scenario):
    """Final results that the JVM loses because its store forgets windows before it emits them: ops concerned."""
    return [op for op in scenario["topology"]["ops"] if op.get("emit") == "close"]


class Judge:
    def __init__(self, oracle, jvm):
        self.compare = oracle.compare
        self.jvm = jvm      # an Implementation

    def first_difference(self, want, got):
        """In words; None if there is none."""
        return self.compare.first_difference(want, got)

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
                and self.compare.first_difference(want, got, lenient=True) is None)

    def same(self, fields, want, got):
        return all(self.compare.COMPARERS[field](want, got, False) is None for field in fields)

    def closes_windows_without_loss(self, scenario, want, got):
        """Ours gives what the JVM gives if its stores forget nothing; or, where what is forgotten matters to what comes later, it
        does what the JVM does, but for final results that the JVM does not give though its changelog has them."""
        closing = lost_on_close(scenario)
        if not closing or want.get("error") or got.get("error") or not self.same(("describe", "internal_topics"), want, got):
            return False
        keeping = copy.deepcopy(scenario)
        for op in lost_on_close(keeping):
            op["retention_ms"] = LONG_MS
        kept = self.jvm.run(keeping)
        if self.same(("outputs", "internal", "dropped"), kept, got):
            return self.holds_a_part(kept, got)
        return self.same(("internal", "dropped"), want, got) and self.adds_final_results(want, got)

    @staticmethod
    def holds_a_part(kept, got):
        """Every entry of our stores is in the JVM's that forget nothing."""
        if any(step.get("tie") for step in kept["steps"]):
            return True
        for name, store in got["stores"].items():
            theirs = kept["stores"].get(name, {"entries": []})["entries"]
            if any(entry not in theirs for entry in store["entries"]):
                return False
        return True

    def adds_final_results(self, want, got):
        """The JVM's records are ours, in order, without some; and each of those is in a changelog with its window."""
        logged = {(record["value_hex"], record["ts"], record["key_hex"][:length])
                  for records in want["internal"].values() for record in records if record["key_hex"]
                  for length in (len(record["key_hex"]), len(record["key_hex"]) - SEQUENCE_NUMBER_DIGITS)}
        for theirs, ours in self.compare.common_steps(want, got, False):
            for topic in {record["topic"] for record in theirs["outputs"] + ours["outputs"]}:
                expected = [self.compare.wire(record) for record in theirs["outputs"] if record["topic"] == topic]
                for record in (record for record in ours["outputs"] if record["topic"] == topic):
                    if expected and self.compare.wire(record) == expected[0]:
                        expected.pop(0)
                    elif (record["value_hex"], record["ts"], record["key_hex"]) not in logged:
                        return False
                if expected:
                    return False
        return True
