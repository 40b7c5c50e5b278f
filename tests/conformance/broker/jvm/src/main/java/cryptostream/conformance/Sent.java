package cryptostream.conformance;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

import java.nio.charset.StandardCharsets;

/** A record that a task wrote, with the step in which it did. */
final class Sent {
    final int step;
    final String task;
    final ProducerRecord<byte[], byte[]> record;
    volatile int partition = -1;
    volatile long offset = -1;

    Sent(final int step, final String task, final ProducerRecord<byte[], byte[]> record) {
        this.step = step;
        this.task = task;
        this.record = record;
    }

    ObjectNode json() {
        final ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("topic", record.topic()).put("partition", partition).put("task", task);
        node.put("key", bytes(record.key())).put("value", bytes(record.value())).put("ts", record.timestamp());
        if (record.headers().iterator().hasNext()) {
            final ArrayNode headers = node.putArray("headers");
            for (final Header header : record.headers()) {
                headers.addArray().add(header.key()).add(bytes(header.value()));
            }
        }
        return node;
    }

    /** Each byte as the character of its number. */
    private static String bytes(final byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
