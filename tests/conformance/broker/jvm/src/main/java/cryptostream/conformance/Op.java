package cryptostream.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.internals.NamedInternal;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

import java.time.Duration;

/** One op of a scenario, with the options that many ops have. */
record Op(JsonNode json) {
    boolean has(final String field) {
        return json.hasNonNull(field);
    }

    String text(final String field) {
        if (!json.path(field).isTextual()) {
            throw new IllegalArgumentException("missing " + field + " in " + json);
        }
        return json.get(field).textValue();
    }

    String text(final String field, final String otherwise) {
        return has(field) ? text(field) : otherwise;
    }

    long number(final String field) {
        if (!json.path(field).isIntegralNumber()) {
            throw new IllegalArgumentException("missing " + field + " in " + json);
        }
        return json.get(field).longValue();
    }

    Duration ms(final String field) {
        return Duration.ofMillis(number(field));
    }

    Op object(final String field) {
        return new Op(json.get(field));
    }

    Named named() {
        return has("name") ? Named.as(text("name")) : NamedInternal.empty();
    }

    /** Null where the op names no store. */
    Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> storeOrNull(final Kind key, final Kind value) {
        return has("store") ? store(key, value) : null;
    }

    @SuppressWarnings("unchecked")
    <S extends StateStore> Materialized<Object, Object, S> store(final Kind key, final Kind value) {
        Materialized<Object, Object, S> store;
        if (has("versioned_ms")) {
            final var supplier = Stores.persistentVersionedKeyValueStore(text("store"), ms("versioned_ms"));
            store = (Materialized<Object, Object, S>) Materialized.<Object, Object>as(supplier).withKeySerde(key.serde()).withValueSerde(value.serde());
        } else if (has("store")) {
            store = Materialized.<Object, Object, S>as(text("store")).withKeySerde(key.serde()).withValueSerde(value.serde());
        } else {
            store = Materialized.with(key.serde(), value.serde());
        }
        if (has("retention_ms")) {
            store = store.withRetention(ms("retention_ms"));
        }
        return json.path("logging").asBoolean(true) ? store : store.withLoggingDisabled();
    }

    /** For count(), which wants to see that its values are numbers. */
    @SuppressWarnings("unchecked")
    <S extends StateStore> Materialized<Object, Long, S> counts(final Kind key) {
        return (Materialized<Object, Long, S>) (Materialized<Object, ?, S>) this.<S>store(key, Kind.NUMBER);
    }
}
