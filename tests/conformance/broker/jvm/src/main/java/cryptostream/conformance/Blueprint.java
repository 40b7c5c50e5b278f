package cryptostream.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KeyValueMapper;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Builds what a scenario describes: sources and stateless ops here, the rest in {@link Aggregations} and {@link Joins}. */
final class Blueprint {
    final StreamsBuilder builder = new StreamsBuilder();
    /** Topics that are written into, with the kinds of their keys and values. */
    final Map<String, Handle> inputs = new TreeMap<>();
    final TreeSet<String> globals = new TreeSet<>();
    final TreeSet<String> outputs = new TreeSet<>();
    private final Map<String, Handle> made = new HashMap<>();

    Blueprint(final JsonNode topology) {
        topology.path("sources").forEach(json -> addSource(new Op(json)));
        topology.path("ops").forEach(json -> {
            final Op op = new Op(json);
            final Handle handle = make(op);
            if (handle != null) {
                made.put(op.text("id"), handle);
            }
        });
    }

    Handle of(final Op op, final String field) {
        final Handle found = made.get(op.text(field));
        if (found == null) {
            throw new IllegalArgumentException("no " + op.text(field) + " for " + op.json());
        }
        return found;
    }

    // ---- sources -------------------------------------------------------------------------------------------------

    private void addSource(final Op op) {
        final Kind key = Kind.named(op.text("key_serde", "string"));
        final Kind value = Kind.named(op.text("value_serde", "string"));
        final List<String> topics = new ArrayList<>();
        if (op.has("topics")) {
            op.json().get("topics").forEach(topic -> topics.add(topic.textValue()));
        } else {
            topics.add(op.text("topic"));
        }
        topics.forEach(topic -> inputs.put(topic, new Handle(null, key, value)));
        Consumed<Object, Object> consumed = Consumed.with(key.serde(), value.serde());
        if (op.has("name")) {
            consumed = consumed.withName(op.text("name"));
        }
        switch (op.text("timestamps", "record")) {
            case "value" -> consumed = consumed.withTimestampExtractor((record, last) -> timeIn(record, -1));
            case "value_or_last" -> consumed = consumed.withTimestampExtractor((record, last) -> timeIn(record, last));
            default -> { }
        }
        final var store = op.storeOrNull(key, value);
        final Object handle;
        switch (op.text("op")) {
            case "stream" -> handle = op.has("pattern") ? builder.stream(Pattern.compile(op.text("pattern")), consumed)
                : builder.stream(topics, consumed);
            case "table" -> handle = store == null ? builder.table(topics.get(0), consumed) : builder.table(topics.get(0), consumed, store);
            case "global_table" -> {
                globals.addAll(topics);
                handle = store == null ? builder.globalTable(topics.get(0), consumed) : builder.globalTable(topics.get(0), consumed, store);
            }
            default -> throw new IllegalArgumentException("unknown source: " + op.json());
        }
        made.put(op.text("id"), new Handle(handle, key, value));
    }

    private static long timeIn(final ConsumerRecord<Object, Object> record, final long otherwise) {
        final String value = String.valueOf(record.value());
        final int colon = value.indexOf(':');
        return colon > 0 && value.substring(0, colon).chars().allMatch(Character::isDigit) ? Long.parseLong(value.substring(0, colon)) : otherwise;
    }

    // ---- ops -----------------------------------------------------------------------------------------------------

    private Handle make(final Op op) {
        return switch (op.text("op")) {
            case "filter", "filter_not" -> filter(op, op.text("op").equals("filter_not"));
            case "map" -> map(op);
            case "map_values" -> mapValues(op);
            case "flat_map" -> flatMap(op);
            case "flat_map_values" -> {
                final var flatten = Fn.flattening(op.text("fn"));
                yield new Handle(of(op, "in").stream().flatMapValues(flatten::apply, op.named()), of(op, "in").key(), Kind.TEXT);
            }
            case "select_key" -> {
                final Handle in = of(op, "in");
                final Fn.Mapping key = Fn.mapping(op.text("fn"));
                yield new Handle(in.stream().selectKey(key.function()::apply, op.named()), key.of(in.key(), in.value()), in.value());
            }
            case "merge" -> {
                final Handle in = of(op, "in");
                yield new Handle(in.stream().merge(of(op, "with").stream(), op.named()), in.key(), in.value());
            }
            case "split" -> split(op);
            case "repartition" -> repartition(op);
            case "to" -> to(op);
            case "to_table" -> toTable(op);
            case "to_stream" -> toStream(op);
            case "group_by_key" -> new Handle(of(op, "in").stream().groupByKey(grouped(op, of(op, "in").key(), of(op, "in").value())),
                of(op, "in").key(), of(op, "in").value());
            case "group_by" -> groupBy(op);
            case "count", "reduce", "aggregate" -> Aggregations.make(op, of(op, "in"));
            case "cogroup" -> Aggregations.cogroup(op, this);
            case "suppress" -> Aggregations.suppress(op, of(op, "in"));
            case "stream_join", "stream_table_join", "stream_global_join", "table_join", "fk_join" ->
                Joins.make(op, of(op, "left"), of(op, "right"));
            default -> throw new IllegalArgumentException("unknown op: " + op.json());
        };
    }

    private Handle filter(final Op op, final boolean not) {
        final Handle in = of(op, "in");
        final var keep = not ? Fn.predicate(op.text("fn")).negate() : Fn.predicate(op.text("fn"));
        if (!in.isTable()) {
            return new Handle(not ? in.stream().filterNot(keep.negate()::test, op.named()) : in.stream().filter(keep::test, op.named()), in.key(), in.value());
        }
        final var store = op.storeOrNull(in.key(), in.value());
        final Object table;
        if (store == null) {
            table = not ? in.table().filterNot(keep.negate()::test, op.named()) : in.table().filter(keep::test, op.named());
        } else {
            table = not ? in.table().filterNot(keep.negate()::test, op.named(), store) : in.table().filter(keep::test, op.named(), store);
        }
        return new Handle(table, in.key(), in.value());
    }

