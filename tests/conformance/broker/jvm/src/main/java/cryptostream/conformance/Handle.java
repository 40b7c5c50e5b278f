package cryptostream.conformance;

import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;

/** What an op made, with the kinds of its keys and values. */
@SuppressWarnings("unchecked")
record Handle(Object made, Kind key, Kind value) {
    KStream<Object, Object> stream() {
        return (KStream<Object, Object>) made;
    }

    KTable<Object, Object> table() {
        return (KTable<Object, Object>) made;
    }

    GlobalKTable<Object, Object> global() {
        return (GlobalKTable<Object, Object>) made;
    }

    KGroupedStream<Object, Object> grouped() {
        return (KGroupedStream<Object, Object>) made;
    }

    KGroupedTable<Object, Object> groupedTable() {
        return (KGroupedTable<Object, Object>) made;
    }

    boolean isTable() {
        return made instanceof KTable;
    }

    boolean isGroupedTable() {
        return made instanceof KGroupedTable;
    }
}
