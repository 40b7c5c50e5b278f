package cryptostream.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.Merger;
import org.apache.kafka.streams.kstream.Reducer;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;

/** What is made of groups, with and without windows, and what holds it back. */
final class Aggregations {
    private Aggregations() { }

    static Handle make(final Op op, final Handle in) {
        if (in.isGroupedTable()) {
            return ofTable(op, in);
        }
        if (!op.has("window")) {
            return plain(op, in);
        }
        return op.object("window").text("type").equals("session") ? sessions(op, in) : windows(op, in);
    }

    private static Kind result(final Op op, final Handle in, final String function) {
        return switch (op.text("op")) {
            case "count" -> Kind.NUMBER;
            case "reduce" -> in.value();
            default -> Fn.aggregation(op.text(function)).kind();
        };
    }

    private static Reducer<Object> reducer(final Op op, final String field) {
        return Fn.reduction(op.text(field))::apply;
    }

    private static Initializer<Object> initial(final Op op) {
        return Fn.initial(op.text("init"))::get;
    }

    private static Aggregator<Object, Object, Object> aggregator(final Op op, final String field) {
        final Fn.Step step = Fn.aggregation(op.text(field)).step();
        return (key, value, aggregate) -> step.of(value, aggregate);
    }

    private static Merger<Object, Object> merger(final Op op) {
        final var merge = Fn.merging(op.text("merger"));
        return (key, a, b) -> merge.apply(a, b);
    }

    private static boolean onClose(final Op op) {
        return op.text("emit", "update").equals("close");
    }

    private static Handle plain(final Op op, final Handle in) {
        final Kind kind = result(op, in, "fn");
        final Object table = switch (op.text("op")) {
            case "count" -> in.grouped().count(op.named(), op.counts(in.key()));
            case "reduce" -> in.grouped().reduce(reducer(op, "fn"), op.named(), op.store(in.key(), kind));
            default -> in.grouped().aggregate(initial(op), aggregator(op, "fn"), op.named(), op.store(in.key(), kind));
        };
        return new Handle(table, in.key(), kind);
    }

    private static TimeWindows timeWindows(final Op window) {
        final TimeWindows windows = TimeWindows.ofSizeAndGrace(window.ms("size_ms"), window.ms("grace_ms"));
        return window.has("advance_ms") ? windows.advanceBy(window.ms("advance_ms")) : windows;
    }

    private static SlidingWindows slidingWindows(final Op window) {
        return SlidingWindows.ofTimeDifferenceAndGrace(window.ms("diff_ms"), window.ms("grace_ms"));
    }

    private static SessionWindows sessionWindows(final Op window) {
        return SessionWindows.ofInactivityGapAndGrace(window.ms("gap_ms"), window.ms("grace_ms"));
    }

    private static Kind windowed(final Op window, final Kind key) {
        return key.inTimeWindows(window.number(window.has("diff_ms") ? "diff_ms" : "size_ms"));
    }

    private static Handle windows(final Op op, final Handle in) {
        final Op window = op.object("window");
        TimeWindowedKStream<Object, Object> group = window.has("diff_ms") ? in.grouped().windowedBy(slidingWindows(window))
            : in.grouped().windowedBy(timeWindows(window));
        group = onClose(op) ? group.emitStrategy(EmitStrategy.onWindowClose()) : group;
        final Kind kind = result(op, in, "fn");
        final Object table = switch (op.text("op")) {
            case "count" -> group.count(op.named(), op.counts(in.key()));
            case "reduce" -> group.reduce(reducer(op, "fn"), op.named(), op.store(in.key(), kind));
            default -> group.aggregate(initial(op), aggregator(op, "fn"), op.named(), op.store(in.key(), kind));
        };
        return new Handle(table, windowed(window, in.key()), kind);
    }

    private static Handle sessions(final Op op, final Handle in) {
        var group = in.grouped().windowedBy(sessionWindows(op.object("window")));
        group = onClose(op) ? group.emitStrategy(EmitStrategy.onWindowClose()) : group;
        final Kind kind = result(op, in, "fn");
        final Object table = switch (op.text("op")) {
            case "count" -> group.count(op.named(), op.counts(in.key()));
            case "reduce" -> group.reduce(reducer(op, "fn"), op.named(), op.store(in.key(), kind));
            default -> group.aggregate(initial(op), aggregator(op, "fn"), merger(op), op.named(), op.store(in.key(), kind));
        };
        return new Handle(table, in.key().inSessions(), kind);
    }

    private static Handle ofTable(final Op op, final Handle in) {
        final Kind kind = result(op, in, "adder");
        final var group = in.groupedTable();
        final Object table = switch (op.text("op")) {
            case "count" -> group.count(op.named(), op.counts(in.key()));
            case "reduce" -> group.reduce(reducer(op, "adder"), reducer(op, "subtractor"), op.named(), op.store(in.key(), kind));
            default -> group.aggregate(initial(op), aggregator(op, "adder"), aggregator(op, "subtractor"), op.named(), op.store(in.key(), kind));
        };
        return new Handle(table, in.key(), kind);
    }

    static Handle cogroup(final Op op, final Blueprint all) {
        CogroupedKStream<Object, Object> group = null;
        Handle first = null;
        Kind kind = null;
        for (final JsonNode json : op.json().path("streams")) {
            final Op one = new Op(json);
            final Handle in = all.of(one, "in");
            final var add = aggregator(one, "fn");
            if (group == null) {
                first = in;
                kind = Fn.aggregation(one.text("fn")).kind();
                group = in.grouped().cogroup(add);
            } else {
                group = group.cogroup(in.grouped(), add);
            }
        }
        final Kind key = first.key();
        if (!op.has("window")) {
            return new Handle(group.aggregate(initial(op), op.named(), op.store(key, kind)), key, kind);
        }
        final Op window = op.object("window");
        if (window.has("gap_ms")) {
            return new Handle(group.windowedBy(sessionWindows(window)).aggregate(initial(op), merger(op), op.named(), op.store(key, kind)), key.inSessions(), kind);
        }
        final var windows = window.has("diff_ms") ? group.windowedBy(slidingWindows(window)) : group.windowedBy(timeWindows(window));
        return new Handle(windows.aggregate(initial(op), op.named(), op.store(key, kind)), windowed(window, key), kind);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    static Handle suppress(final Op op, final Handle in) {
        Suppressed how;
        if (op.text("until").equals("window_close")) {
            how = Suppressed.untilWindowCloses(op.has("max_records") ? BufferConfig.maxRecords(op.number("max_records")).shutDownWhenFull()
                : op.has("max_bytes") ? BufferConfig.maxBytes(op.number("max_bytes")).shutDownWhenFull()
                : BufferConfig.unbounded());
        } else {
            BufferConfig buffer = op.has("max_records") ? BufferConfig.maxRecords(op.number("max_records"))
                : op.has("max_bytes") ? BufferConfig.maxBytes(op.number("max_bytes"))
                : BufferConfig.unbounded();
            if (op.text("full", "emit").equals("shutdown")) {
                buffer = buffer.shutDownWhenFull();
            }
            how = Suppressed.untilTimeLimit(op.ms("limit_ms"), buffer);
        }
        how = op.has("name") ? how.withName(op.text("name")) : how;
        return new Handle(in.table().suppress(how), in.key(), in.value());
    }
}