    static KeyValueMapper<Object, Object, KeyValue<Object, Object>> both(final Fn.Mapping key, final Fn.Mapping value) {
        return (k, v) -> new KeyValue<>(key.function().apply(k, v), value.function().apply(k, v));
    }

    private Handle map(final Op op) {
        final Handle in = of(op, "in");
        final Fn.Mapping key = Fn.mapping(op.text("key_fn"));
        final Fn.Mapping value = Fn.mapping(op.text("value_fn"));
        return new Handle(in.stream().map(both(key, value), op.named()), key.of(in.key(), in.value()), value.of(in.key(), in.value()));
    }

    private Handle mapValues(final Op op) {
        final Handle in = of(op, "in");
        final Fn.Mapping value = Fn.mapping(op.text("fn"));
        final Kind kind = value.of(in.key(), in.value());
        if (!in.isTable()) {
            return new Handle(in.stream().mapValues(value.function()::apply, op.named()), in.key(), kind);
        }
        final var store = op.storeOrNull(in.key(), kind);
        return new Handle(store == null ? in.table().mapValues(value.function()::apply, op.named())
            : in.table().mapValues(value.function()::apply, op.named(), store), in.key(), kind);
    }

    private Handle flatMap(final Op op) {
        final Handle in = of(op, "in");
        final var flatten = Fn.flattening(op.text("fn"));
        final Fn.Mapping key = Fn.mapping(op.text("key_fn"));
        final KeyValueMapper<Object, Object, Iterable<KeyValue<Object, Object>>> all = (k, v) -> {
            final List<KeyValue<Object, Object>> pairs = new ArrayList<>();
            for (final Object each : flatten.apply(v)) {
                pairs.add(new KeyValue<>(key.function().apply(k, each), each));
            }
            return pairs;
        };
        return new Handle(in.stream().flatMap(all, op.named()), key.of(in.key(), Kind.TEXT), Kind.TEXT);
    }

    private Handle split(final Op op) {
        final Handle in = of(op, "in");
        var branches = op.has("name") ? in.stream().split(op.named()) : in.stream().split();
        for (final JsonNode json : op.json().path("branches")) {
            final Op branch = new Op(json);
            branches = branches.branch(Fn.predicate(branch.text("fn"))::test, branched(branch, in));
        }
        if (op.has("default")) {
            branches.defaultBranch(branched(op.object("default"), in));
        } else {
            branches.noDefaultBranch();
        }
        return null;
    }

    private Branched<Object, Object> branched(final Op branch, final Handle in) {
        final Branched<Object, Object> one = Branched.withConsumer(stream -> made.put(branch.text("id"), new Handle(stream, in.key(), in.value())));
        return branch.has("name") ? one.withName(branch.text("name")) : one;
    }

    private Handle repartition(final Op op) {
        final Handle in = of(op, "in");
        Repartitioned<Object, Object> how = Repartitioned.with(in.key().serde(), in.value().serde());
        how = op.has("name") ? how.withName(op.text("name")) : how;
        how = op.has("partitions") ? how.withNumberOfPartitions((int) op.number("partitions")) : how;
        return new Handle(in.stream().repartition(how), in.key(), in.value());
    }

    private Handle to(final Op op) {
        final Handle in = of(op, "in");
        final Produced<Object, Object> produced = Produced.with(in.key().serde(), in.value().serde());
        in.stream().to(op.text("topic"), op.has("name") ? produced.withName(op.text("name")) : produced);
        outputs.add(op.text("topic"));
        return null;
    }

    private Handle toTable(final Op op) {
        final Handle in = of(op, "in");
        final var named = op.storeOrNull(in.key(), in.value());
        final var store = named == null ? Materialized.<Object, Object, org.apache.kafka.streams.state.KeyValueStore<org.apache.kafka.common.utils.Bytes, byte[]>>with(
            in.key().serde(), in.value().serde()) : named;
        return new Handle(op.has("name") ? in.stream().toTable(op.named(), store) : in.stream().toTable(store), in.key(), in.value());
    }

    private Handle toStream(final Op op) {
        final Handle in = of(op, "in");
        if (!op.has("fn")) {
            return new Handle(in.table().toStream(op.named()), in.key(), in.value());
        }
        final Fn.Mapping key = Fn.mapping(op.text("fn"));
        return new Handle(in.table().toStream(key.function()::apply, op.named()), key.of(in.key(), in.value()), in.value());
    }

    static Grouped<Object, Object> grouped(final Op op, final Kind key, final Kind value) {
        final Grouped<Object, Object> how = Grouped.with(key.serde(), value.serde());
        return op.has("name") ? how.withName(op.text("name")) : how;
    }

    private Handle groupBy(final Op op) {
        final Handle in = of(op, "in");
        if (in.isTable()) {
            final Fn.Mapping key = Fn.mapping(op.text("key_fn"));
            final Fn.Mapping value = Fn.mapping(op.text("value_fn"));
            final Kind keys = key.of(in.key(), in.value());
            final Kind values = value.of(in.key(), in.value());
            return new Handle(in.table().groupBy(both(key, value), grouped(op, keys, values)), keys, values);
        }
        final Fn.Mapping key = Fn.mapping(op.text("fn"));
        final Kind keys = key.of(in.key(), in.value());
        return new Handle(in.stream().groupBy(key.function()::apply, grouped(op, keys, in.value())), keys, in.value());
    }
}
