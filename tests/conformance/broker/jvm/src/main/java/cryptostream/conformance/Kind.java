package cryptostream.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** What keys and values are made of: strings, longs, or windows of one of them. */
record Kind(String name, Serde<Object> serde) {
    static final Kind TEXT = new Kind("string", plain(Serdes.String()));
    static final Kind NUMBER = new Kind("long", plain(Serdes.Long()));

    @SuppressWarnings("unchecked")
    private static Serde<Object> plain(final Serde<?> serde) {
        return (Serde<Object>) serde;
    }

    static Kind named(final String name) {
        if (name.equals("long")) {
            return NUMBER;
        }
        if (name.equals("string")) {
            return TEXT;
        }
        throw new IllegalArgumentException("no such serde: " + name);
    }

    Kind inTimeWindows(final long sizeMs) {
        return new Kind("window", plain(new WindowedSerdes.TimeWindowedSerde<>(serde, sizeMs)));
    }

    Kind inSessions() {
        return new Kind("session", plain(new WindowedSerdes.SessionWindowedSerde<>(serde)));
    }

    /** Bytes of a step's field; null for null and for nothing. */
    byte[] encode(final JsonNode json) {
        if (json == null || json.isNull()) {
            return null;
        }
        final Object value = this == NUMBER ? (Object) json.longValue() : json.textValue();
        return serde.serializer().serialize("", value);
    }
}
