package cryptostream.conformance;

import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.kstream.ValueJoinerWithKey;

import java.time.Duration;

/** All joins. Their values are strings. */
final class Joins {
    private Joins() { }

    static Handle make(final Op op, final Handle left, final Handle right) {
        final Fn.Join join = Fn.join(op.text("fn"));
        final ValueJoinerWithKey<Object, Object, Object, Object> withKey = join::of;
        final ValueJoiner<Object, Object, Object> plain = (l, r) -> join.of(null, l, r);
        final String type = op.text("type");
        final Object made = switch (op.text("op")) {
            case "stream_join" -> streams(op, left, right, withKey, type);
            case "stream_table_join" -> streamAndTable(op, left, right, withKey, type);
            case "stream_global_join" -> {
                final var select = Fn.mapping(op.text("key_fn")).function();
                yield type.equals("inner") ? left.stream().join(right.global(), select::apply, withKey, op.named())
                    : left.stream().leftJoin(right.global(), select::apply, withKey, op.named());
            }
            case "table_join" -> tables(op, left, right, plain, type);
            default -> foreign(op, left, right, plain, type);
        };
        return new Handle(made, left.key(), Kind.TEXT);
    }

    private static Object streams(final Op op, final Handle left, final Handle right, final ValueJoinerWithKey<Object, Object, Object, Object> join,
                                  final String type) {
        final JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(Duration.ZERO, op.ms("grace_ms")).before(op.ms("before_ms")).after(op.ms("after_ms"));
        StreamJoined<Object, Object, Object> how = StreamJoined.with(left.key().serde(), left.value().serde(), right.value().serde());
        how = op.has("name") ? how.withName(op.text("name")) : how;
        how = op.has("store") ? how.withStoreName(op.text("store")) : how;
        return switch (type) {
            case "inner" -> left.stream().join(right.stream(), join, windows, how);
            case "left" -> left.stream().leftJoin(right.stream(), join, windows, how);
            default -> left.stream().outerJoin(right.stream(), join, windows, how);
        };
    }

    private static Object streamAndTable(final Op op, final Handle left, final Handle right,
                                         final ValueJoinerWithKey<Object, Object, Object, Object> join, final String type) {
        Joined<Object, Object, Object> how = Joined.with(left.key().serde(), left.value().serde(), right.value().serde());
        how = op.has("name") ? how.withName(op.text("name")) : how;
        how = op.has("grace_ms") ? how.withGracePeriod(op.ms("grace_ms")) : how;
        return type.equals("inner") ? left.stream().join(right.table(), join, how) : left.stream().leftJoin(right.table(), join, how);
    }

    private static Object tables(final Op op, final Handle left, final Handle right, final ValueJoiner<Object, Object, Object> join, final String type) {
        final var store = op.storeOrNull(left.key(), Kind.TEXT);
        final var l = left.table();
        final var r = right.table();
        return switch (type) {
            case "inner" -> store == null ? l.join(r, join, op.named()) : l.join(r, join, op.named(), store);
            case "left" -> store == null ? l.leftJoin(r, join, op.named()) : l.leftJoin(r, join, op.named(), store);
            default -> store == null ? l.outerJoin(r, join, op.named()) : l.outerJoin(r, join, op.named(), store);
        };
    }

    private static Object foreign(final Op op, final Handle left, final Handle right, final ValueJoiner<Object, Object, Object> join, final String type) {
        final var extract = Fn.mapping(op.text("key_fn")).function();
        final TableJoined<Object, Object> how = op.has("name") ? TableJoined.as(op.text("name")) : TableJoined.with(null, null);
        final var named = op.storeOrNull(left.key(), Kind.TEXT);
        final var store = named != null ? named
            : Materialized.<Object, Object, org.apache.kafka.streams.state.KeyValueStore<org.apache.kafka.common.utils.Bytes, byte[]>>with(
                left.key().serde(), Kind.TEXT.serde());
        final java.util.function.BiFunction<Object, Object, Object> keys = extract::apply;
        return type.equals("inner") ? left.table().join(right.table(), keys, join, how, store) : left.table().leftJoin(right.table(), keys, join, how, store);
    }
}
